"""The machines of a cluster and what each did for a run: written by the driver, read by whoever shows the run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.executors.needs import Variant
from evals.store import Row, Store
from evals.worker import OPEN

NodeState = Literal["alive", "lost", "left out", "last seen"]
BEAT_S = 5.0
DRIVER = ".driver-"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A machine of a cluster. ``last seen``: it was alive, and nobody drives the run any more.

    ``accelerator`` is the name its driver gives, "" without a GPU or if that is not known; ``seen`` is in seconds since
    1970 by the clock of the driver's machine, for display alone: who is alive is decided by leases.
    """

    node: str
    host: str
    cpus: float
    gpus: float
    accelerator: str
    state: NodeState
    reason: str
    seen: float
    running: tuple[str, ...]
    done: Mapping[str, int]

    @property
    def cells_done(self) -> int:
        """Cells that were finished here."""
        return sum(self.done.values())


def nodes_of(store: Store, run: str, cells: Sequence[Row]) -> tuple[Node, ...]:
    """The nodes that took part in a run, in the order in which they joined; none where it never saw a cluster."""
    kept = _recorded(store, run)
    if not kept:
        return ()
    driven = any(DRIVER in name for name in store.alive_workers(run))
    found = []
    for name, said in kept.items():
        watched = driven or said["state"] != "alive"
        here = said["state"] == "alive" and driven
        busy = [f"{_named(c)} on {c['task']}" for c in cells if c["state"] == "running" and _node_of(c) == name]
        more = {"state": said["state"] if watched else "last seen", "running": tuple(busy if here else ())}
        found.append(Node(node=name, **{**said, **more}))
    return tuple(found)


class Ledger:
    """Keeps, for one driver, which nodes there are and which of them finished what; survives the driver."""

    def __init__(self, store: Store, run: str) -> None:
        self._store, self._run = store, run
        self._nodes = _recorded(store, run)
        self._ended: dict[Variant, str] = {}
        self._counted = {_key(cell) for cell in store.cells(run) if cell["state"] not in OPEN}
        self._due, self._written = 0.0, ""

    def joined(self, node: str, *, host: str, cpus: float, gpus: float, accelerator: str, trouble: str = "") -> None:
        """A node was examined; ``trouble`` keeps it out."""
        before = self._nodes.get(node, {})
        self._nodes[node] = {
            "host": host,
            "cpus": cpus,
            "gpus": gpus,
            "accelerator": accelerator if gpus else "",
            "state": "left out" if trouble else "alive",
            "reason": trouble,
            "seen": time.time(),
            "done": before.get("done", {}),
        }
        self._due = 0.0

    def ended(self, variant: Variant, node: str) -> None:
        """A task of this variant came back from that node."""
        self._ended[variant] = node

    def lost(self, variant: Variant) -> None:
        """The node that worked on this variant is gone, whether or not the cluster knows it yet."""
        for cell in self._store.cells(self._run):
            if _variant(cell) == variant and (said := self._nodes.get(_node_of(cell))):
                said["state"] = "lost"

    def beat(self, alive: Iterable[str], *, now: bool = False) -> None:
        """Write what changed, at most every ``BEAT_S``; ``alive`` are the nodes that the cluster has."""
        if not now and time.monotonic() < self._due:
            return
        self._due = time.monotonic() + BEAT_S
        there = set(alive)
        for node, said in self._nodes.items():
            if node not in there and said["state"] == "alive":
                said["state"] = "lost"
            elif node in there:
                said["seen"] = time.time()
        self._count(self._store.cells(self._run))
        text = json.dumps(self._nodes)
        if text != self._written:
            self._store.note(_note(self._run), text)
        self._written = text

    def _count(self, cells: Sequence[Row]) -> None:
        """A finished cell is of the node that holds the rest of its variant now, or whose task of it has come back.

        Until either is known it waits: the node that was last seen with it may have been lost meanwhile.
        """
        held = {_variant(cell): _node_of(cell) for cell in cells if cell["state"] in OPEN and cell["worker"]}
        for variant in held:
            self._ended.pop(variant, None)
        for cell in cells:
            if cell["state"] != "done" or _key(cell) in self._counted:
                continue
            node = held.get(_variant(cell)) or self._ended.get(_variant(cell))
            if node and node in self._nodes:
                self._counted.add(_key(cell))
                done = self._nodes[node]["done"]
                done[_named(cell)] = done.get(_named(cell), 0) + 1


def _note(run: str) -> str:
    return f"nodes of {run}"


def _recorded(store: Store, run: str) -> dict[str, dict[str, Any]]:
    said = store.noted(_note(run))
    return json.loads(said) if said else {}


def _node_of(cell: Row) -> str:
    """A worker on a node is called RUN.NODE-…; "" where nobody holds the cell."""
    return str(cell["worker"]).rpartition(".")[2].partition("-")[0]


def _variant(cell: Row) -> Variant:
    return cell["model"], cell["quantization"]


def _key(cell: Row) -> tuple[str, str, str]:
    return cell["model"], cell["quantization"], cell["task"]


def _named(cell: Row) -> str:
    return f"{cell['model']} @ {cell['quantization']}"
