"""Arguments as people type them."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pricing.catalogue import PriceBook, load_price_book
from pricing.offers import overrides_from_csv

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
AsOf = Annotated[str, typer.Option(help="Date of the prices, YYYY-MM-DD; today by default.")]
Prices = Annotated[Path | None, typer.Option(help="CSV of your own prices: provider, accelerator, usd_per_hour, date.")]


def price_book(as_of: str, prices: Path | None = None) -> PriceBook:
    try:
        day = date.fromisoformat(as_of) if as_of else date.today()
    except ValueError as error:
        raise ValueError(f"--as-of is {as_of!r}; give a date as YYYY-MM-DD") from error
    return load_price_book(overrides_from_csv(prices) if prices else (), day)


def number(flag: str, text: str) -> float:
    """A number as people type it: 1e6, 1_000_000, 1,000,000. Raises ValueError."""
    cleaned = text.strip().replace("_", "")
    groups = cleaned.split(",")
    if len(groups) > 1 and all(len(group) == 3 and group.isdigit() for group in groups[1:]):
        cleaned = "".join(groups)
    try:
        value = float(cleaned)
    except ValueError as error:
        raise ValueError(f"{flag} is {text!r}; give a number such as 1e6 or 1000000, with a decimal point") from error
    if not math.isfinite(value):
        raise ValueError(f"{flag} is {text!r}; give a finite number")
    return value


def whole(flag: str, text: str) -> int:
    value = number(flag, text)
    if value != int(value):
        raise ValueError(f"{flag} is {text!r}; give a whole number")
    return int(value)


def optional(flag: str, text: str) -> float | None:
    if not text:
        return None
    value = number(flag, text)
    if value <= 0:
        raise ValueError(f"{flag} is {text!r}; give a number above 0 or leave it out")
    return value
