"""Offers: scaling, filters, own prices, age."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pricing import offers
from pricing.catalogue import load_price_book, provider_spread
from pricing.names import UnknownName

AS_OF = date(2026, 11, 21)
BOOK = load_price_book(as_of=AS_OF)
OWN = {"provider": "Acme", "accelerator": "rtx a6000", "usd_per_hour": "0.10", "date": "2026-11-20"}


def offer(**changed: object) -> offers.Offer:
    given = {"provider": "P", "provider_class": "neocloud", "accelerator": "A6000", "count": 1, "usd_per_hour": 0.5,
             "date": "2026-08-01", "scales_per_card": True}
    return offers.Offer(**given | changed)  # type: ignore[arg-type]


def test_a_card_priced_alone_scales_to_eight() -> None:
    four = offer().for_count(4)
    assert four is not None and four.usd_per_hour == 2.0 and four.count == 4
    assert offer().for_count(16) is None


def test_a_machine_is_sold_whole() -> None:
    assert offer(count=8, scales_per_card=False).for_count(4) is None


@pytest.mark.parametrize(("day", "stale"), [("2026-08-23", False), ("2026-08-22", True)])
def test_ninety_days_are_fresh_and_ninety_one_are_not(day: str, stale: bool) -> None:
    assert offer(date=day).stale(AS_OF) is stale


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"usd_per_hour": 0}, "usd_per_hour of P A6000 ×1 is 0"),
        ({"usd_per_hour": -0.5}, "usd_per_hour of P A6000 ×1 is -0.5"),
        ({"usd_per_hour": float("nan")}, "usd_per_hour"),
        ({"count": 0}, "count of P A6000 ×0"),
        ({"tier": "free"}, "tier of P A6000 ×1 is 'free'"),
        ({"provider_class": "cloud"}, "provider_class"),
        ({"date": "yesterday"}, "date of P A6000 ×1 is 'yesterday'"),
    ],
)
def test_an_impossible_offer_is_refused_by_name(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        offer(**changed)


def test_own_price_wins_and_says_so() -> None:
    book = load_price_book([OWN], AS_OF)
    cheapest = book.offer("A6000", 1)
    assert cheapest is not None
    assert (cheapest.provider, cheapest.usd_per_hour, cheapest.is_override) == ("Acme", 0.10, True)


def test_own_price_replaces_the_providers_shipped_one() -> None:
    book = load_price_book([OWN | {"provider": "RunPod", "usd_per_hour": 9.0}], AS_OF)
    mine = offers.matching(book.offers, accelerator="A6000", provider="RunPod", tier="on-demand")
    assert [one.usd_per_hour for one in mine] == [9.0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"provider": "Acme"}, "lacks accelerator, usd_per_hour, date"),
        (OWN | {"usd_per_hour": "free"}, "usd_per_hour of the price override of Acme is 'free'"),
        (OWN | {"accelerator": "A600"}, "unknown accelerator 'A600'; nearest: A6000"),
        (OWN | {"kind": "gift"}, "'gift'; give rental or api"),
    ],
)
def test_a_bad_own_price_is_refused(row: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_price_book([row], AS_OF)


def test_own_prices_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("provider,accelerator,usd_per_hour,date\nAcme,A6000,0.1,2026-11-20\n")
    book = load_price_book(offers.overrides_from_csv(file), AS_OF)
    assert book is load_price_book([OWN | {"accelerator": "A6000", "usd_per_hour": "0.1"}], AS_OF)


def test_filters_keep_what_they_name() -> None:
    found = BOOK.rentables(provider_classes=("hyperscaler",))
    assert found
    assert {one.offer.provider_class for one in found} == {"hyperscaler"}
    with pytest.raises(UnknownName, match="unknown provider class 'cloud'"):
        BOOK.rentables(provider_classes=("cloud",))


def test_spread_is_over_providers_not_rows() -> None:
    spread = provider_spread(BOOK, "A6000")
    prices: dict[str, float] = {}
    for one in offers.load():
        if one.accelerator == "A6000" and one.tier == "on-demand":
            each = one.usd_per_hour / one.count
            prices[one.provider] = min(each, prices.get(one.provider, each))
    assert spread is not None
    assert spread.providers == len(prices)
    assert (spread.low_usd_per_hour, spread.high_usd_per_hour) == (min(prices.values()), max(prices.values()))


def test_nobody_offers_a_phone() -> None:
    assert provider_spread(BOOK, "Apple-M4") is None
