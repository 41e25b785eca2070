"""Quotes on spot, reserved and serverless terms, in a region, with a discount: by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pricing import bill
from pricing.catalogue import load_price_book
from pricing.quote import cheapest_rental, quote_rental
from pricing.quotes import Quote
from pricing.workload import Workload

AS_OF = date(2026, 11, 21)
TERMS = (
    ("on-demand", 2.0, 0, "eu-1"),
    ("spot", 1.0, 0, "eu-1"),
    ("serverless", 3.0, 0, ""),
    ("reserved", 1.5, 12, "eu-1"),
    ("reserved", 1.2, 36, "eu-1"),
)
OWN = [
    {"provider": "Acme", "accelerator": "L40S", "usd_per_hour": usd, "date": "2026-11-01", "tier": tier,
     "commitment_months": months, "region": region}
    for tier, usd, months, region in TERMS
]  # fmt: skip
BOOK = load_price_book(OWN, AS_OF)
LOAD = Workload()


def quote(**changed: Any) -> Quote:
    given: dict[str, Any] = {"model": "8B", "quantization": "fp16", "accelerator": "L40S", "workload": LOAD,
                             "provider": "Acme"}  # fmt: skip
    return quote_rental(BOOK, **given | changed)


def test_spot_pays_one_replica_more_and_a_tenth_of_the_hours_on_demand() -> None:
    # one L40S carries the load: 730 × $1; one more for those being replaced: $730; 73 h × ($2 − $1) = $73
    found = quote(tier="spot")
    assert found.parts["accelerators"] == 730.0
    assert found.parts["interruptions"] == pytest.approx(803.0)
    assert any(fact.name == "Interruptions" and "from Acme" in fact.value for fact in found.facts)


def test_the_commitment_one_accepts_decides_the_reserved_price() -> None:
    assert quote(tier="reserved").parts["accelerators"] == pytest.approx(1.2 * 730)
    year = quote(tier="reserved", max_commitment_months=12)
    assert year.parts["accelerators"] == pytest.approx(1.5 * 730)
    assert year.offer.endswith("reserved 12 months")
    none = quote(tier="reserved", max_commitment_months=6)
    assert none.usd_per_month is None and none.reason.startswith("unpriced: no reserved offer")


def test_a_discount_and_further_terms_are_the_users() -> None:
    found = quote(preset=bill.preset("pilot", discount_fraction=0.3, people_hours_per_month=5))
    assert (found.parts["accelerators"], found.parts["people"]) == (pytest.approx(0.7 * 1460), 500.0)
    assert any("30% discount of yours" in fact.value for fact in found.facts)


def test_regulated_counts_the_replicas_of_both_regions() -> None:
    found = quote(preset="regulated")  # (1 + 1) × 2
    assert found.replicas == 4
    assert found.parts["accelerators"] + found.parts["spare_replicas"] == 2920.0 == found.parts["further_regions"]


def test_serverless_is_cheap_when_quiet_and_dear_when_busy() -> None:
    quiet, busy = (
        {tier: quote(tier=tier, workload=Workload(requests_per_month=n)) for tier in ("on-demand", "serverless")}
        for n in (1000, 1_000_000)
    )
    assert all(found.usd_per_month for prices in (quiet, busy) for found in prices.values())
    assert quiet["serverless"].usd_per_month.value < quiet["on-demand"].usd_per_month.value  # type: ignore[union-attr]
    assert busy["serverless"].usd_per_month.value > busy["on-demand"].usd_per_month.value  # type: ignore[union-attr]


def test_a_cold_start_shows_in_the_95th_percentile_when_most_requests_meet_one() -> None:
    load = Workload(requests_per_month=1000)  # one in 44 minutes against a window of one
    cold, warm = quote(tier="serverless", workload=load, e2e_p95_s=60), quote(workload=load)
    assert cold.ttft_p95_s is not None and warm.ttft_p95_s is not None
    assert cold.ttft_p95_s.value == pytest.approx(warm.ttft_p95_s.value + 118)
    assert "wait 118 s for a cold container, above 60 s" in cold.reason
    kept = quote(tier="serverless", workload=load, preset="production")  # a spare is kept warm
    assert kept.ttft_p95_s is not None and kept.ttft_p95_s.value == pytest.approx(warm.ttft_p95_s.value)


@pytest.mark.parametrize("tier", ["spot", "serverless"])
@pytest.mark.parametrize("requests", [1000, 1_000_000])
def test_the_cheapest_is_the_cheapest_bill_not_the_cheapest_hour(tier: str, requests: float) -> None:
    load = Workload(requests_per_month=requests)
    found = cheapest_rental(BOOK, model="8B", quantization="fp16", workload=load, tier=tier)
    places = {(one.provider, one.accelerator, one.count) for one in BOOK.scaled(tier=tier) if one.count <= 8}
    quotes = [
        quote(workload=load, tier=tier, provider=provider, accelerator=accelerator, count=count)
        for provider, accelerator, count in places
    ]
    bills = [one.usd_per_month.value for one in quotes if one.usd_per_month and one.fits and not one.reason]
    assert found.usd_per_month is not None
    assert found.usd_per_month.value == pytest.approx(min(bills))


def test_the_cheapest_spot_is_not_that_of_the_cheapest_hour() -> None:
    # One L40S carries the load, one more is for those being replaced, a tenth of the hours are paid on demand:
    # Hourly 2 × $0.10 + 0.1 × ($5 − $0.10) = $0.69 an hour, Steady 2 × $0.12 + 0.1 × ($0.50 − $0.12) = $0.278.
    own = [
        {"provider": provider, "accelerator": "L40S", "usd_per_hour": usd, "date": "2026-11-01", "tier": tier}
        for provider, spot, fixed in (("Hourly", 0.10, 5.0), ("Steady", 0.12, 0.50))
        for tier, usd in (("spot", spot), ("on-demand", fixed))
    ]
    found = cheapest_rental(
        load_price_book(own, AS_OF), model="8B", quantization="fp16", workload=LOAD, accelerators=["L40S"], tier="spot"
    )
    assert found.provider == "Steady"
    assert found.parts["accelerators"] + found.parts["interruptions"] == pytest.approx(730 * 0.278)


def test_a_region_is_one_that_an_offer_names() -> None:
    assert quote(region="europe").provider == "Acme"
    nowhere = quote(region="asia")
    assert nowhere.usd_per_month is None and "unpriced" in nowhere.reason
    with pytest.raises(ValueError, match="unknown region 'eurpoe'; nearest: europe"):
        quote(region="eurpoe")


def test_money_a_query_and_a_million_tokens_carry_the_band() -> None:
    found = quote()
    assert found.usd_per_month and found.usd_per_query and found.usd_per_mtok
    for share, band in ((1e6, found.usd_per_query), (1500.0, found.usd_per_mtok)):
        assert (band.low, band.value, band.high) == pytest.approx(
            (found.usd_per_month.low / share, found.usd_per_month.value / share, found.usd_per_month.high / share)
        )
