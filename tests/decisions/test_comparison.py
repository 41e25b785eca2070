from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from decisions.breakeven import break_even
from decisions.charts.dumbbell import dumbbell_chart
from decisions.charts.palette import LIGHT
from decisions.comparison import compare_options
from decisions.decision import decide
from decisions.fields import BadInput
from pricing.quotes import Band, Quote
from tests.decisions.conftest import API, measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
BOOK: Any = None
VARIANTS = (measured("big", "q4", 0.9), measured("small", "bf16", 0.7))
QUOTES = {"big q4": quote(400.0, 1.0, memory_gib=40.0), "small bf16": quote(100.0, 0.2, memory_gib=16.0)}


def rows_of(comparison) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    return {row.name: row for row in comparison.rows}


def test_sentence_first_then_rows_with_differences_and_winners(priced: Priced) -> None:
    priced(QUOTES)
    place = scenario()
    found = compare_options(place, decide(place, VARIANTS, BOOK), "big@q4", "small@bf16")
    # Newcombe on 0.9 and 0.7 of 1,000: ± 1.96·√(0.09/1000 + 0.21/1000) = 3.4 points
    assert found.sentence == "Big q4 beats Small bf16 by 20 points of Quiz (16.6 to 23.4), for $300 a month more."
    rows = rows_of(found)
    assert rows["Quiz"].winner == "first" and rows["Quiz"].note == "unpaired: no item scores"
    assert rows["monthly cost"].winner == "second" and rows["monthly cost"].difference_text == "+$300"
    assert rows["p95 latency"].winner == "second" and rows["p95 time per token"].first_text == "not yet known"
    assert rows["memory needed"].difference == pytest.approx(24.0)
    assert rows["verdict"].winner == "first" and rows["verdict"].second_text == "misses (Quiz)"
    assert [row.group for row in found.rows] == sorted(
        (row.group for row in found.rows), key=["accuracy", "speed", "money", "memory", "risk"].index
    )
    assert found.flips == () and found.break_even is None


def test_the_other_way_round_loses(priced: Priced) -> None:
    priced(QUOTES)
    place = scenario()
    found = compare_options(place, decide(place, VARIANTS, BOOK), "small@bf16", "big@q4")
    assert found.sentence == "Small bf16 loses 20 points of Quiz to Big q4 (16.6 to 23.4), for $300 a month less."


def test_items_are_paired_fixed_and_broken(priced: Priced) -> None:
    priced(QUOTES)
    items = {  # of 1,000: 650 both right, 250 only the first, 50 only the second, 50 both wrong
        "q4": {str(i): float(i < 900) for i in range(1000)},
        "bf16": {str(i): float(i < 650 or i >= 950) for i in range(1000)},
    }
    place = scenario()
    found = compare_options(
        place, decide(place, VARIANTS, BOOK), "big@q4", "small@bf16", item_scores=lambda m, q, t: items[q]
    )
    (flips,) = found.flips
    assert (len(flips.fixed), len(flips.broken), flips.both_right, flips.both_wrong) == (250, 50, 650, 50)
    assert flips.broken[0] == "950" and flips.p_mcnemar < 1e-20
    assert rows_of(found)["Quiz"].paired and rows_of(found)["Quiz"].difference == pytest.approx(0.2)


def test_another_protocol_refuses_the_difference(priced: Priced) -> None:
    priced({**QUOTES, "hosted": quote(50.0, None, kind="api")})
    place = scenario(api=(API,))
    variants = (*VARIANTS, measured("hosted", "api", 0.95, protocol="0-shot"))
    found = compare_options(place, decide(place, variants, BOOK), "hosted", "big@q4")
    row = rows_of(found)["Quiz"]
    assert (row.difference, row.winner, row.note) == (None, "", "not comparable: another protocol")
    assert "not comparable" in found.sentence


def test_what_cannot_be_told_apart_is_said_so(priced: Priced) -> None:
    priced({"big q4": quote(400.0), "big q5": quote(400.2)})
    place = scenario()
    decision = decide(place, [measured("big", "q4", 0.9), measured("big", "q5", 0.91)], BOOK)
    found = compare_options(place, decision, "big@q5", "big@q4")
    assert found.sentence.startswith("Big q5 and Big q4 cannot be told apart on Quiz (+1.0 point")
    assert found.sentence.endswith("at the same monthly cost.")
    assert rows_of(found)["monthly cost"].winner == "tie"


def test_unknown_options_are_answered_with_the_nearest(priced: Priced) -> None:
    priced(QUOTES)
    place = scenario()
    with pytest.raises(BadInput, match="did you mean big@q4"):
        compare_options(place, decide(place, VARIANTS, BOOK), "big@q5", "small@bf16")


def test_break_even_of_a_flat_price_against_a_price_per_request(
    monkeypatch: pytest.MonkeyPatch, priced: Priced
) -> None:
    from decisions import quoting

    priced(QUOTES | {"hosted": quote(300.0, None, kind="api")})
    place = scenario(api=(API,))  # 1M requests a month
    decision = decide(place, (*VARIANTS, measured("hosted", "api", 0.95)), BOOK)
    first, second = (next(o for o in decision.options if o.id == name) for name in ("hosted", "big@q4"))
    per_request = 300.0 / 1e6
    monkeypatch.setattr(quoting, "api", lambda s, c, b: quote(per_request * s.workload.requests_per_month, kind="api"))
    curve = break_even(place, first, second, BOOK)
    assert curve and set(curve.second_usd_per_month) == {400.0}
    # $400 / $0.0003 = 1.33M requests
    assert curve.crossings == (pytest.approx(4e6 / 3, rel=0.01),)
    assert curve.sentence.startswith("Hosted is cheaper below about 1.3M requests a month, Big q4 from there on")
    assert break_even(place, first, first, BOOK) is None


def test_costs_that_cross_more_than_once_say_who_is_cheaper_in_the_end(
    monkeypatch: pytest.MonkeyPatch, priced: Priced
) -> None:
    from decisions import quoting

    priced(QUOTES)
    place = scenario(api=(API,))
    decision = decide(place, (*VARIANTS, measured("hosted", "api", 0.95)), BOOK)
    first, second = (next(o for o in decision.options if o.id == name) for name in ("hosted", "big@q4"))
    steps = ((100_000, 300.0), (1_000_000, 500.0), (10_000_000, 350.0), (float("inf"), 900.0))  # against $400

    def stepped(asked: Any, candidate: Any, book: Any) -> Quote:
        load = asked.workload.requests_per_month
        return quote(next(usd for most, usd in steps if load <= most), kind="api")

    monkeypatch.setattr(quoting, "api", stepped)
    curve = break_even(place, first, second, BOOK)
    assert curve and curve.crossings == tuple(pytest.approx(most, rel=0.01) for most, _ in steps[:3])
    assert curve.sentence.startswith("The cheaper one changes 3 times from 32k to 32M requests a month")
    assert curve.sentence.endswith("Above 10M it is Big q4.")


def test_unmeasured_options_are_compared_by_cost(priced: Priced) -> None:
    priced({**QUOTES, "hosted": quote(50.0, None, kind="api")})
    place = scenario(api=(API,))
    found = compare_options(place, decide(place, VARIANTS, BOOK), "hosted", "big@q4")
    assert found.sentence == "Hosted costs $350 a month less than Big q4; Hosted is not measured on Quiz."
    assert dumbbell_chart(found, LIGHT).layout.xaxis.visible is False


def test_a_tiny_cost_per_query_is_compared_by_the_million(priced: Priced) -> None:
    tiny = [Band(value=v, low=v, high=v) for v in (8e-8, 5e-8)]
    priced({"big q4": quote(400.0, usd_per_query=tiny[0]), "small bf16": quote(100.0, usd_per_query=tiny[1])})
    place = scenario()
    row = rows_of(compare_options(place, decide(place, VARIANTS, BOOK), "big@q4", "small@bf16"))[
        "cost per million queries"
    ]
    assert (row.first_text, row.second_text, row.difference_text) == ("$0.080", "$0.050", "+$0.030")
