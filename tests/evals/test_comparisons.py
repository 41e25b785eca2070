"""Comparisons of stored variants; the store is filled by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import plan
from evals.__main__ import app
from evals.comparisons import EVERY_TASK, compare
from evals.plan import item_key, task_hash
from evals.results import item_confidences, measured_measurements
from evals.store import Store, StoreError
from evals.tasks import items, task

KEYS = {"n", "b", "c", "difference", "low", "high", "p_mcnemar", "flips_fraction", "verdict", "answer_change_fraction"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return Store()


def measured(store: Store, run: str, quantization: str, scores: Mapping[str, list[float]], stale: bool = False) -> None:
    """A finished run of tiny-1m at one quantization: task → scores of its first items."""
    row = {"run": run, "digest": run, "plan": "{}", "state": "done", "created": 1.0, "provenance": "{}"}
    variant = f"key of {quantization}"
    cells, results = [], []
    for place, (name, values) in enumerate(scores.items()):
        cell_key = plan.cell_key(variant, "an older version" if stale else task_hash(name))
        shape = {"run": run, "model": "tiny-1m", "quantization": quantization, "task": name, "position": place}
        cells.append(
            shape | {"variant_key": variant, "cell_key": cell_key, "state": "done", "items_total": len(values)}
        )
        for item, score in zip(items(task(name).config["metadata"]["items"]), values, strict=False):
            said = {"score": score, "metrics": "{}", "output": f"answer {score}"}
            results.append({"item_key": item_key(cell_key, item), "cell_key": cell_key, "item": item["id"], **said})
    store.add_run(row, cells)
    store.add_items(results)


def test_items_measured_without_confidences_have_none(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0, 0.0]})
    assert item_confidences("tiny-1m", "bf16", "shop_math") == {}
    assert item_confidences("tiny-1m", "nf4", "shop_math") == {}, "never measured"


def pair(both: int, b: int, c: int, neither: int) -> tuple[list[float], list[float]]:
    first = [1.0] * both + [1.0] * b + [0.0] * c + [0.0] * neither
    return first, [1.0] * both + [0.0] * b + [1.0] * c + [0.0] * neither


def test_the_command_prints_what_a_verdict_rests_on(store: Store) -> None:
    first, second = pair(100, 38, 6, 56)
    measured(store, "one", "bf16", {"shop_math": first})
    measured(store, "two", "nf4", {"shop_math": second})
    told = CliRunner().invoke(app, ["compare", "tiny-1m@bf16", "tiny-1m@nf4", "--task", "math", "--json"])
    found = json.loads(told.stdout)
    assert set(found) >= KEYS
    # 44 flips of 200; (6 − 38)/200 = −16 points; Tango −22.5 to −10.1
    assert (found["n"], found["b"], found["c"]) == (200, 38, 6)
    assert found["difference"] == pytest.approx(-0.16) and found["flips_fraction"] == pytest.approx(0.22)
    assert (found["low"], found["high"]) == pytest.approx((-0.2247, -0.1006), abs=5e-5)
    assert found["p_mcnemar"] == pytest.approx(9.43e-7, rel=1e-3)
    assert found["verdict"] == "misses" and found["answer_change_fraction"] == pytest.approx(0.22)
    text = CliRunner().invoke(app, ["compare", "tiny-1m@bf16", "tiny-1m@nf4", "--task", "math"]).stdout
    assert "b = 38" in text and "c = 6" in text and "n = 200" in text and "misses" in text


def test_several_tasks_end_with_all_of_them_and_holm(store: Store) -> None:
    first, second = pair(60, 20, 2, 18)
    measured(store, "one", "bf16", {"shop_math": first, "shop_code": first})
    measured(store, "two", "nf4", {"shop_math": second, "shop_code": first})
    code, math_, every = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    assert (code.task, math_.task, every.task) == ("shop_code", "shop_math", EVERY_TASK)
    assert (every.n, every.b, every.c) == (200, 20, 2)
    assert math_.p_mcnemar is not None and math_.p_holm == pytest.approx(2 * math_.p_mcnemar)
    assert code.p_mcnemar == code.p_holm == 1.0


def test_items_of_one_side_are_counted_as_left_out(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0] * 30})
    measured(store, "two", "nf4", {"shop_math": [1.0] * 20})
    (found,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    assert (found.n, found.only_first_items, found.only_second_items) == (20, 10, 0)
    assert (found.verdict, found.p_mcnemar) == ("unproven", 1.0)  # no flips on 20 items prove little


def test_another_version_of_the_task_is_refused_by_name(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0] * 30}, stale=True)
    measured(store, "two", "nf4", {"shop_math": [1.0] * 30})
    with pytest.raises(ValueError, match="tiny-1m @ bf16 answered another version of shop_math"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)


def test_one_item_has_no_interval_and_is_unproven(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0]})
    measured(store, "two", "nf4", {"shop_math": [0.0]})
    (found,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    assert (found.n, found.low, found.high, found.verdict) == (1, None, None, "unproven")


def test_a_repeat_of_the_first_tells_noise_from_damage(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0] * 100})
    measured(store, "two", "nf4", {"shop_math": [0.0] * 20 + [1.0] * 80})
    measured(store, "again", "fp32", {"shop_math": [0.0] * 5 + [1.0] * 95})
    (found,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store, repeat="tiny-1m@fp32")
    assert found.noise is not None
    assert (found.noise.noise_fraction, found.noise.excess) == pytest.approx((0.05, 0.15))


def test_bad_input_is_named(store: Store) -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    measured(store, "one", "bf16", {"shop_math": [1.0] * 5})
    measured(store, "two", "nf4", {"shop_code": [1.0] * 5})
    with pytest.raises(ValueError, match="share no measured task"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    with pytest.raises(ValueError, match="did you mean tiny-1m@nf4"):
        compare("tiny-1m@bf16", "tiny-1m@nf5", store=store)
    with pytest.raises(ValueError, match="margin is 2"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", store=store, margin=2)


def test_a_task_nobody_measured_is_refused_by_name(store: Store) -> None:
    for run, quantization in (("one", "bf16"), ("two", "nf4")):
        measured(store, run, quantization, {"shop_math": [1.0] * 5})
    with pytest.raises(ValueError, match="share no measured shop_code; run both on it first"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", "code", store=store)
    with pytest.raises(ValueError, match=r"task .*'chess'"):
        compare("tiny-1m@bf16", "tiny-1m@nf4", "chess", store=store)


def test_margins_of_none_and_all(store: Store) -> None:
    """Ties prove nothing about a margin of 0; nothing can be worse by more than all."""
    for run, quantization in (("one", "bf16"), ("two", "nf4")):
        measured(store, run, quantization, {"shop_math": [1.0] * 100})
    (none,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store, margin=0.0)
    (every,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store, margin=1.0)
    assert (none.verdict, every.verdict) == ("unproven", "meets")
    assert none.reason and none.flips_fraction == 0 and none.p_mcnemar == 1.0


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_all_wrong_and_all_right_have_width_and_no_nan(store: Store, score: float) -> None:
    for run, quantization in (("one", "bf16"), ("two", "nf4")):
        measured(store, run, quantization, {"shop_math": [score] * 30})
    told = CliRunner().invoke(app, ["compare", "tiny-1m@bf16", "tiny-1m@nf4", "--task", "math", "--json"])
    assert told.exit_code == 0 and "NaN" not in told.stdout
    found = json.loads(told.stdout)
    assert found["low"] < 0 < found["high"] and found["first_score"] == found["second_score"] == score


def test_a_comparison_reads_no_item_of_other_variants(store: Store) -> None:
    measured(store, "one", "bf16", {"shop_math": [1.0] * 30})
    measured(store, "two", "nf4", {"shop_math": [1.0] * 30})
    measured(store, "three", "rtn-int3-g128", {"shop_math": [1.0] * 30})
    [cell] = [cell for cell in store.cells() if cell["quantization"] == "rtn-int3-g128"]
    with sqlite3.connect(store.path) as raw:  # whoever reads one of these sees that it was altered
        raw.execute("UPDATE items SET score = 0.0 WHERE cell_key = ?", (cell["cell_key"],))
    (found,) = compare("tiny-1m@bf16", "tiny-1m@nf4", store=store)
    assert found.n == 30
    with pytest.raises(StoreError, match="was altered on disk"):
        measured_measurements(store)
