"""Self-consistency: shares a reader can count, seeds, keys of plans with and without it, and a real small run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from decisions.patterns.items import stage_pair
from evals.plan import Plan, cell_key, digest_of, draws_of
from evals.statistics.agreement import Draws, agreement, undrawn_words

PLAN = Plan(models=("tiny-1m",), quantizations=("bf16", "Q4_K_M"), tasks=("math", "classification"), limit=6)


def test_three_of_five_draws_agree() -> None:
    assert agreement("blue", ["blue", "red", "blue ", "Blue", "blue"], "exact_match") == 0.6


def test_where_only_the_last_number_counts_the_steps_before_it_do_not() -> None:
    said = ["3+4=7 so 7", "so 7.0", "4+3=8 so 8", "seven"]
    assert agreement("4+3=7 so 7", said, "final_answer") == 0.5
    assert agreement("4+3=7 so 7", said, "exact_match") == 0.0
    assert agreement("no idea", ["no  idea", "so 7"], "final_answer") == 0.5, "no number: word by word"


def test_nothing_drawn_is_no_agreement() -> None:
    with pytest.raises(ValueError, match="no answer was drawn"):
        agreement("a", [], "acc")


@pytest.mark.parametrize("count", [1, 21, 0, -3])
def test_a_number_of_draws_that_cannot_be_is_named(count: int) -> None:
    with pytest.raises(ValueError, match=f"self_consistency of the plan is {count}; give 2 to 20"):
        replace(PLAN, self_consistency=count)


def test_every_draw_of_every_item_has_a_seed_of_its_own_and_more_draws_keep_the_first() -> None:
    five = Draws(count=5).seeds("item")
    assert len({*five, *Draws(count=5).seeds("other"), *Draws(count=5, seed=1).seeds("item")}) == 15
    assert Draws(count=3).seeds("item") == five[:3]
    assert five[1] == int(hashlib.sha256(b"0/item/1").hexdigest()[:16], 16) // 2


def test_a_plan_without_it_keeps_its_keys_byte_for_byte() -> None:
    assert cell_key("v", "t") == hashlib.sha256(b'["v", "t", 2]').hexdigest()
    known = {k: v for k, v in asdict(PLAN).items() if k not in ("name", "variants", "self_consistency")}
    assert PLAN.digest == digest_of(known)
    assert draws_of({"seed": 0, "limit": 5}) is None, "a run stored before there was any"


def test_number_and_seed_of_the_draws_are_part_of_the_key_where_anything_is_drawn() -> None:
    plain, drawn = PLAN.checked(), replace(PLAN, self_consistency=3).checked()
    same = {
        (one.quantization, one.task): one.cell_key == two.cell_key
        for one, two in zip(plain.cells(), drawn.cells(), strict=True)
    }
    assert same == {
        ("bf16", "shop_math"): False,
        ("bf16", "shop_classification"): True,  # choices are weighed, not drawn
        ("Q4_K_M", "shop_math"): True,  # llama.cpp gives one answer here
        ("Q4_K_M", "shop_classification"): True,
    }
    keys = {cell_key("v", "t", draws) for draws in (None, Draws(count=3), Draws(count=4), Draws(count=3, seed=1))}
    assert len(keys) == 4 and plain.digest != drawn.digest


def test_a_cell_without_draws_says_why() -> None:
    draws, plain, drawn = Draws(count=3), '{"acc": 1.0}', '{"acc": 1.0, "agreement": 0.5}'
    assert "choices are weighed" in undrawn_words(draws, "multiple_choice", [plain])
    assert "one answer a request" in undrawn_words(draws, "generate_until", [plain])
    assert undrawn_words(draws, "generate_until", [drawn, plain]) == undrawn_words(None, "acc", [plain]) == ""


def test_a_small_run_stores_what_a_cascade_can_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evals import runs
    from evals.commands.runs import watch
    from evals.comparisons import compare
    from evals.results import item_calls, item_confidences, item_scores
    from evals.store import Store

    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # two threads on a busy machine wait for each other
    store = Store()
    plan = replace(PLAN, quantizations=("bf16",), limit=20, self_consistency=3)
    final = watch(runs.start(plan, store), quiet=True)
    assert {cell.task: (cell.state, cell.reason) for cell in final.cells} == {
        "shop_math": ("done", ""),
        "shop_classification": ("done", "no self-consistency: choices are weighed by likelihood, not drawn"),
    }
    sure = item_confidences("tiny-1m", "bf16", "shop_math", store)
    assert len(sure) == 20 and {round(3 * one["agreement"], 9) for one in sure.values()} <= {0, 1, 2, 3}
    assert sure.keys() == item_scores("tiny-1m", "bf16", "shop_math", store).keys()
    assert item_calls("tiny-1m", "bf16", "shop_math", store) == 4
    assert item_calls("tiny-1m", "bf16", "shop_classification", store) == 1
    [cell] = [cell for cell in store.cells() if cell["task"] == "shop_math"]
    stored = [json.loads(row["metrics"]) for row in store.items(cell["cell_key"])]
    assert all(one["extra_calls"] == 3 and one["extra_output_tokens"] >= 3 for one in stored)
    assert all(one["extra_seconds"] > 0 for one in stored)

    watch(runs.start(replace(PLAN, quantizations=("rtn-int4-g128",), tasks=("math",), limit=20), store), quiet=True)
    [pair] = compare("tiny-1m@bf16", "tiny-1m@rtn-int4-g128", "shop_math", store=store)
    assert pair.n == 20, "drawn or not, both answered the same version of the task"
    stages = [item_scores("tiny-1m", label, "shop_math", store) for label in ("rtn-int4-g128", "bf16")]
    signal = {item: told["agreement"] for item, told in sure.items()}
    usable = stage_pair("shop_math", weak=stages[1], strong=stages[0], signal=signal)
    assert len(usable) == 20 and usable.signal.min() < usable.signal.max()
