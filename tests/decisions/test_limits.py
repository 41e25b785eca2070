from __future__ import annotations

from decisions.limits import limit_checks
from decisions.sla import Sla
from tests.decisions.conftest import quote


def test_the_whole_band_must_keep_the_line() -> None:
    # bands are ± 10 %: $900–1,100 and 0.9–1.1 s
    statuses = {
        budget: limit_checks(Sla(usd_per_month=budget), quote(1000.0))[0].status for budget in (1100.0, 1000.0, 899.0)
    }
    assert statuses == {1100.0: "meets", 1000.0: "unproven", 899.0: "misses"}


def test_unknown_price_and_latency_are_unproven_with_a_reason() -> None:
    (money,) = limit_checks(Sla(usd_per_month=10.0), quote(None, reason="unpriced: no offer"))
    assert (money.status, money.seen, money.reason) == ("unproven", None, "unpriced: no offer")
    (latency,) = limit_checks(Sla(e2e_p95_s=1.0), quote(5.0, None, kind="api"))
    assert latency.status == "unproven" and "API" in latency.reason


def test_what_does_not_fit_misses_with_the_reason() -> None:
    small = quote(
        None, None, fits=False, reason="needs 42 GiB; the card has 24", memory_gib=42.0, memory_available_gib=24.0
    )
    fits, money = limit_checks(Sla(usd_per_month=10.0), small)
    assert (fits.name, fits.status, fits.seen, fits.target) == ("fits", "misses", 42.0, 24.0)
    assert fits.reason == "needs 42 GiB; the card has 24" and money.status == "unproven"


def test_only_what_is_asked_for_is_checked() -> None:
    assert limit_checks(Sla(), quote(1.0)) == []
    names = [c.name for c in limit_checks(Sla(usd_per_query=1, ttft_p95_s=1, tpot_p95_s=1), quote(1.0))]
    assert names == ["p95 time to first token", "p95 time per token", "cost per query"]


def test_what_cannot_carry_the_load_misses_even_where_nothing_is_asked_of_latency() -> None:
    (load,) = limit_checks(Sla(), quote(None, None, reason="the peak load needs 9,000 replicas"))
    assert (load.status, load.reason) == ("misses", "the peak load needs 9,000 replicas")
    assert limit_checks(Sla(), quote(None, None, reason="unpriced: no offer")) == []
