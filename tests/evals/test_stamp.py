"""A score made without a sandbox says so wherever it is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from decisions.asking import decided
from decisions.report.model import build_report
from decisions.scenarios import scenario
from evals import runs
from evals.commands.runs import cells_table, run_json
from evals.measurements import UNSANDBOXED
from evals.plan import Plan
from evals.results import measured_measurements
from evals.store import Store
from evals.tasks import items


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A finished run of two code answers, one of which ran without a sandbox."""
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(runs, "resume", lambda *_: None)
    store = Store()
    name = runs.start(Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("code",), limit=2), store)
    (cell,) = store.cells(name)
    listed = items("shop_code.jsonl")
    for number, metrics in enumerate(({"passed": 1.0, "unsandboxed": 1.0}, {"passed": 0.0})):
        row = {"item_key": f"k{number}", "cell_key": cell["cell_key"], "item": listed[number]["id"], "output": "x"}
        store.add_items([{**row, "score": metrics["passed"], "metrics": json.dumps(metrics)}])
    store.set_cells(name, {"state": "done"}, {})
    store.set_run(name, state="done")
    return name


def test_measurement_run_and_export_carry_the_stamp(run: str) -> None:
    (measured,) = measured_measurements()
    assert measured.note == "Unsandboxed: the code of 1 answers ran without a sandbox"
    status = runs.status(run)
    assert status is not None and status.cells[0].note == measured.note
    assert measured.note in cells_table(status)
    assert run_json(status, 1.0)["cells"][0]["note"] == measured.note


def test_a_report_says_it(run: str) -> None:
    asked = scenario("seventy-or-eight")
    decision = decided(asked)
    option = next(o for o in decision.options if o.measurements)
    task, measured = next(iter(option.measurements.items()))
    stamped = replace(option, measurements={task: replace(measured, note=f"{UNSANDBOXED}: the code of 1 answers")})
    report = build_report(asked, replace(decision, options=(stamped,)))
    assert f"{measured.variant}: {UNSANDBOXED}: the code of 1 answers." in report["caveats"]
