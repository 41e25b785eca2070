"""The price book a page works with, own prices included."""

from __future__ import annotations

from datetime import date

from pages.ui import inputs
from pricing import overrides
from pricing.catalogue import PriceBook, load_price_book


def book(as_of: date) -> PriceBook:
    """Shipped prices under the user's own; an unusable override file is named on the page and left out."""
    try:
        return load_price_book(overrides.read(), as_of)
    except (ValueError, OSError) as error:
        inputs.complain(f"Your own prices cannot be used: {error}. Shipped prices are shown.")
        return load_price_book((), as_of)


def accelerators(prices: PriceBook) -> list[str]:
    """Accelerators somebody offers."""
    return sorted({offer.accelerator for offer in prices.offers})


def provider_classes(prices: PriceBook) -> list[str]:
    """Kinds of provider among the offers."""
    return sorted({offer.provider_class for offer in prices.offers})
