"""A run on a Ray cluster: one task a variant. Ray only runs them; what is done and what is open stands in the store.

A task that ran twice writes the same item keys, and a key is taken once. Whoever dies, task, node or this driver, left
every acknowledged item in the store; what is still open there is handed out again.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home

import ray
from ray.exceptions import (
    GetTimeoutError,
    LocalRayletDiedError,
    NodeDiedError,
    RayError,
    TaskCancelledError,
    TaskUnschedulableError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from evals.databases import configured
from evals.executors.address import ClusterError, require_answer
from evals.executors.needs import Need, Variant, holds, size_words
from evals.executors.node import card, evaluate, examined
from evals.executors.nodes import DRIVER, Ledger
from evals.home import ROOT, home
from evals.plan import ENGINE_PACKAGES, versions
from evals.store import Store
from evals.worker import OPEN, Worker, finish_run, reason_of

log = logging.getLogger("evals.worker")
EXAMINE_S = 300.0  # weights are hashed once on every node
TURN_S = 1.0
TRIES = 4  # tasks of one variant that end without an end to its cells; lost nodes are not counted
MOST_LOST_NODES = 20  # of one variant, after which it is taken for the cause
WAITING_PER_CPU = 2  # tasks handed to Ray ahead of time; few, so that a node that joins later gets its share


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Connected to a cluster that was started before: at ``HOST:PORT``, or ``auto`` for that of this machine."""
    if address != "auto":
        require_answer(address)
    settings = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    if not isinstance(configured(), str):  # the address of a server holds a password: each node has its own
        settings |= {"BITBUDGET_HOME": str(home().resolve()), "BITBUDGET_DB": ""}
    warnings.filterwarnings("ignore", message=".*num_gpus=0", category=FutureWarning)  # as it is, is what is meant
    try:
        ray.init(address=address, runtime_env={"env_vars": settings}, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        ray.shutdown()
        said = " ".join(str(error).split())[:400]
        differs = "ismatch" in said
        next_step = "install the same Python and ray on every node" if differs else "start it: ray start --head"
        raise ClusterError(f"the Ray cluster at {address} cannot be used ({said}); {next_step}") from error
    try:
        yield
    finally:
        ray.shutdown()


class Drive:
    """Hands the open variants of a run to the cluster until none is left. One driver a run; it may die at any time."""

    def __init__(
        self,
        store: Store,
        run: str,
        needs: Mapping[Variant, Need],
        tell: Callable[[str], None],
        kind: type[Worker] = Worker,
    ) -> None:
        self._store, self._run, self._needs, self._tell, self._kind = store, run, needs, tell, kind
        self._pending: dict[Any, Variant] = {}
        self._fit: dict[str, dict[str, float]] = {}
        self._unfit: set[str] = set()
        self._ended: Counter[Variant] = Counter()
        self._lost: Counter[Variant] = Counter()
        self._said = ""
        self._ledger = Ledger(store, run)

    def go(self, turn: Callable[[], None] = lambda: None) -> None:
        """Drive the run to its end; ``turn`` is called about once a second."""
        with self._alone():
            self._look_at_nodes()
            self._require_room()
            while self._waiting():
                self._look_at_nodes()
                self._submit()
                self._collect()
                self._ledger.beat(_alive())
                turn()
            self._ledger.beat(_alive(), now=True)
            for task in self._pending:  # the run was cancelled or paused: its workers have stopped by themselves
                ray.cancel(task)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While this process drives, the run counts as worked on: nobody else starts workers for it."""
        if any(DRIVER in name for name in self._store.alive_workers(self._run)):
            raise ClusterError(
                f"another process drives run {self._run}, or died less than half a minute ago; wait, then resume it"
            )
        name = f"{self._run}{DRIVER}{uuid.uuid4().hex[:8]}"
        given = self._store.lease(name).given
        self._store.take_up(name, given)
        try:
            yield
        finally:
            self._store.let_go(name, given)

    def _open_cells(self) -> dict[Variant, list[Any]]:
        found: dict[Variant, list[Any]] = {}
        for cell in self._store.cells(self._run):
            if cell["state"] in OPEN:
                found.setdefault((cell["model"], cell["quantization"]), []).append(cell)
        return found

    def _waiting(self) -> bool:
        row = self._store.run(self._run)
        return row is not None and row["state"] == "running" and not finish_run(self._store, self._run)

    # Nodes

    def _look_at_nodes(self) -> None:
        """Examine every node that joined; take back what waits for nodes that are no more."""
        alive = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        if len({node["NodeManagerAddress"] for node in alive.values()}) > 1 and not isinstance(configured(), str):
            raise ClusterError(
                "the cluster spans several machines, and the store is a file of this one; name a PostgreSQL database "
                "in BITBUDGET_DB on all of them: python -m evals store copy --to postgresql+psycopg://…"
            )
        before = set(self._fit)
        self._fit = {name: node for name, node in self._fit.items() if name in alive}
        fresh = {name: node for name, node in alive.items() if name not in self._fit and name not in self._unfit}
        for name, (troubles, gpu) in self._examined(fresh).items():
            has = fresh[name]["Resources"]
            self._ledger.joined(
                name[:8],
                host=fresh[name].get("NodeManagerHostname", ""),
                cpus=has.get("CPU", 0.0),
                gpus=has.get("GPU", 0.0),
                accelerator=gpu or next((r.partition(":")[2] for r in has if r.startswith("accelerator_type:")), ""),
                trouble="; ".join(troubles),
            )
            if troubles:
                self._unfit.add(name)
                host = f"{fresh[name]['NodeManagerHostname']} ({fresh[name]['NodeManagerAddress']}, {name[:8]})"
                self._tell(f"node {host} is left out: {'; '.join(troubles)}")
            else:
                self._fit[name] = fresh[name]["Resources"]
        if before and set(self._fit) != before:
            held = {v for v, cells in self._open_cells().items() if any(c["worker"] for c in cells)}
            for task, variant in self._pending.items():
                if variant not in held:
                    ray.cancel(task)

    def _examined(self, nodes: Mapping[str, Any]) -> dict[str, tuple[list[str], str]]:
        keys = {v: cells[0]["variant_key"] for v, cells in self._open_cells().items()} if nodes else {}
        asked = {}
        for name in nodes:
            there = NodeAffinitySchedulingStrategy(node_id=name, soft=False)
            look = ray.remote(_looked).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
            asked[name] = look.remote(self._store.store_id, versions(ENGINE_PACKAGES), keys)
        deadline, found = time.monotonic() + EXAMINE_S, {}
        for name, task in asked.items():
            try:
                found[name] = ray.get(task, timeout=max(0.0, deadline - time.monotonic()))
            except GetTimeoutError:
                found[name] = [f"did not answer in {EXAMINE_S:.0f} s"], ""
            except (RayError, ModuleNotFoundError) as error:
                found[name] = [_without_bitbudget(error)], ""
        return found

    def _require_room(self) -> None:
        """Every variant fits on some node; Ray would wait for one for ever."""
        if not self._fit:
            raise ClusterError("no node of the cluster can evaluate this run; the reasons stand above")
        for variant in self._open_cells():
            wanted = self._resources(variant)
            if not any(holds(node, wanted) for node in self._fit.values()):
                sizes = "; ".join(sorted({size_words(node) for node in self._fit.values()}))
                raise ClusterError(
                    f"{variant[0]} @ {variant[1]} needs {size_words(wanted)}, the nodes have {sizes}: "
                    "add a larger node, or say what it needs in a file for --needs"
                )

    def _resources(self, variant: Variant) -> dict[str, float]:
        need = self._needs[variant]
        gpus = need.gpus
        if gpus is None:
            gpus = float(any(node.get("GPU") for node in self._fit.values()))
        return {"CPU": need.cpus, "GPU": gpus, "memory": float(need.memory_bytes or 0)}

    # Tasks

    def _submit(self) -> None:
        most = WAITING_PER_CPU * max(1.0, sum(node.get("CPU", 0.0) for node in self._fit.values()))
        alive = set(self._store.alive_workers(self._run))
        taken = set(self._pending.values())
        for variant, cells in self._open_cells().items():
            if len(self._pending) >= most or not self._fit:
                break
            if variant in taken or any(cell["worker"] in alive for cell in cells):
                continue
            wanted = self._resources(variant)
            nodes = sorted(name for name, node in self._fit.items() if holds(node, wanted))
            if not nodes:
                self._say(f"waiting for a node with {size_words(wanted)}, for {variant[0]} @ {variant[1]}")
                continue
            # What holds a card, or ran out of memory before, has a process of its own; others go on in the same one,
            # which has everything imported.
            alone = bool(wanted["GPU"]) or any(cell["batch_size"] for cell in cells)
            task = ray.remote(max_calls=1 if alone else 0)(_on_node).options(
                num_cpus=wanted["CPU"],
                num_gpus=wanted["GPU"],
                memory=int(wanted["memory"]) or None,
                max_retries=0,  # how often a variant is tried is counted in the store
                label_selector={"ray.io/node-id": f"in({','.join(nodes)})"},
                name=f"{variant[0]}@{variant[1]}",
            )
            self._pending[task.remote(self._run, variant, self._kind)] = variant

    def _collect(self) -> None:
        if not self._pending:
            time.sleep(TURN_S)
            return
        done, _ = ray.wait(list(self._pending), num_returns=len(self._pending), timeout=TURN_S)
        for task in done:
            variant = self._pending.pop(task)
            trouble = ""
            try:
                self._ledger.ended(variant, ray.get(task))
            except (TaskCancelledError, TaskUnschedulableError):  # its node was gone before it began
                continue
            except (NodeDiedError, LocalRayletDiedError) as error:
                self._ledger.lost(variant)
                if self._forgiven(variant):
                    self._tell(f"a node was lost; {variant[0]} @ {variant[1]} goes on elsewhere")
                    continue
                trouble = reason_of(error)
            except RayError as error:
                trouble = reason_of(error)
                log.error("%s @ %s: %s", *variant, trouble)
            self._ended[variant] += variant in self._open_cells()
            if self._ended[variant] >= TRIES:
                raise ClusterError(
                    f"{variant[0]} @ {variant[1]} ended {TRIES} times without a result"
                    f"{f' ({trouble})' if trouble else ''}; read the logs of the run on the nodes"
                )

    def _forgiven(self, variant: Variant) -> bool:
        """A node that was lost is no failure of the variant it worked on: that try is taken back."""
        self._lost[variant] += 1
        if self._lost[variant] > MOST_LOST_NODES:
            return False
        cells = self._open_cells().get(variant, [])
        if cells and cells[0]["worker"]:
            where = {"model": variant[0], "quantization": variant[1]}
            fewer = {"attempts": max(0, cells[0]["attempts"] - 1)}
            self._store.set_cells(self._run, fewer, where, states=OPEN)
        return True

    def _say(self, words: str) -> None:
        if words != self._said:
            self._tell(words)
        self._said = words


def _on_node(run: str, variant: Variant, kind: type[Worker]) -> str:
    node = ray.get_runtime_context().get_node_id()[:8]
    evaluate(run, variant, node, kind)
    return str(node)


def _looked(store_id: str, packages: Mapping[str, str], variants: Mapping[Variant, str]) -> tuple[list[str], str]:
    return examined(store_id, packages, variants), card()


def _alive() -> list[str]:
    return [node["NodeID"][:8] for node in ray.nodes() if node["Alive"]]


def _without_bitbudget(error: Exception) -> str:
    if "No module named" in str(error):
        return f"cannot load Bitbudget ({str(error).strip().splitlines()[-1][:200]}): install it there in {ROOT}"
    return reason_of(error)
