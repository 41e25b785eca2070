"""The shipped tables keep their own rules."""

from __future__ import annotations

import datetime

import pytest

from pricing import accelerators, offers, tables

TABLES = ("models", "accelerators", "offers", "formats", "engines", "speed")
# Dollars a card-hour, on demand: outside these a row is a slip of the decimal point or of the card's name.
SANE_USD_PER_CARD_HOUR = {
    "T4": (0.2, 5), "L4": (0.1, 4), "A10": (0.1, 5), "A10G": (0.5, 5), "L40S": (0.3, 8), "A6000": (0.2, 2),
    "RTX6000Ada": (0.4, 3), "RTX3090": (0.1, 1), "RTX4090": (0.15, 1.5), "RTX5090": (0.3, 2), "RTXPRO6000": (0.5, 6),
    "A100-40GB": (0.5, 5), "A100-80GB-PCIe": (0.5, 6), "A100-80GB-SXM": (0.5, 7), "H100-PCIe": (1, 8),
    "H100-SXM": (1, 14), "H100-NVL": (1, 12), "H200": (2, 14), "B200": (3, 20), "MI300X": (1.5, 8),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_source_and_a_date(table: str) -> None:
    rows = tables.rows(table)
    assert rows
    for row in rows:
        assert row["source"], row
        assert datetime.date.fromisoformat(row["date"]) <= datetime.date(2026, 11, 21), row


def test_offers_name_accelerators_exactly() -> None:
    assert {offer.accelerator for offer in offers.load()} <= set(accelerators.load())


def test_every_accelerator_offered_has_a_sanity_band() -> None:
    assert {offer.accelerator for offer in offers.load()} == set(SANE_USD_PER_CARD_HOUR)


@pytest.mark.parametrize("card", SANE_USD_PER_CARD_HOUR)
def test_on_demand_prices_are_sane(card: str) -> None:
    low, high = SANE_USD_PER_CARD_HOUR[card]
    mine = [offer for offer in offers.load() if offer.accelerator == card and offer.tier == "on-demand"]
    assert mine
    for offer in mine:
        assert low <= offer.usd_per_hour / offer.count <= high, offer


def test_spot_is_at_most_on_demand() -> None:
    on_demand = {
        (offer.provider, offer.accelerator, offer.count, offer.region): offer.usd_per_hour
        for offer in sorted(offers.load(), key=lambda offer: offer.usd_per_hour)
        if offer.tier == "on-demand"
    }
    pairs = 0
    for offer in offers.load():
        price = on_demand.get((offer.provider, offer.accelerator, offer.count, offer.region))
        if offer.tier == "spot" and price is not None:
            pairs += 1
            assert offer.usd_per_hour <= price, offer
    assert pairs > 20


def test_offers_may_be_redistributed() -> None:
    assert {offer.licence for offer in offers.load()} == {"MIT", "Apache-2.0"}


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
