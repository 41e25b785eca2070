"""The user's own prices: saved in one step, put over the shipped ones, marked as theirs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pages.ui.price_tables import with_edits
from pages.ui.prices import book
from pricing import bill, feeds, overrides
from pricing.catalogue import load_price_book
from pricing.offers import matching
from tests.pages.conftest import opened, words

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


def test_an_edit_of_one_machine_leaves_the_others() -> None:
    offers = matching(load_price_book((), TODAY).offers, accelerator="L40S", provider="AWS", tier="reserved")
    base = {
        "kind": "rental", "provider": "AWS", "accelerator": "L40S", "count": offers[0].count, "tier": "reserved",
        "commitment_months": offers[0].commitment_months, "instance": offers[0].instance, "region": offers[0].region,
        "scales_per_card": 0,
    }  # fmt: skip
    overrides.write(with_edits([], {0: {"$ an hour": 0.5}}, [base], FIELDS, TODAY))
    found = matching(book(TODAY).offers, accelerator="L40S", provider="AWS", tier="reserved")
    assert len(found) == len(offers)
    assert [(o.usd_per_hour, o.commitment_months) for o in found if o.is_override] == [
        (0.5, offers[0].commitment_months)
    ]


def test_api_prices_are_those_of_the_day_in_the_address() -> None:
    shown = {
        day: opened("Prices", apiday=day, seller="openai", sold="o3") for day in ("2025-05-01", "2025-07-01")
    }
    for day, usd in (("2025-05-01", 10.0), ("2025-07-01", 2.0)):
        assert not shown[day].exception
        table = next(t.value for t in shown[day].dataframe if "Batch input" in t.value)
        assert table.set_index("Model").loc["o3", "Input"] == usd
    assert "changed last on 2025-06-10 to $2 in and $8 out" in words(shown["2025-07-01"]).replace("\\$", "$")


def test_every_term_of_the_presets_is_on_the_page() -> None:
    table = next(t.value for t in opened("Prices").dataframe if "Regulated" in t.value)
    assert len(table) == len(bill.TERMS) and all(table["Default from"])


def test_filters_narrow_the_offers_and_none_is_said() -> None:
    few = opened("Prices", card="H100-SXM", terms="reserved")
    assert next(t.value for t in few.dataframe if "Terms" in t.value)["Terms"].tolist() == ["reserved 36 months"]
    none = opened("Prices", card="RTX3090", terms="reserved")
    assert "No offer passes these filters" in words(none)


@pytest.mark.parametrize("day", ["soon", "1999-01-01"])
def test_a_day_that_cannot_be_read_is_named(day: str) -> None:
    app = opened("Prices", apiday=day)
    assert not app.exception and f"'{day}'" in words(app)


def test_an_import_is_shown_as_one_line_and_can_be_removed() -> None:
    header = "InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region"
    feeds.keep([header, "a,L4,1,0.5,0.2,r"], provider="lambda", day=TODAY, source="vms.csv")
    app = opened("Prices", card="L4")
    assert "2 offers imported from vms.csv" in words(app)
    app.button(key="forget_vms.csv").click().run()
    assert overrides.read() == []
