"""Submit, claim, finish, crash, pause, cancel, retry, restart in any order: what must stay true of the store."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from evals.store import Row, Store
from evals.worker import OPEN, finish_run, pause_run
from tests.faults.standin import score_of
from tests.postgres import Server

VARIANTS, TASKS, ITEMS = ("a", "b"), ("x", "y"), 3


class Life(RuleBasedStateMachine):
    """The truth is what was acknowledged; the store must agree whatever happens."""

    workers: Bundle[str] = Bundle("workers")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.where: Path | str = self.place()
        self.store = Store(self.where)
        self.acknowledged: dict[str, float] = {}
        self.alive: dict[str, list[Row]] = {}
        self.named = 0
        self.run = ""
        self.submit()

    def place(self) -> Path | str:
        return self.folder / "s.sqlite"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)

    @rule()
    def submit(self) -> None:
        self.named += 1
        name = f"r{self.named}"
        row = {"run": name, "digest": "d", "plan": "{}", "state": "running", "created": float(self.named)}
        cells = [
            {"run": name, "model": "m", "quantization": v, "task": t, "position": n, "variant_key": v}
            | {"cell_key": v + t, "state": "queued", "items_total": ITEMS}
            for n, (v, t) in enumerate((v, t) for v in VARIANTS for t in TASKS)
        ]
        before = self.store.run(self.run) if self.run else None
        given = self.store.add_run({**row, "provenance": "{}"}, cells)
        assert given == (self.run if before and before["state"] == "running" else name)
        self.run = given

    @rule(target=workers)
    def claim(self) -> object:
        self.named += 1
        name = f"w{self.named}"
        mine = self.store.claim_variant(self.run, name, lambda: self.alive)
        if not mine:
            return multiple()
        held = {(c["model"], c["quantization"]) for cells in self.alive.values() for c in cells if c["run"] == self.run}
        assert not held & {(c["model"], c["quantization"]) for c in mine}, "a variant was given to two live workers"
        self.alive[name] = mine
        return name

    @rule(worker=workers, number=st.integers(0, ITEMS - 1), which=st.integers(0, len(TASKS) - 1))
    def finish_item(self, worker: str, number: int, which: int) -> None:
        if worker not in self.alive:
            return
        cells = self.alive[worker]
        cell = cells[which % len(cells)]
        key = f"{cell['cell_key']}-{number}"
        row = {"item_key": key, "cell_key": cell["cell_key"], "item": f"i{number}", "metrics": "{}", "output": ""}
        score = score_of(cell["cell_key"], number)
        self.store.add_items([{**row, "score": score}])
        self.acknowledged[key] = score

    @rule(worker=consumes(workers))
    def finish_variant(self, worker: str) -> None:
        for cell in self.alive.pop(worker, []):
            done = {row["item"] for row in self.store.items(cell["cell_key"])}
            state = "done" if len(done) == ITEMS else "failed"
            where = {name: cell[name] for name in ("model", "quantization", "task")}
            self.store.set_cells(cell["run"], {"state": state, "worker": ""}, where, states=OPEN)
        finish_run(self.store, self.run)

    @rule(worker=consumes(workers))
    def crash(self, worker: str) -> None:
        self.alive.pop(worker, None)

    @rule()
    def pause(self) -> None:
        pause_run(self.store, self.run, "the sandbox failed")

    @rule()
    def cancel(self) -> None:
        self.store.set_run(self.run, state="cancelled", finished=1.0)
        self.store.set_cells(self.run, {"state": "cancelled"}, {}, states=OPEN)

    @rule()
    def retry(self) -> None:
        self.store.set_run(self.run, state="running", finished=None, reason="")
        self.store.set_cells(self.run, {"state": "queued", "attempts": 0}, {}, states=("cancelled", "failed"))

    @rule()
    def restart_app(self) -> None:
        self.store.close()
        self.store = Store(self.where)

    @invariant()
    def every_acknowledged_result_is_there_once(self) -> None:
        if not self.run:
            return
        stored = [row for v in VARIANTS for t in TASKS for row in self.store.items(v + t)]
        assert {row["item_key"]: row["score"] for row in stored} == self.acknowledged
        assert len(stored) == len(self.acknowledged)

    @invariant()
    def counts_agree(self) -> None:
        if not self.run:
            return
        cells = self.store.cells(self.run)
        assert len(cells) == len(VARIANTS) * len(TASKS)
        by_state = [sum(c["state"] == s for c in cells) for s in ("queued", "running", "done", "failed", "cancelled")]
        assert sum(by_state) == len(cells)
        scores = self.store.scores([c["cell_key"] for c in cells])
        assert sum(len(s) for s in scores.values()) == len(self.acknowledged)

    @invariant()
    def a_done_cell_is_whole(self) -> None:
        if not self.run:
            return
        for cell in self.store.cells(self.run):
            if cell["state"] == "done":
                assert len(self.store.items(cell["cell_key"])) == ITEMS


HOW = settings(
    max_examples=int(os.environ.get("FAULT_LIVES", 15)),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
TestLife.settings = HOW


@pytest.mark.timeout(600)
def test_the_same_life_on_a_server(postgres: Server) -> None:
    class OnServer(Life):
        def place(self) -> Path | str:
            return postgres.url(postgres.fresh())

    run_state_machine_as_test(OnServer, settings=settings(HOW, max_examples=max(3, HOW.max_examples // 5)))
