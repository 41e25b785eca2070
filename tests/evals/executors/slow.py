"""A stand-in worker slow enough to be killed in the middle, and a driver to be killed:
``python -m tests.evals.executors.slow ADDRESS RUN``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from evals.executors.needs import Need
from evals.home import home
from evals.plan import Plan
from evals.store import Row, Store
from evals.worker import Worker
from tests.faults.standin import Engine, StandIn

ITEM_S = 0.06
HOLD = "hold"
# More variants than nodes, so that the node to be killed gets one whatever the first driver left open.
QUANTIZATIONS = ("bf16", "nf4", "rtn-int8-g128", "rtn-int4-g128", "rtn-int3-g128", "rtn-int2-g128")
PLAN = Plan(models=("tiny-1m",), quantizations=QUANTIZATIONS, tasks=("shop_math",), limit=40)


class SlowEngine(Engine):
    """The stand-in's, with a pause before each item, and for as long as the file ``HOLD`` is there."""

    def run(self, task: Any, indices: Sequence[int], accept: Callable[[Any], None]) -> None:
        for index in indices:
            time.sleep(ITEM_S)
            while (home() / HOLD).exists():
                time.sleep(ITEM_S)
            super().run(task, [index], accept)


class Slow(StandIn):
    """A worker whose model is that engine."""

    def _answer(self, harness: Any, cell: Row, task_: Any, todo: list[int]) -> None:
        Worker._answer(self, SlowEngine(cell["cell_key"], task_.metric), cell, task_, todo)


def drive(address: str, run: str, tell: Callable[[str], None], turn: Callable[[], None] = lambda: None) -> None:
    """Drive a run of slow stand-ins on the cluster there."""
    from evals.executors.ray import Drive, cluster

    store = Store()
    variants = {(cell["model"], cell["quantization"]) for cell in store.cells(run)}
    with cluster(address):
        Drive(store, run, dict.fromkeys(variants, Need(cpus=1, gpus=0)), tell, Slow).go(turn)


if __name__ == "__main__":
    drive(*sys.argv[1:3], print)
