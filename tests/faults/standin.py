"""Real workers, store and leases around an engine of ten lines, so that a thousand of them can be killed.

``python -m tests.faults.standin`` answers ``HOME RUN WORKER DATABASE`` lines on its input with the id of a fresh worker
process; with ``RUN WORKER LEASE`` as arguments it is a single worker, as ``evals.runs`` starts them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from evals import sink
from evals.home import home
from evals.sandbox import TooManyErrors
from evals.store import Row, Store
from evals.tasks import items, tasks
from evals.worker import StartAgain, Worker, main, sandbox_missing

SLOWEST_S = 0.004
FILE = "file"


def score_of(cell_key: str, index: int) -> float:
    """What the stand-in scores: fixed by cell and item, so that a second evaluation agrees with the first."""
    return float(hashlib.sha256(f"{cell_key} {index}".encode()).digest()[0] % 2)


class Engine:
    """Scores one item at a time; writes down what it computed, and does what the fault of the day tells it."""

    def __init__(self, cell_key: str, metric: str) -> None:
        self.cell_key, self.metric = cell_key, metric

    def run(self, task: Any, indices: Sequence[int], accept: Callable[[Any], None]) -> None:
        for index in indices:
            if (home() / "sandbox-gone").exists():
                raise TooManyErrors("the sandbox itself failed on 2 of 2 programs; resume the run")
            note("computed", f"{self.cell_key} {index}")
            time.sleep(SLOWEST_S * score_of("pace", index))
            accept(SimpleNamespace(index=index, metrics={self.metric: score_of(self.cell_key, index)}, output="yes"))


class StandIn(Worker):
    """A worker whose model is the engine above."""

    def _answer(self, harness: Any, cell: Row, task_: Any, todo: list[int]) -> None:
        super()._answer(Engine(cell["cell_key"], task_.metric), cell, task_, todo)

    def _load(self, cell: Row) -> Any:
        if (home() / "memory-gone").exists():
            raise MemoryError("planted")
        facts = {"model": cell["model"], "quantization": cell["quantization"], "weight_bytes": 1}
        self._store.add_variant(
            {**facts, "variant_key": cell["variant_key"], "bits_per_weight": 16.0, "facts": "{}"}
        )
        return True


def note(what: str, line: str) -> None:
    """One line to a log that outlives the process."""
    file = os.open(home() / f"{what}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def notes(what: str) -> list[str]:
    """The lines written so far."""
    path: Path = home() / f"{what}.txt"
    return path.read_text().split("\n")[:-1] if path.exists() else []


class NotingStore(Store):
    """Writes down each result after the store has acknowledged it."""

    def add_items(self, rows: Any) -> None:
        listed = list(rows)
        super().add_items(listed)
        for row in listed:
            note("acknowledged", f"{row['item_key']} {row['score']}")


def serve() -> None:
    """Fork a worker a line; nothing that SQLite has opened is carried into one.

    What every worker finds out for itself and no storm changes, the tasks and which sandbox works, is known before.
    """
    sandbox_missing()
    for one in tasks().values():
        items(one.config["metadata"]["items"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        place, run, name, database = line.split()
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        os.environ["BITBUDGET_HOME"] = place
        if database != FILE:
            os.environ["BITBUDGET_DB"] = database
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        logging.basicConfig(filename=home() / "workers.log", level=logging.INFO, format="%(process)d %(message)s")
        code = 0
        sink.BURST_S = sink.BURST_S if (home() / "bursts").exists() else 0.0
        try:
            store = NotingStore()
            given = store.lease(name).given
            store.take_up(name, given)
            while True:
                try:
                    StandIn(store, run, name).work()
                    break
                except StartAgain:
                    continue
            store.let_go(name, given)
        except BaseException:
            logging.exception("the worker ended")
            code = 1
        os._exit(code)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(StandIn)
    else:
        serve()
