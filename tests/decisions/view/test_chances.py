"""Right-choice probabilities against arithmetic, their speed, and their seed."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import NormalDist

import pytest

from decisions.options import Option
from decisions.verdicts import Check, judge, overall
from decisions.view.chances import chances
from decisions.wording import chance
from pricing.quotes import Band, Quote
from tests.decisions.conftest import measured

Z = 1.959964


def accuracy(seen: float, half: float, target: float = 0.8) -> Check:
    return Check(
        name="Quiz",
        task="quiz",
        unit="fraction",
        direction="at least",
        target=target,
        seen=seen,
        low=seen - half,
        high=seen + half,
        status=judge("at least", target, seen - half, seen + half),
    )


def money(band: Band, target: float) -> Check:
    return Check(
        name="monthly cost",
        unit="usd",
        direction="at most",
        target=target,
        seen=band.value,
        low=band.low,
        high=band.high,
        status=judge("at most", target, band.low, band.high),
    )


def option(name: str, band: Band, *checks: Check, place: str = "") -> Option:
    quote = Quote(kind="rental", label=place or name, fits=True, usd_per_month=band)
    return Option(
        id=name, label=name, kind="deployment", model=name, quantization="", method="", quote=quote, checks=checks,
        verdict=overall(checks),
    )  # fmt: skip


def fixed(usd: float) -> Band:
    return Band(value=usd, low=usd, high=usd)


def test_the_cheap_one_is_right_as_often_as_its_accuracy_clears_the_line() -> None:
    # 81 % ± 2 at the 95 % level against 80 %: Φ(1 / (2 / 1.96)) = Φ(0.98) = 0.836; otherwise the dear one is
    options = [option("cheap", fixed(100), accuracy(0.81, 0.02)), option("dear", fixed(200), accuracy(0.95, 0.02))]
    found = chances(options, "dear", draws=100_000)
    share = NormalDist().cdf(0.01 / (0.02 / Z))
    by_name = {one.option: one for one in found.options}
    assert by_name["cheap"].probability == pytest.approx(share, abs=0.006)
    assert by_name["dear"].probability == pytest.approx(1 - share, abs=0.006)
    assert by_name["dear"].meets == 1.0
    assert found.none == 0.0
    # only the dear one is proven: among the proven it has no rival and costs nothing more
    assert by_name["dear"].probability_among_proven == 1.0 and by_name["cheap"].probability_among_proven is None
    assert found.extra_usd_per_month == 0.0


def test_what_is_proven_and_what_is_cheaper_are_said_apart() -> None:
    unknown = replace(accuracy(0.9, 0.01), name="p95 latency", task="", seen=None, low=None, high=None,
                      status="unproven")  # fmt: skip
    open_one = replace(accuracy(0.81, 0.02), items_to_settle=1200)
    options = [
        option("api", fixed(50), accuracy(0.9, 0.01), unknown),
        option("cheap", fixed(100), open_one),
        option("dear", fixed(200), accuracy(0.95, 0.02)),
    ]
    found = chances(options, "dear")
    assert found.sentence == (
        "dear is proven, and truly meets in 100 % of 10,000 draws. Nothing else here is proven to meet."
    )
    # Φ(0.98) = 0.836 of the draws, $200 − $100 and $200 − $50
    assert found.unproven_sentence == (
        "Cheaper, but not proven: cheap would save about $100 a month, and truly meets in 84 % of the draws: "
        "about 1,200 more items would settle it; api would save about $150 a month, if it kept the line on "
        "p95 latency, of which nothing is known."
    )
    assert chances(options[:2], None).unproven_sentence == ""


def test_cards_are_rented_whole() -> None:
    # three replicas at $100 each; at the fast end two, at the slow end four
    band = Band(value=300, low=200, high=400)
    replicas = {"replicas": 3, "parts": {"accelerators": 300.0}}
    one = option("one", band, accuracy(0.9, 0.01), money(band, 350.0))
    one = replace(one, quote=replace(one.quote, **replicas))
    # over $350 only from the fourth replica on, which is rented where the drawn bill is past 350:
    # 1.645 × ln(350/300) / ln(400/300) = 0.881 standard deviations, Φ = 0.811
    assert chances([one], "one", draws=100_000).answer == pytest.approx(0.811, abs=0.005)
    slower = replace(one.quote, usd_per_month=Band(value=300, low=300, high=400))
    same = replace(one, id="two", label="two", quote=slower)
    # a little faster than expected both still need three: they tie until the first needs two only, at 250:
    # Φ(−1.645 × ln(300/250) / ln(300/200)) = Φ(−0.740) = 0.230
    by_name = {c.option: c.probability for c in chances([one, same], "one", draws=100_000).options}
    assert by_name["one"] == pytest.approx(0.811, abs=0.005) and by_name.get("two", 0.0) == 0.0
    better = replace(same, measurements={"quiz": measured("big", "q4", 0.95)})
    by_name = {c.option: c.probability for c in chances([one, better], "one", draws=100_000).options}
    assert by_name["one"] == pytest.approx(0.230, abs=0.005)
    assert by_name["two"] == pytest.approx(0.811 - 0.230, abs=0.007)


def test_no_certainty_by_rounding() -> None:
    assert [chance(share) for share in (1.0, 0.9999, 0.484, 0.001, 0.0)] == [
        "100 %", "over 99 %", "48 %", "under 1 %", "0 %",
    ]  # fmt: skip


def test_none_gets_its_share_and_all_shares_sum_to_one() -> None:
    options = [option("only", fixed(100), accuracy(0.80, 0.02))]
    found = chances(options, None, draws=50_000)
    assert found.none == pytest.approx(0.5, abs=0.01)
    assert sum(one.probability for one in found.options) + found.none == pytest.approx(1.0)


def test_a_budget_is_kept_as_often_as_the_bill_stays_under_it() -> None:
    # lognormal, 90 % band from 50 to 200 around 100: over 200 in 5 % of the draws
    band = Band(value=100, low=50, high=200)
    found = chances([option("one", band, money(band, 200.0))], "one", draws=100_000)
    assert found.answer == pytest.approx(0.95, abs=0.004)


def test_options_on_one_place_share_its_speed_error() -> None:
    # the same cards: a slow draw raises both bills, so the cheaper one stays the cheaper one in every draw
    narrow, wide = Band(value=100, low=80, high=130), Band(value=101, low=81, high=131)
    options = [option("a", narrow, accuracy(0.9, 0.01), place="x"), option("b", wide, accuracy(0.9, 0.01), place="x")]
    assert {one.option: one.probability for one in chances(options, "a").options} == {"a": 1.0, "b": 0.0}
    apart = [option("a", narrow, accuracy(0.9, 0.01)), option("b", wide, accuracy(0.9, 0.01))]
    assert 0.4 < chances(apart, "a").options[0].probability < 0.6


def test_equal_bills_to_three_figures_go_to_the_first_in_rank() -> None:
    options = [option("a", fixed(100.01), accuracy(0.9, 0.01)), option("b", fixed(100.02), accuracy(0.9, 0.01))]
    assert chances(options, "a").answer == 1.0


def test_an_open_line_is_not_met_and_said_apart() -> None:
    unknown = replace(accuracy(0.9, 0.01), name="p95 latency", task="", seen=None, low=None, high=None,
                      status="unproven")  # fmt: skip
    options = [option("api", fixed(50), accuracy(0.9, 0.01), unknown), option("card", fixed(90), accuracy(0.9, 0.01))]
    found = {one.option: one for one in chances(options, "card").options}
    assert found["api"].probability == 0.0
    assert found["api"].probability_if_open_lines_meet == 1.0
    assert found["api"].open_lines == ("p95 latency",)
    assert found["card"].probability == 1.0


def test_what_does_not_fit_is_never_right() -> None:
    no_room = Check(name="fits", unit="gib", direction="at most", target=24, seen=35, low=None, high=None,
                    status="misses")  # fmt: skip
    assert chances([option("one", fixed(10), no_room)], None).none == 1.0


def test_the_seed_decides_the_draws() -> None:
    options = [option("cheap", fixed(100), accuracy(0.805, 0.02)), option("dear", fixed(200), accuracy(0.95, 0.02))]
    assert chances(options, "dear", seed=3) == chances(options, "dear", seed=3)
    assert chances(options, "dear", seed=3).answer != chances(options, "dear", seed=4).answer
    with pytest.raises(ValueError, match="draws is 0"):
        chances(options, "dear", draws=0)


def test_no_options_is_an_answer_too() -> None:
    assert chances([], None).none == 1.0
    assert chances([], None).sentence


def test_ten_thousand_draws_of_two_hundred_options_stay_within_their_time() -> None:
    bands = [Band(value=100 + i, low=80 + i, high=150 + i) for i in range(200)]
    options = [
        option(f"o{i}", band, accuracy(0.80 + i / 4000, 0.03), money(band, 300.0), place=f"p{i % 40}")
        for i, band in enumerate(bands)
    ]
    best = 9.0
    for _ in range(3):
        started = time.process_time()
        chances(options, "o0", draws=10_000)
        best = min(best, time.process_time() - started)
    assert best <= 0.3
