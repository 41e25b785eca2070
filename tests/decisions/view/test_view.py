"""The whole view on fakes and on the shipped scenario: alternatives, rollback, questions, mistakes, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from decisions.evidence import scenario_measurements
from decisions.scenarios import scenario as shipped
from decisions.scenarios import scenario_from_inputs
from decisions.view import DecisionView, decision_view, view_to_dict
from decisions.view.plain import view_text
from decisions.view.rollback import items_to_notice
from pricing.catalogue import load_price_book
from pricing.quotes import Quote
from tests.decisions.conftest import API, measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
BOOK: Any = load_price_book(())
VARIANTS = (
    measured("big", "bf16", 0.90, bits_per_weight=16.0, weight_bytes=140_000_000_000),
    measured("big", "q4", 0.88, bits_per_weight=4.5, weight_bytes=40_000_000_000),
    measured("big", "q2", 0.81, bits_per_weight=2.5, weight_bytes=24_000_000_000),
    measured("small", "bf16", 0.70, bits_per_weight=16.0, weight_bytes=16_000_000_000),
)
QUOTES = {
    "big bf16": quote(900.0, 1.0, tier="on-demand", provider="Cloud"),
    "big q4": quote(400.0, 0.8, tier="on-demand", provider="Cloud"),
    "big q2": quote(300.0, 0.6, tier="on-demand", provider="Cloud"),
    "small bf16": quote(100.0, 0.3, tier="on-demand", provider="Cloud"),
}


@pytest.fixture
def view(priced: Priced) -> DecisionView:
    priced(QUOTES)
    return decision_view(scenario(status_quo="big@bf16"), VARIANTS, BOOK)


@pytest.fixture(scope="module")
def seventy() -> DecisionView:
    base = shipped("seventy-or-eight")
    return decision_view(base, scenario_measurements(base), load_price_book((), base.as_of))


def test_before_the_first_score_everything_is_about_the_cheapest_by_price(priced: Priced) -> None:
    priced({"hosted": quote(50.0, 0.2, kind="api")})
    view = decision_view(scenario(api=(API,), models={}), [], BOOK)
    assert view.recommendation.startswith("Nothing is measured yet on Quiz. By cost alone Hosted is the cheapest")
    assert view.answer == "hosted" and view.swings
    assert [q.because for q in view.questions if q.id == "own-items"] == ["Hosted is not measured on Quiz"]
    assert json.loads(json.dumps(view_to_dict(view)))["answer"] == "hosted"


def test_the_table_walks_from_baseline_over_trade_offs_to_candidates(view: DecisionView) -> None:
    table = view.table
    assert table.baselines == ("Big bf16: Quiz 90 % ± 2.0", "Small bf16: Quiz 70 % ± 2.9")
    assert table.trade_offs == ("Quiz at least 80 %", "p95 latency at most 2 s", "monthly cost at most $1,000")
    assert [(row.label, row.verdict) for row in table.rows] == [
        ("Big q4", "meets"),
        ("Big bf16", "meets"),
        ("Big q2", "unproven"),
        ("Small bf16", "misses"),
    ]
    assert table.sentence == "Of 4 candidates 2 meet, 1 is unproven and 1 misses (1 on Quiz)."
    first = table.rows[0]
    assert [cell.status for cell in first.cells if cell] == ["meets"] * 3
    assert first.against_baseline == "−2.0 points"


def test_today_comes_first_among_the_alternatives_and_each_says_why_not(view: DecisionView) -> None:
    roles = {one.role: one for one in view.alternatives}
    assert view.alternatives[0].role == "what you use today"
    assert view.alternatives[0].reason == "meets every line, $500 a month more, +2.0 points of score"
    assert roles["cheaper, not proven"].label == "Big q2"
    assert len(view.alternatives) >= 3
    assert "big@q4" not in {one.option for one in view.alternatives}


def test_the_way_back_is_what_runs_today(view: DecisionView) -> None:
    back = view.rollback
    assert back is not None
    assert back.switch_to == "big@bf16"
    # 140 GB at 1 GB/s, then 118 s until the engine answers
    assert back.load_s == pytest.approx(140 + 118)
    assert back.notice_months == 0.0
    # ($400 + $900) / 730 h × 24 h
    assert back.both_usd_per_day == pytest.approx(1300 / 730 * 24)
    quiz = next(trigger for trigger in back.triggers if trigger.metric == "Quiz")
    # from 88 % to 80 %: ((1.645 √(.88 × .12) + .842 √(.8 × .2)) / .08)² = 118.7
    assert quiz.items_to_notice == 119
    assert quiz.watch == 0.8


def test_without_a_status_quo_the_way_back_is_the_next_that_is_no_worse(priced: Priced) -> None:
    priced(QUOTES)
    back = decision_view(scenario(), VARIANTS, BOOK).rollback
    assert back is not None and back.switch_to == "big@bf16"
    alone = decision_view(scenario(), VARIANTS[1:2], BOOK).rollback
    assert alone is not None and alone.switch_to is None
    assert "nothing proven to go back to" in alone.sentence


def test_items_to_notice_grow_with_the_square_of_nearness() -> None:
    wide, near = items_to_notice(0.9, 0.8), items_to_notice(0.9, 0.895)
    assert wide and near and near > 200 * wide
    assert items_to_notice(0.9, 0.9) is None


def test_mistakes_are_flagged_only_where_they_are_made(priced: Priced) -> None:
    priced(QUOTES)
    flagged = {one.id for one in decision_view(scenario(status_quo="big@bf16"), VARIANTS, BOOK).mistakes}
    assert flagged == {"smallest-model", "after-launch"}
    calm = decision_view(scenario(), VARIANTS[:2], BOOK)
    assert calm.mistakes == ()


def test_few_bits_for_code_are_flagged_until_that_variant_is_scored_on_code(priced: Priced) -> None:
    priced(QUOTES)
    base = scenario(tasks={"quiz": "Quiz", "code": "Code"})
    on_code = measured("big", "q4", 0.9, task="code", task_group="code", bits_per_weight=4.5)
    other = measured("big", "bf16", 0.9, task="code", task_group="code", bits_per_weight=16.0)
    untested = decision_view(base, (*VARIANTS, other), BOOK)
    assert "code-untested" in {one.id for one in untested.mistakes}
    assert "code-untested" not in {one.id for one in decision_view(base, (*VARIANTS, other, on_code), BOOK).mistakes}


def test_few_items_no_line_and_idle_cards_are_flagged(priced: Priced) -> None:
    priced({"big q4": replace(QUOTES["big q4"], utilisation_fraction=0.02)})
    few = decision_view(scenario(), [measured("big", "q4", 1.0, 40)], BOOK)
    assert {"few-items", "idle-cards"} <= {one.id for one in few.mistakes}
    none = decision_view(scenario_from_inputs(scenario(), quality={}), VARIANTS[1:2], BOOK)
    assert "no-accuracy-line" in {one.id for one in none.mistakes}


def test_questions_name_what_raised_them(priced: Priced) -> None:
    priced(QUOTES | {"big q4": replace(QUOTES["big q4"], count=2, replicas=3, outside_calibration=True)})
    asked = {one.id: one.because for one in decision_view(scenario(), VARIANTS, BOOK).questions}
    assert asked["interconnect"] == "each replica spans 2 cards"
    assert asked["spare"] == "3 replicas carry the load and none is spare"
    assert "speed-outside" in asked and "own-items" in asked
    priced(QUOTES)
    assert "interconnect" not in {one.id for one in decision_view(scenario(), VARIANTS, BOOK).questions}


def test_an_api_with_unknown_latency_raises_the_question_of_measuring_it(priced: Priced) -> None:
    priced(QUOTES | {"hosted": quote(50.0, None, kind="api")})
    evidence = (*VARIANTS, measured("hosted", "", 0.95))
    asked = {one.id: one.because for one in decision_view(scenario(api=(API,)), evidence, BOOK).questions}
    assert asked["api-latency"] == "Hosted costs less and only its latency is not known"


def test_the_widest_swing_comes_first_and_changed_answers_are_named(seventy: DecisionView) -> None:
    assert {"volume", "gpu_price", "peak_to_mean", "speed", "accuracy"} <= {bar.input for bar in seventy.swings}
    now = next(o for o in seventy.decision.options if o.id == seventy.answer).quote.usd_per_month
    assert now is not None
    reach = [
        max(
            abs(cost - now.value)
            for cost, counts in (
                (bar.low_usd_per_month, True),
                (bar.high_usd_per_month, True),
                (bar.low.usd_per_month, bar.low_changes),
                (bar.high.usd_per_month, bar.high_changes),
            )
            if counts and cost is not None
        )
        for bar in seventy.swings
    ]
    assert reach == sorted(reach, reverse=True)
    for bar in seventy.swings:
        assert bar.origin and bar.range_text and bar.sentence
        if bar.low_changes:
            assert bar.low.option != seventy.answer


def test_the_view_is_plain_json_and_says_everything_in_words(seventy: DecisionView) -> None:
    plain = json.loads(json.dumps(view_to_dict(seventy), allow_nan=False))
    assert plain["decision"]["choice"] == seventy.answer
    assert plain["flip_points"][0]["becomes"]["status"] in ("meets", "none_meets", "unproven")
    assert plain["chances"]["draws"] == 10_000
    assert len(plain["table"]["rows"]) == len(seventy.decision.options)
    text = view_text(seventy)
    for part in ("Flip points", "What moves it", "Alternatives", "Rollback", "Questions for engineers"):
        assert f"\n{part}" in text


def test_nothing_measured_is_a_view_too() -> None:
    empty = decision_view(scenario(), (), BOOK)
    assert (empty.answer, empty.rollback, empty.swings, empty.questions) == (None, None, (), ())
    assert empty.chances.none == 1.0
    json.dumps(view_to_dict(empty), allow_nan=False)
