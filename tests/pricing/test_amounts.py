"""Amounts as people write them."""

from __future__ import annotations

import pytest

from pricing import amounts


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1e6", 1e6), ("1_000_000", 1e6),
     ("1,000,000", 1e6), ("$1.20", 1.2), (" 0.5 ", 0.5), ("1,234.5", 1234.5), (3, 3.0)],
)
def test_amounts_are_read(written: object, meant: float) -> None:
    assert amounts.number("price", written) == meant


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("free", "price is 'free'; give dollars an hour, or leave it out: no price means unpriced, never free"),
        ("", "never free"),
        ("€1.20", "price is '€1.20'; prices here are US dollars"),
        ("1.20 EUR", "US dollars"),
        ("1,20", "with a decimal point, not a comma"),
        ("1.000,5", "with a decimal point, not a comma"),
        ("nan", "give a finite number"),
        ("inf", "give a finite number"),
        ("cheap", "give dollars an hour such as 1e6 or 1.25"),
        (None, "price is None"),
        (True, "price is True"),
    ],
)
def test_others_are_refused_with_what_to_write(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        amounts.number("price", written, unit="dollars an hour")


def test_the_range_is_named() -> None:
    with pytest.raises(ValueError, match="share is 2; give a number from 0 to 1"):
        amounts.within("share", 2, 0, 1)


def test_what_is_no_price_is_not_spoken_of_as_one() -> None:
    with pytest.raises(ValueError, match=r"tokens is 'free'; give a number$"):
        amounts.number("tokens", "free")
    with pytest.raises(ValueError, match=r"tokens is '€5'; without a currency, give a number$"):
        amounts.number("tokens", "€5")
