"""The probe of a server: well, or what is wrong and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals import runs
from evals.__main__ import app
from evals.plan import Plan
from evals.store import Store
from tests.conftest import Place

PLAN = Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math",), limit=2)


def asked(*options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["health", *options, "--json"])
    return done.exit_code, json.loads(done.output)


@pytest.fixture(autouse=True)
def _at_place(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    if place.server:
        monkeypatch.setenv("BITBUDGET_DB", str(place.where))


def test_a_store_that_answers_is_well_and_a_run_nobody_works_on_is_not() -> None:
    assert asked()[0] == 0
    store = Store()
    run = runs.start(PLAN, store, "ray")
    code, found = asked()
    assert (code, found["healthy"], found["workers_alive"]) == (1, False, 0)
    assert f"nobody works on run {run}; go on with: python -m evals resume {run}" in found["troubles"]
    assert asked("--no-workers")[0] == 0

    name = f"{run}.one"
    given = store.lease(name).given
    store.take_up(name, given)
    code, found = asked()
    assert (code, found["workers_alive"]) == (0, 1)
    store.let_go(name, given)


def test_a_store_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.database.PATIENCE_S", 0.0)
    monkeypatch.setenv("BITBUDGET_DB", "postgresql://anna@127.0.0.1:1/x")
    code, found = asked()
    assert code == 1 and found["store"] is None
    assert "store x on 127.0.0.1:1" in found["troubles"][0]


def test_an_installation_without_torch_starts_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.availability.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a worker was started"))
    store = Store()
    with pytest.raises(ValueError, match="only shows results"):
        runs.begin({}, "d", [], store)
    assert runs.ensure_demo(store) is None and store.runs() == []
