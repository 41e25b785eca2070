"""A cascade by self-consistency: what its further answers cost and how long the slowest of them takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from decisions.fields import BadInput
from decisions.options import Decision
from decisions.patterns import stages
from decisions.patterns.asking import signals_of
from decisions.patterns.cascade import cascade
from decisions.patterns.items import SIGNALS, usual_signal
from decisions.patterns.latency import Tail, mixture_p95_s, slowest_of
from decisions.patterns.results import ItemResults
from decisions.patterns.sentences import cascade_detail
from decisions.patterns.stages import Calls, Share, joined, stage_quote
from decisions.patterns.summary import as_plain
from decisions.scenarios import ApiCandidate, Scenario
from decisions.sla import Sla
from pricing.catalogue import load_price_book
from pricing.quotes import Band, Quote
from pricing.workload import Workload
from tests.decisions.patterns.conftest import N, option, two_tasks

Prices = Callable[[float, float], None]
SMALL, BIG = option("small", 0.73, 100.0), option("big", 0.92, 600.0)


@pytest.fixture
def drawn(results: ItemResults) -> ItemResults:
    """Five answers in all to each item: the first 300 agree with 3 or 4 of 4, the others with 0 or 1."""
    agree = {str(place): {"agreement": ((3 if place < 300 else 0) + place % 2) / 4} for place in range(N)}
    return replace(results, confidences=lambda *_: agree, calls=lambda *_: 5)


def test_it_is_the_last_signal_and_never_the_usual_one() -> None:
    assert list(SIGNALS)[-1] == "agreement"
    assert usual_signal({"1": {"agreement": 0.5}}) == "mean_token_logprob"
    assert usual_signal({"1": {"agreement": 0.5, "min_token_logprob": -1.0}}) == "min_token_logprob"


def test_four_draws_make_five_times_the_bill_of_an_api(asked: Scenario) -> None:
    # 1e6 × (1,200 × $2.50 + 300 × $10) / 1e6 = $6,000 for one call each, $30,000 for five.
    one = ApiCandidate(id="hosted", label="Hosted", provider="openai", model="gpt-4o", evidence="hosted")
    hosted = replace(option("hosted", 0.8, 1.0), kind="api")
    scenario = replace(asked, api=(one,), workload=Workload())
    book = load_price_book((), asked.as_of)
    bills = [stage_quote(scenario, hosted, 1.0, book, calls=calls).usd_per_month for calls in (1.0, 5.0)]
    assert [bill.value for bill in bills if bill] == [pytest.approx(6000.0), pytest.approx(30_000.0)]


def test_the_first_stage_carries_five_calls_an_answer_and_the_second_and_the_references_one(
    asked: Scenario, drawn: ItemResults, prices: Prices
) -> None:
    prices(1e-5, 6e-4)  # $10 a month for a call each, $600 for the second stage
    found = cascade(asked, SMALL, BIG, drawn, None, signal="agreement")  # type: ignore[arg-type]
    assert found.calls == Calls(mean=5.0, most=5) and 0.1 < found.passed.value <= 0.25
    assert found.quote.usd_per_month is not None
    assert found.quote.usd_per_month.value == pytest.approx(1 + 5 * 10 + 1 + 600 * found.passed.value)
    assert [quote.usd_per_month.value for quote in found.alone if quote.usd_per_month] == [
        pytest.approx(11.0),
        pytest.approx(601.0),
    ]
    assert found.curve[-1].usd_per_query == pytest.approx((1 + 50 + 601) / 1e6)
    assert "asks Small 5 times for an answer" in cascade_detail(found)
    assert as_plain(found, asked)["calls"] == {"mean": 5.0, "most": 5}


def test_where_nothing_is_passed_on_nothing_is_drawn(asked: Scenario, drawn: ItemResults, prices: Prices) -> None:
    prices(1e-5, 6e-4)
    easy = replace(asked, sla=Sla(quality={"quiz": replace(asked.sla.quality["quiz"], minimum=0.5)}))
    found = cascade(easy, SMALL, BIG, drawn, None, signal="agreement")  # type: ignore[arg-type]
    assert found.plans[0].never_passes and found.calls == Calls()


def test_the_load_is_the_mean_over_the_traffic(asked: Scenario, drawn: ItemResults, prices: Prices) -> None:
    prices(1e-5, 6e-4)
    both = two_tasks(asked)
    both = replace(both, sla=replace(both.sla, quality=dict.fromkeys(both.tasks, both.sla.quality["quiz"])))
    several = replace(drawn, calls=lambda model, quantization, task: {"quiz": 5, "exam": 3}[task])
    first, second = (
        replace(one, measurements=one.measurements | {"exam": replace(one.measurements["quiz"], task="exam")})
        for one in (SMALL, BIG)
    )
    found = cascade(
        both, first, second, several, None, signal="agreement", shares={"quiz": 0.25, "exam": 0.75}, drawn=False  # type: ignore[arg-type]
    )  # fmt: skip
    assert found.calls == Calls(mean=0.25 * 5 + 0.75 * 3, most=5)


def test_the_latency_is_that_of_the_slowest_of_calls_sent_at_once() -> None:
    # A lognormal with median 1 s and sigma 0.5: the 95th percentile of the last of 5 is the 0.95^(1/5) = 0.98979
    # quantile of one, e^(0.5 × 2.3187) = 3.188 s, not five times 2.276 s.
    sigma = 0.5
    one = Tail(p50_s=1.0, p95_s=float(np.exp(sigma * NormalDist().inv_cdf(0.95))))
    last = one.slowest_of(5)
    assert last.p95_s == pytest.approx(3.188, abs=0.001)
    drawn = np.exp(sigma * np.random.default_rng(1).standard_normal((200_000, 5))).max(1)
    assert last.p95_s == pytest.approx(np.quantile(drawn, 0.95), rel=0.01)
    assert last.p50_s == pytest.approx(np.median(drawn), rel=0.01)
    assert mixture_p95_s(last, Tail(p50_s=1.0, p95_s=1.0), 0.0) == pytest.approx(last.p95_s, rel=0.01)
    assert one.slowest_of(1) is one and Tail(p50_s=2.0, p95_s=2.0).slowest_of(5).p95_s == 2.0


def test_both_stages_wait_for_the_slowest_and_an_unknown_latency_stays_unknown(
    asked: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    p95_s = float(np.exp(0.5 * NormalDist().inv_cdf(0.95)))
    band = Band(value=p95_s, low=p95_s / 2, high=2 * p95_s)
    seen = Quote(kind="rental", label="", fits=True, e2e_p50_s=1.0, e2e_p95_s=band)
    slow = slowest_of(seen, 5)
    assert slow.e2e_p95_s is not None
    assert (slow.e2e_p95_s.low, slow.e2e_p95_s.high) == (
        pytest.approx(slow.e2e_p95_s.value / 2),
        pytest.approx(2 * slow.e2e_p95_s.value),
    )
    assert slowest_of(replace(seen, e2e_p95_s=None), 5).e2e_p95_s is None
    monkeypatch.setattr(stages, "stage_quote", lambda *_, **__: seen)
    none = Share(value=0.0, low=0.0, high=0.0)
    found = joined(asked, SMALL, BIG, none, None, calls=Calls(mean=5.0, most=5))  # type: ignore[arg-type]
    assert found.e2e_p95_s is not None and found.e2e_p95_s.value == pytest.approx(3.188, abs=0.001)


def test_it_is_offered_only_where_it_is_stored_and_refused_by_name_elsewhere(
    asked: Scenario, results: ItemResults, drawn: ItemResults, prices: Prices
) -> None:
    prices(1e-5, 6e-4)
    decision = Decision(
        status="meets", sentence="", detail="", choice=SMALL, nearest=None, status_quo=None, options=(SMALL, BIG),
        task="quiz",
    )  # fmt: skip
    assert "agreement" in signals_of(decision, "small", drawn)
    assert "agreement" not in signals_of(decision, "small", results)
    assert "agreement" not in signals_of(decision, "small", None)
    with pytest.raises(BadInput, match="Small has no further answers on quiz to agree with"):
        cascade(asked, SMALL, BIG, results, None, signal="agreement")  # type: ignore[arg-type]
