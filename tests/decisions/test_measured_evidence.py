"""Measured evidence comes from the store, item by item, and follows it as it grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from decisions.evidence import item_scorer, scenario_measurements
from decisions.scenarios import scenario
from evals.store import Store

TASK = "shop_math"


def add(store: Store, run: str, quantization: str, right: list[int]) -> None:
    """A finished cell whose items score ``right``."""
    key = f"{run}-{quantization}"
    cell: dict[str, Any] = {
        "run": run,
        "model": "tiny-1m",
        "quantization": quantization,
        "task": TASK,
        "position": 0,
        "variant_key": key,
        "cell_key": key,
        "state": "done",
        "items_total": len(right),
    }
    plan = {"run": run, "digest": run, "plan": "{}", "state": "done", "created": float(len(run)), "provenance": "{}"}
    store.add_run(plan, [cell])
    store.add_variant(
        {
            "variant_key": key,
            "model": "tiny-1m",
            "quantization": quantization,
            "weight_bytes": 10,
            "bits_per_weight": 4.0,
            "facts": "{}",
        }
    )
    rows = [
        {"item_key": f"{key}-{i}", "cell_key": key, "item": f"i{i}", "score": float(x), "metrics": "{}", "output": ""}
        for i, x in enumerate(right)
    ]
    store.add_items(rows)


def test_scores_and_items_follow_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    desk = scenario("support-desk")
    assert scenario_measurements(desk) == ()
    store = Store()
    add(store, "r", "bf16", [1, 1, 1, 0])
    os.utime(store.path)
    (first,) = scenario_measurements(desk)
    assert (first.score, first.n_items, first.origin) == (0.75, 4, "measured")
    scores = item_scorer(desk)
    assert scores is not None
    assert scores("tiny-1m", "bf16", TASK) == {"i0": 1.0, "i1": 1.0, "i2": 1.0, "i3": 0.0}
    assert scores("tiny-1m", "nf4", TASK) == {}
    add(store, "r2", "nf4", [1, 0])
    os.utime(store.path)
    assert {m.quantization: m.score for m in scenario_measurements(desk)} == {"bf16": 0.75, "nf4": 0.5}
    assert scores("tiny-1m", "nf4", TASK) == {"i0": 1.0, "i1": 0.0}
    assert item_scorer(scenario("seventy-or-eight")) is None
