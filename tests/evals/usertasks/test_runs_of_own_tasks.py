"""What a run says of a task that leaves items out, and of one that was removed since."""

from __future__ import annotations

import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from evals import runs, worker
from evals.plan import Plan, cell_of
from evals.results import measured_measurements
from evals.store import Store
from evals.tasks import task
from evals.usertasks.adding import drafted, remove, save
from evals.usertasks.proposal import proposal
from tests.evals.usertasks.conftest import table

TICKETS = table("ticket intent", *((f"ticket {n}", ("refund", "login")[n % 2]) for n in range(40)))


def test_a_removed_task_takes_no_page_down() -> None:
    save(drafted(TICKETS, proposal(TICKETS, "own.csv")))
    store, plan = Store(), Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("own",)).checked()
    cell = plan.cells()[0]
    row = {
        "run": "r", "digest": "d", "plan": '{"limit": null, "seed": 0, "models": [], "quantizations": [], "tasks": []}',
        "state": "done", "created": time.time(), "provenance": "{}",
    }  # fmt: skip
    store.add_run(row, [{**vars(cell), "run": "r", "position": 0, "state": "done"}])
    item = {"cell_key": cell.cell_key, "item_key": "k", "item": "i", "score": 1.0, "metrics": "{}", "output": "x"}
    store.add_items([item])
    assert len(measured_measurements(store)) == 1
    remove("own")
    assert measured_measurements(store) == []
    [told] = runs.runs(store)
    assert [(c.task, c.items_done) for c in told.cells] == [("own", 1)]


class Short:
    """A harness that leaves the given items out and scores the others."""

    def __init__(self, left_out: list[int]) -> None:
        self.left_out, self.done = left_out, set[int]()

    def run(self, task: Any, indices: list[int], accept: Any) -> list[int]:
        self.done |= set(indices) - set(self.left_out)
        return [index for index in indices if index in self.left_out]


def answered(harness: Short, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sink = SimpleNamespace(accept=None, flush=lambda: None)
    monkeypatch.setattr(worker, "ItemSink", lambda *a: nullcontext(sink))
    monkeypatch.setattr(worker, "cell_log", lambda cell: nullcontext())
    monkeypatch.setattr(worker, "remaining", lambda *a: sorted({0, 1, 2} - harness.done))
    store = SimpleNamespace(items=lambda key: list(harness.done))
    cell = {"model": "m", "quantization": "q", "task": "t", "cell_key": "c"}
    itself = SimpleNamespace(_store=store, _limit=None, _seed=0, _draws=None)
    return worker.Worker._answer(itself, harness, cell, None, [0, 1, 2])  # type: ignore[arg-type]


def test_row_14_items_beyond_the_context_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = answered(Short([1]), monkeypatch)
    assert worker.too_long_words(left_out).startswith("1 item left out: longer than the model's context")
    assert worker.too_long_words([]) == ""


def test_a_cell_whose_items_are_all_too_long_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="3 items left out"):
        answered(Short([0, 1, 2]), monkeypatch)


def test_keys_of_shipped_tasks_do_not_depend_on_what_the_user_added() -> None:
    from evals.models import model
    from evals.quantizations import quantization

    before = cell_of(model("tiny-1m"), quantization("bf16"), task("shop_math"), None)
    save(drafted(TICKETS, proposal(TICKETS, "own.csv")))
    assert cell_of(model("tiny-1m"), quantization("bf16"), task("shop_math"), None) == before
