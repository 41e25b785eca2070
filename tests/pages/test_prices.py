"""The user's own prices: saved in one step, put over the shipped ones, marked as theirs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pages.ui import overrides
from pages.ui.price_tables import with_edits
from pages.ui.prices import book
from pricing.catalogue import load_price_book
from pricing.offers import matching

FIELDS = {"$ an hour": "usd_per_hour"}
TODAY = date(2026, 11, 21)


def first_offer() -> dict[str, object]:
    """The cheapest shipped L4, as a table row knows it."""
    offer = matching(load_price_book((), TODAY).offers, accelerator="L4")[0]
    return {
        "kind": "rental", "provider": offer.provider, "accelerator": offer.accelerator, "count": offer.count,
        "tier": offer.tier, "region": offer.region,
    }  # fmt: skip


def test_an_edited_cell_becomes_an_override_that_quotes_use() -> None:
    base = first_offer()
    overrides.write(with_edits([], {0: {"$ an hour": 0.5}}, [base], FIELDS, TODAY))
    own = [offer for offer in book(TODAY).offers if offer.is_override]
    assert [(offer.provider, offer.usd_per_hour, offer.date) for offer in own] == [
        (base["provider"], 0.5, "2026-11-21")
    ]


def test_a_second_edit_replaces_the_first() -> None:
    base = first_offer()
    once = with_edits([], {"0": {"$ an hour": 0.5}}, [base], FIELDS, TODAY)
    twice = with_edits(once, {"0": {"$ an hour": 0.7}}, [base], FIELDS, TODAY)
    assert [row["usd_per_hour"] for row in twice] == [0.7]


def test_a_failed_write_leaves_the_saved_prices(fresh_home: Path) -> None:
    overrides.write([{"kind": "rental"}])
    with pytest.raises(TypeError):
        overrides.write([{"kind": object()}])
    assert overrides.read() == [{"kind": "rental"}]
    assert sorted(path.name for path in fresh_home.iterdir()) == ["price-overrides.json"]
