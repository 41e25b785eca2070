"""A node of a cluster killed at seeded points of a run: ``python -m tests.faults.ray_kills --seeds 20 [--first 0]``.

Each seed is a run of its own on a cluster that stays. A node joins, is killed as many items after it began to work as
the seed says, and what is stored at the end is compared with the table of one process.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from evals import runs
from evals.home import home
from evals.store import Store
from tests.evals.executors.clusters import node_arguments, small_cluster
from tests.evals.executors.slow import HOLD, PLAN, drive
from tests.evals.executors.tables import exported
from tests.faults.standin import StandIn, notes

KILLED = replace(PLAN, quantizations=PLAN.quantizations[:5])
ITEMS = 5 * 40
LATEST = 30  # further items, of the 40 of a variant


@dataclass(frozen=True, kw_only=True)
class Kill:
    """``at``: items computed when the node died; ``working``: it held a variant. Lost, doubled: lines of the table."""

    seed: int
    at: int
    working: bool
    computed_again: int
    lost: int
    doubled: int
    seconds: float


class Victim:
    """A node that joins the run once its driver is connected, and is killed so many items after it began to work.

    The others wait until it has work, or they would be done before.
    """

    def __init__(self, cluster: Any, run: str, after: int) -> None:
        self._cluster, self._run, self._after = cluster, run, after
        self._node: Any = None
        self._over = threading.Event()
        self.at: int | None = None
        self.working = False

    def join(self) -> None:
        """Called by the driver about once a second."""
        if self._node is None:
            (home() / HOLD).touch()
            self._node = self._cluster.add_node(**node_arguments())
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        store, since = Store(), None
        while not self._over.wait(0.02):
            computed = len(notes("computed"))
            mine = f"{self._run}.{self._node.node_id[:8]}-"
            if since is None and any(str(cell["worker"]).startswith(mine) for cell in store.cells(self._run)):
                since = computed
                (home() / HOLD).unlink()
            if since is None and not self._node.remaining_processes_alive():  # of itself; the others wait
                (home() / HOLD).unlink()
                break
            if since is not None and computed >= since + self._after:
                self._node.kill_all_processes(check_alive=False, allow_graceful=False)
                self.working = any(str(cell["worker"]).startswith(mine) for cell in store.cells(self._run))
                self.at = computed
                break
        store.close()

    def bury(self) -> None:
        """Whatever is left of it."""
        self._over.set()
        self._cluster.remove_node(self._node, allow_graceful=False)


def kill_a_node(cluster: Any, seed: int, place: Path) -> Kill:
    """One run with one death."""
    with _home(place / "cluster"):
        store, began = Store(), time.monotonic()
        run = runs.start(KILLED, store, "ray")
        victim = Victim(cluster, run, random.Random(seed).randrange(LATEST))
        drive(cluster.address, run, lambda _: None, victim.join)
        victim.bury()
        if victim.at is None:
            raise SystemExit(
                f"seed {seed}: the node was gone before it had work, or the run over before it died: nothing is shown; "
                f"go on with --first {seed} where nothing else is running"
            )
        found = Counter(exported(run, store).splitlines())
        again = len(notes("computed")) - len(set(notes("computed")))
        store.close()
    wanted = Counter(_table_of_one_process(place / "alone"))
    return Kill(
        seed=seed,
        at=victim.at,
        working=victim.working,
        computed_again=again,
        lost=(wanted - found).total(),
        doubled=(found - wanted).total(),
        seconds=round(time.monotonic() - began, 1),
    )


def _table_of_one_process(place: Path) -> list[str]:
    with _home(place):
        store = Store()
        run = runs.start(KILLED, store, "ray")
        StandIn(store, run, f"{run}.alone").work()
        lines = exported(run, store).splitlines()
        store.close()
    assert len(lines) == ITEMS
    return lines


@contextmanager
def _home(place: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITBUDGET_HOME", str(place))
        patch.delenv("BITBUDGET_DB", raising=False)
        yield


def main() -> None:
    """Run the seeds and print a line each; exit 1 if any lost or doubled something."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=20)
    asked.add_argument("--first", type=int, default=0)
    given = asked.parse_args()
    kills = []
    with tempfile.TemporaryDirectory() as folder, small_cluster(1, {"PYTHONPATH": os.getcwd()}) as cluster:
        for seed in range(given.first, given.first + given.seeds):
            kills.append(kill_a_node(cluster, seed, Path(folder) / str(seed)))
            print(kills[-1], flush=True)
    lost, doubled = sum(kill.lost for kill in kills), sum(kill.doubled for kill in kills)
    working = sum(kill.working for kill in kills)
    print(
        f"{len(kills)} nodes killed, {working} of them at work: {lost} items lost, {doubled} doubled, "
        f"{sum(kill.computed_again for kill in kills)} computed again"
    )
    raise SystemExit(1 if lost or doubled else 0)


if __name__ == "__main__":
    main()
