"""A cascade from hand-made answers: what it passes on, costs, waits, and when it is not worth it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from decisions.fields import BadInput
from decisions.patterns.cascade import cascade, opening_pair
from decisions.patterns.results import ItemResults
from decisions.patterns.sentences import auroc_sentence, cascade_detail, cascade_sentence
from decisions.patterns.stages import Share, joined
from decisions.patterns.traffic import shares_of
from decisions.scenarios import Scenario
from decisions.sla import Sla
from tests.decisions.patterns.conftest import option, two_tasks

Prices = Callable[[float, float], None]
SMALL, BIG = option("small", 0.73, 100.0), option("big", 0.92, 600.0)


def test_the_unsure_quarter_is_passed_on_and_the_bill_is_both_fleets(
    asked: Scenario, results: ItemResults, prices: Prices
) -> None:
    prices(1e-4, 6e-4)
    found = cascade(asked, SMALL, BIG, results, None, best_single=BIG)  # type: ignore[arg-type]
    assert found.verdict == "meets"
    assert 0.1 < found.passed.value < 0.25  # the line is 80 %, so some of the wrong ones may stay
    # every request at small, the share at big, and a dollar a fleet
    assert found.quote.usd_per_month is not None
    assert found.quote.usd_per_month.value == pytest.approx(1 + 100 + 1 + 600 * found.passed.value)
    assert found.quote.usd_per_month.high == pytest.approx(102 + 600 * found.passed.high)
    assert found.quote.e2e_p95_s is not None and found.quote.e2e_p95_s.value == pytest.approx(1.2)  # both waits
    assert sum(found.quote.parts.values()) == pytest.approx(found.quote.usd_per_month.value)
    assert [check.status for check in found.checks] == ["meets"] * 3
    assert "meets your lines for about $" in cascade_sentence(found)
    assert "less than the best single option, Big" in cascade_sentence(found)
    assert "both waits counted" in cascade_detail(found)
    assert "tells right answers from wrong" in auroc_sentence(found)


def test_the_reported_score_is_not_that_of_the_items_the_threshold_was_chosen_on(
    asked: Scenario, results: ItemResults, prices: Prices
) -> None:
    prices(1e-4, 6e-4)
    found = cascade(asked, SMALL, BIG, results, None, method="cross-fit")  # type: ignore[arg-type]
    [one] = found.plans
    assert one.threshold is not None
    below = one.pair.signal < one.threshold
    in_sample = (one.pair.strong[below].sum() + one.pair.weak[~below].sum()) / len(one.pair)
    assert in_sample >= 0.8 and found.score != pytest.approx(float(in_sample), abs=1e-6)
    assert found.checks[0].status == "unproven"  # the best guess sits on the line, nothing promises that it stays there


def test_a_cascade_dearer_than_its_second_stage_says_so(asked: Scenario, results: ItemResults, prices: Prices) -> None:
    prices(6e-4, 6e-4)
    found = cascade(asked, SMALL, BIG, results, None, best_single=BIG)  # type: ignore[arg-type]
    assert any("costs more than Big alone" in problem for problem in found.problems)
    assert any("Small is no cheaper than Big" in problem for problem in found.problems)
    assert "more than Big alone" in cascade_sentence(found)


def test_an_sla_nothing_meets_is_told_apart_from_an_unproven_one(
    asked: Scenario, results: ItemResults, prices: Prices
) -> None:
    prices(1e-4, 6e-4)
    line = asked.sla.quality["quiz"]
    for minimum, verdict in ((0.99, "misses"), (0.915, "unproven")):
        harder = replace(asked, sla=Sla(quality={"quiz": replace(line, minimum=minimum)}))
        found = cascade(harder, SMALL, BIG, results, None)  # type: ignore[arg-type]
        assert found.verdict == verdict
        assert found.plans[0].threshold is None and found.passed.value == 1.0
        assert "not even passing everything on" in found.checks[0].reason
    assert "not proven to meet" in cascade_sentence(found)


def test_a_first_stage_that_needs_nobody_says_so(asked: Scenario, results: ItemResults, prices: Prices) -> None:
    prices(1e-4, 6e-4)
    easy = replace(asked, sla=Sla(quality={"quiz": replace(asked.sla.quality["quiz"], minimum=0.6)}))
    found = cascade(easy, SMALL, BIG, results, None, best_single=SMALL)  # type: ignore[arg-type]
    assert not found.is_needed and found.passed == Share(value=0.0, low=0.0, high=0.0)
    assert found.quote.usd_per_month is not None and found.quote.usd_per_month.value == pytest.approx(101)
    assert cascade_sentence(found).startswith("Small keeps every line by itself")


def test_a_router_pays_and_waits_once(asked: Scenario, results: ItemResults, prices: Prices) -> None:
    prices(1e-4, 6e-4)
    found = cascade(asked, SMALL, BIG, results, None, router=True)  # type: ignore[arg-type]
    share = found.passed.value
    assert found.quote.usd_per_month is not None and found.quote.e2e_p95_s is not None
    assert found.quote.usd_per_month.value == pytest.approx(2 + 100 * (1 - share) + 600 * share)
    assert found.quote.e2e_p95_s.value == pytest.approx(1.0)
    assert found.plans[0].signal == "prompt_length"


def test_the_curve_runs_between_the_stages_under_hindsight(
    asked: Scenario, results: ItemResults, prices: Prices
) -> None:
    prices(1e-4, 6e-4)
    points = cascade(asked, SMALL, BIG, results, None).curve  # type: ignore[arg-type]
    first, last = points[0], points[-1]
    assert (first.passed_fraction, last.passed_fraction) == (0.0, 1.0)
    assert first.score == first.oracle == pytest.approx(first.random_mix)
    assert last.score == pytest.approx(0.92) and last.random_mix == pytest.approx(0.92)
    assert all(point.score <= point.oracle + 1e-9 for point in points)
    assert [p.usd_per_query for p in points] == sorted(p.usd_per_query or 0 for p in points)


def test_two_stages_must_differ_and_items_must_exist(asked: Scenario, results: ItemResults, prices: Prices) -> None:
    prices(1e-4, 6e-4)
    with pytest.raises(BadInput, match="both stages are Small"):
        cascade(asked, SMALL, SMALL, results, None)  # type: ignore[arg-type]
    empty = replace(results, scores=lambda *_: {})
    with pytest.raises(BadInput, match="no item-by-item results on quiz"):
        cascade(asked, SMALL, BIG, empty, None)  # type: ignore[arg-type]


def test_an_unpriced_or_overloaded_stage_leaves_the_sum_unpriced_or_missed(
    asked: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = Share(value=0.3, low=0.2, high=0.4)
    from decisions.patterns import stages
    from pricing.quotes import Quote

    unpriced = Quote(kind="api", label="API", fits=True, reason="unpriced: not listed")
    monkeypatch.setattr(stages, "stage_quote", lambda *_, **__: unpriced)
    assert joined(asked, SMALL, BIG, share, None).usd_per_month is None  # type: ignore[arg-type]
    small_card = Quote(kind="rental", label="card", fits=False, reason="needs 40 GiB")
    monkeypatch.setattr(stages, "stage_quote", lambda *_, **__: small_card)
    whole = joined(asked, SMALL, BIG, share, None)  # type: ignore[arg-type]
    assert not whole.fits and whole.reason == "needs 40 GiB"


def test_the_opening_pair_asks_the_cheaper_one_first() -> None:
    assert opening_pair([SMALL, BIG], BIG) == ("small", "big")
    assert opening_pair([SMALL, BIG], SMALL) == ("small", "big")
    with pytest.raises(BadInput, match="needs two options"):
        opening_pair([SMALL], None)


def test_shares_must_add_to_one(asked: Scenario) -> None:
    both = two_tasks(asked)
    assert shares_of(both) == {"quiz": 0.5, "exam": 0.5}
    assert shares_of(both, {"quiz": 0.75, "exam": 0.25}) == {"quiz": 0.75, "exam": 0.25}
    with pytest.raises(BadInput, match=r"add to 90.0 %, not 100 % .*raise them by 10.0 points"):
        shares_of(both, {"quiz": 0.6, "exam": 0.3})
    with pytest.raises(BadInput, match="no such task here; did you mean quiz"):
        shares_of(both, {"quizz": 1.0})
    assert shares_of(replace(both, traffic={"exam": 1.0})) == {"quiz": 0.0, "exam": 1.0}
