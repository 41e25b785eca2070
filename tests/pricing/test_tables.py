"""The shipped tables keep their own rules."""

from __future__ import annotations

import datetime

import pytest

from pricing import accelerators, offers, tables

TABLES = ("models", "accelerators", "offers", "price_bands", "formats", "engines", "speed")
FAMILIES_OF_MANY_CARDS = {"H100", "A100", "A100-80GB", "V100"}

@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_source_and_a_date(table: str) -> None:
    rows = tables.rows(table)
    assert rows
    for row in rows:
        assert row["source"], row
        assert datetime.date.fromisoformat(row["date"]) <= datetime.date(2026, 11, 21), row


def test_offers_name_accelerators_exactly() -> None:
    assert {offer.accelerator for offer in offers.load()} <= set(accelerators.load())


def test_every_offer_names_one_card_not_a_family() -> None:
    assert not {offer.accelerator for offer in offers.load()} & FAMILIES_OF_MANY_CARDS


def test_many_providers_and_every_tier() -> None:
    assert len({offer.provider for offer in offers.load()}) >= 25
    assert {offer.tier for offer in offers.load()} == set(offers.TIERS)
    assert {offer.provider_class for offer in offers.load()} == set(offers.PROVIDER_CLASSES)


def test_every_accelerator_offered_has_a_sanity_band() -> None:
    assert {offer.accelerator for offer in offers.load()} <= set(offers.bands())
    assert set(offers.bands()) <= set(accelerators.load())
    assert all(0 < low < high for low, high in offers.bands().values())


@pytest.mark.parametrize("offer", offers.load(), ids=lambda offer: f"{offer.label} {offer.terms} {offer.region}")
def test_prices_are_sane(offer: offers.Offer) -> None:
    low, high = offers.bands()[offer.accelerator]
    each = offer.usd_per_hour / offer.count
    assert each <= high, offer
    # spot is seen down to a tenth of the on-demand price, a commitment to a third of it
    assert each >= low / {"spot": 5, "reserved": 2}.get(offer.tier, 1), offer


def on_demand() -> dict[tuple[str, str, int, str], float]:
    """Cheapest on-demand price of each provider, accelerator, count and region."""
    found: dict[tuple[str, str, int, str], float] = {}
    for offer in offers.load():
        if offer.tier == "on-demand":
            key = (offer.provider, offer.accelerator, offer.count, offer.region)
            found[key] = min(offer.usd_per_hour, found.get(key, offer.usd_per_hour))
    return found


@pytest.mark.parametrize(("tier", "at_least"), [("spot", 90), ("reserved", 20)])
def test_spot_and_commitments_are_at_most_on_demand(tier: str, at_least: int) -> None:
    pairs, listed = 0, on_demand()
    for offer in offers.load():
        price = listed.get((offer.provider, offer.accelerator, offer.count, offer.region))
        if offer.tier == tier and price is not None:
            pairs += 1
            assert offer.usd_per_hour <= price, offer
    assert pairs >= at_least


def test_three_years_cost_less_an_hour_than_one() -> None:
    by_machine: dict[tuple[str, str, str], dict[int, float]] = {}
    for offer in offers.load():
        if offer.tier == "reserved":
            by_machine.setdefault((offer.provider, offer.instance, offer.region), {})[offer.commitment_months] = (
                offer.usd_per_hour
            )
    both = [prices for prices in by_machine.values() if set(prices) == {12, 36}]
    assert len(both) >= 10 and all(prices[36] < prices[12] for prices in both)


def test_offers_come_from_sources_whose_terms_are_named() -> None:
    assert {offer.licence for offer in offers.load()} == {"MIT", "Apache-2.0", "figure only"}
    assert all(offer.url.startswith("https://") for offer in offers.load())


def test_memory_is_what_is_usable_not_what_the_box_says() -> None:
    cards = accelerators.load()
    for offer in offers.load():
        assert cards[offer.accelerator].memory_gib <= (offer.gpu_memory_gb or 0) + 0.01, offer


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a100", "A100-80GB-SXM"), ("RTX 4090", "RTX4090"), ("h100 pcie", "H100-PCIe"), ("rtx_a6000", "A6000")],
)
def test_accelerators_are_found_as_people_write_them(written: str, meant: str) -> None:
    assert accelerators.find(written).name == meant
