"""Pages keep the scores of archived items, and say where the items are."""

from __future__ import annotations

import json

import pytest

from decisions.imported import known_scenarios
from evals.archives import archive
from evals.store import shared_store
from tests.pages.conftest import opened, words

SCENARIO = "support-desk"
ITEMS = 40


def measured() -> None:
    """Two variants of two models on every task of the scenario, as workers leave them."""
    scenario, store = known_scenarios()[SCENARIO], shared_store()
    cells = [
        {"model": model, "quantization": label, "task": task, "variant_key": f"{model}{label}", "state": "done",
         "cell_key": f"{model} {label} {task}", "items_total": ITEMS, "run": "r", "seconds": 1.0}
        for model in list(scenario.models)[:2]
        for label in ("bf16", "nf4")
        for task in scenario.tasks
    ]  # fmt: skip
    run = {"run": "r", "digest": "d", "state": "done", "created": 1.0, "finished": 2.0, "provenance": "{}"}
    named = {"models": list(scenario.models)[:2], "quantizations": ["bf16", "nf4"], "tasks": list(scenario.tasks)}
    plan = json.dumps({"limit": ITEMS, "seed": 0, "name": "", **named})
    store.add_run({**run, "plan": plan}, [{**cell, "position": n} for n, cell in enumerate(cells)])
    for cell in cells:
        key = {"cell_key": cell["cell_key"], "metrics": "{}", "output": "yes"}
        rows = [{**key, "item_key": f"{cell['cell_key']} {n}", "item": f"i{n}"} for n in range(ITEMS)]
        store.add_items([{**row, "score": float(n % 5 > 0)} for n, row in enumerate(rows)])
    assert list(archive(store, ["r"]))


@pytest.mark.parametrize("page", ["Compare", "Cliff", "Patterns", "Run"])
def test_a_page_shows_the_scores_and_how_the_items_come_back(page: str) -> None:
    measured()
    app = opened(page, scenario=SCENARIO)
    assert not app.exception
    assert not app.error, [one.value for one in app.error]
    if page != "Run":
        assert "The items of 20 scores are archived" in words(app)
        assert [code.value for code in app.code] == ["python -m evals archive --restore r.parquet"]
