from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decisions.choosing import ordered
from decisions.decision import decide
from decisions.sla import QualityLine, Sla
from decisions.wording import price
from pricing.quotes import Quote
from tests.decisions.conftest import API, measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
BOOK: Any = None  # the fakes never look at it
VARIANTS = (
    measured("big", "bf16", 0.90),
    measured("big", "q4", 0.88),
    measured("big", "q2", 0.81),
    measured("small", "bf16", 0.70),
)
QUOTES = {
    "big bf16": quote(900.0, 1.0),
    "big q4": quote(400.0, 0.8),
    "big q2": quote(300.0, 0.6),
    "small bf16": quote(100.0, 0.3),
}


def test_the_cheapest_option_that_meets_is_chosen_and_the_sentence_says_so(priced: Priced) -> None:
    priced(QUOTES)
    decision = decide(scenario(status_quo="big@bf16"), VARIANTS, BOOK)
    assert decision.status == "meets"
    assert decision.choice and decision.choice.id == "big@q4"  # q2 at 81 % ± 2.4 is cheaper but unproven
    assert decision.sentence == "Big q4 on 1× card meets your SLA for about $400 a month ($360–440)."
    assert decision.detail.startswith("That is $500 a month less than today's Big bf16. Quiz 88 % ± 2.")
    assert decision.saving_usd_per_month == pytest.approx(500)
    assert [o.id for o in decision.options] == ["small@bf16", "big@q2", "big@q4", "big@bf16"]
    assert {o.id: o.verdict for o in decision.options} == {
        "small@bf16": "misses",
        "big@q2": "unproven",
        "big@q4": "meets",
        "big@bf16": "meets",
    }


def test_what_would_change_the_answer(priced: Priced) -> None:
    priced(QUOTES)
    sentences = decide(scenario(), VARIANTS, BOOK).would_change
    assert sentences[0] == "Cheaper but unproven: Big q2 at $300 a month (Quiz open)."
    assert sentences[1] == "Next cheapest that meets: Big bf16 for about $900 a month."
    # q2's Wilson interval starts at 78.4 %, q4's at 85.8 %, bf16's at 88.0 %
    assert sentences[2] == "With 78.4 % as the line on Quiz, Big q2 would do for $300 a month."
    assert sentences[3].startswith("Above 85.8 % it is no longer proven; the answer becomes Big bf16 for $900")
    assert "under $440 a month" in sentences[4]


def test_a_line_on_the_drop_says_what_would_change_in_points_below_the_baseline(priced: Priced) -> None:
    priced(QUOTES)
    wanted = Sla(quality={"quiz": QualityLine(max_drop_from_baseline=0.08)}, e2e_p95_s=2.0, usd_per_month=1000.0)
    decision = decide(scenario(sla=wanted), VARIANTS[:3], BOOK)
    assert decision.choice and decision.choice.id == "big@q4"
    edge = next(c.low for c in decision.choice.checks if c.unit == "fraction")
    assert edge is not None and edge < 0
    # 2 points lower on 1,000 items each: 2 + 1.96·√(0.88·0.12/1000 + 0.9·0.1/1000) = 4.74, and up to the next tenth
    assert math.ceil(-edge * 1000) == 48
    said = next(s for s in decision.would_change if s.startswith("With less"))
    assert said.startswith(
        "With less than 4.8 points of drop allowed it is no longer proven; the answer becomes Big bf16"
    )
    assert said.endswith("for $900 a month (proven to at most 0 points of drop).")


def test_several_replicas_are_said(priced: Priced) -> None:
    priced({"big q4": quote(400.0, 0.8, replicas=4)})
    sentence = decide(scenario(), [VARIANTS[1]], BOOK).sentence
    assert sentence.startswith("Big q4 on 4 replicas of 1× card meets your SLA for about $400")


def test_equal_prices_go_to_the_better_score(priced: Priced) -> None:
    priced(QUOTES | {"big bf16": quote(400.3, 1.0)})
    decision = decide(scenario(), VARIANTS, BOOK)
    assert decision.choice and decision.choice.id == "big@bf16"
    assert ordered(decision.options)[0] == decision.choice  # the table on the page begins with the answer


def test_unproven_says_what_is_likely_and_what_settles_it(priced: Priced) -> None:
    priced(QUOTES)
    decision = decide(scenario(), VARIANTS[2:], BOOK)
    assert (decision.status, decision.choice) == ("unproven", None)
    assert decision.nearest and decision.nearest.id == "big@q2"
    assert decision.sentence.startswith("Nothing is proven yet. Big q2 probably meets your SLA for about $300")
    # z²·0.16/0.01² = 6,146.3 → 6,147 in all, 5,147 more
    assert "about 5.1k more items would settle it" in decision.sentence


def test_a_missing_latency_never_meets(priced: Priced) -> None:
    priced({"hosted": quote(50.0, None, kind="api", label="Hosted API")})
    hosted = measured("hosted", "api", 0.95)
    decision = decide(scenario(api=(API,), models={}), [hosted], BOOK)
    assert decision.status == "unproven" and decision.choice is None
    assert (
        "Hosted clears Quiz and monthly cost" in decision.sentence and "p95 latency is not known" in decision.sentence
    )


def test_none_meets_names_the_nearest_miss_and_the_way_there(priced: Priced) -> None:
    priced(QUOTES)
    wanted = Sla(quality={"quiz": QualityLine(minimum=0.85)}, e2e_p95_s=2.0, usd_per_month=200.0)
    decision = decide(scenario(sla=wanted), VARIANTS, BOOK)
    assert decision.status == "none_meets"
    # small is 15 points short (18 % of the line); q4 costs twice the line
    assert decision.nearest and decision.nearest.id == "small@bf16"
    assert decision.sentence == (
        "Nothing here meets Quiz 85 %, p95 ≤ 2 s within $200 a month. "
        "Nearest miss: Small bf16, 15 points short on Quiz (70 %). "
        "It would cost about $400 a month ($360–440) to get there with Big q4."
    )


def test_nothing_fits_gives_the_reason(priced: Priced) -> None:
    reason = "q4 needs 42 GiB; your card has 24. Allow two."
    priced({"big q4": quote(None, None, fits=False, reason=reason, memory_gib=42.0, memory_available_gib=24.0)})
    decision = decide(scenario(), [VARIANTS[1]], BOOK)
    assert decision.status == "none_meets" and reason in decision.sentence


def test_unpriced_is_unproven_not_free(priced: Priced) -> None:
    priced({})
    decision = decide(scenario(), [VARIANTS[0]], BOOK)
    assert decision.status == "unproven" and decision.choice is None
    assert "monthly cost is not known (unpriced: not on any list)" in decision.sentence


def test_nothing_measured_yet(priced: Priced) -> None:
    priced({})
    decision = decide(scenario(evidence="measured"), [], BOOK)
    assert (decision.status, decision.options) == ("unproven", ())
    assert decision.sentence.startswith("Nothing is measured on this machine yet on Quiz")


def test_an_sla_that_asks_for_nothing_is_not_met(priced: Priced) -> None:
    priced(QUOTES)
    decision = decide(scenario(sla=Sla()), VARIANTS, BOOK)
    assert decision.status == "unproven"
    assert decision.sentence.startswith("Your SLA sets no line yet. The cheapest option is Small bf16 for about $100")


def test_without_a_line_a_variant_that_does_not_fit_leaves_the_cheapest_as_the_answer(priced: Priced) -> None:
    priced({**QUOTES, "small bf16": quote(None, None, fits=False, reason="needs 42 GiB, the card has 24")})
    decision = decide(scenario(sla=Sla()), VARIANTS, BOOK)
    assert decision.sentence.startswith("Your SLA sets no line yet. The cheapest option is Big q2 for about $300")


def test_before_the_first_score_money_is_told(priced: Priced) -> None:
    priced({"hosted": quote(50.0, 0.2, kind="api"), "big q4": quote(400.0)})
    decision = decide(scenario(api=(API,), models={}), [], BOOK)
    assert decision.sentence == (
        "Nothing is measured yet on Quiz. By cost alone Hosted is the cheapest, about $50 a month ($45–55)."
    )
    assert decision.by_cost and decision.by_cost.label == "Hosted"


def test_a_place_with_a_comma_is_closed_by_one(priced: Priced) -> None:
    priced({"big q4": quote(400.0, 0.8, label="1× card, Provider")})
    sentence = decide(scenario(), [VARIANTS[1]], BOOK).sentence
    assert sentence.startswith("Big q4 on 1× card, Provider, meets your SLA")


def test_unmeasured_candidates_are_listed_and_keep_the_question_open(priced: Priced) -> None:
    priced({"hosted": quote(50.0, 0.2, kind="api"), "small bf16": quote(100.0, 0.3)})
    decision = decide(scenario(api=(API,)), [VARIANTS[3]], BOOK)
    hosted = next(o for o in decision.options if o.id == "hosted")
    assert hosted.verdict == "unproven" and hosted.checks[0].reason == "not measured on Quiz"
    assert decision.status == "unproven"
    assert "Nothing here is proven to meet" in decision.sentence and "1 option is unmeasured" in decision.sentence


scores = st.lists(st.tuples(st.integers(20, 99), st.integers(1, 900)), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(variants=scores, lines=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_raising_the_accuracy_line_never_makes_the_answer_cheaper(
    priced: Priced, variants: list[tuple[int, int]], lines: tuple[float, float]
) -> None:
    measurements = [measured("big", f"q{i}", score / 100) for i, (score, _) in enumerate(variants)]
    priced({f"big q{i}": quote(float(usd), 0.5) for i, (_, usd) in enumerate(variants)})
    costs = []
    for line in sorted(lines):
        base = scenario()
        asked = replace(base, sla=replace(base.sla, quality={"quiz": QualityLine(minimum=line)}))
        choice = decide(asked, measurements, BOOK).choice
        band = choice.quote.usd_per_month if choice else None
        costs.append(price(band.value) if band else float("inf"))
    assert costs[0] <= costs[1]
