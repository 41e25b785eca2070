"""Candidates: variants × rental offers, and all that no workload changes; built once, priced at each move of a slider.

Offer ``j`` of variant ``i`` is option ``i × offers + j``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pricing import offers, slices
from pricing.catalogue import PriceBook
from pricing.deployment import Variant, variant
from pricing.fleet import Floats
from pricing.grid import Grid
from pricing.market import Market
from pricing.offers import Offer
from pricing.rental import fallback_offer


class NoOffer(ValueError):
    """No offer passes the filters."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Rows are variants, each on one engine; offers are scaled to a number of cards, a column of the grid."""

    book: PriceBook
    grid: Grid

    def __len__(self) -> int:
        return len(self.variants) * len(self.offers)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The rows."""
        return self.grid.variants

    @property
    def market(self) -> Market:
        """The offers as columns."""
        return self.grid.market

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The offers."""
        return self.market.offers

    @cached_property
    def fallback_usd_per_hour(self) -> Floats:
        """The price of the same cards on demand, for spot offers where there is one; NaN elsewhere."""
        usd = np.full(len(self.offers), np.nan)
        for place in np.flatnonzero(self.market.tier == "spot"):
            if found := fallback_offer(self.book, self.offers[place], "spot"):
                usd[place] = found.usd_per_hour
        return usd


def variants(
    models: Iterable[str], quantizations: Iterable[str], engines: Sequence[str] | None = None
) -> list[Variant]:
    """Every model in every quantization, on each of ``engines`` (the one the format is made for by default).

    Raises UnknownName.
    """
    formats = list(quantizations)
    return [
        variant(model=model, quantization=quantization, engine=engine)
        for model in models
        for quantization in formats
        for engine in (engines or [None])  # type: ignore[list-item]
    ]


def of(
    book: PriceBook,
    variants: Sequence[Variant],
    *,
    allowed: Iterable[str] | None = None,
    max_count: int = 8,
    provider: str | None = None,
    provider_classes: Iterable[str] | None = None,
    tiers: Iterable[str] | None = None,
    region: str | None = None,
    max_commitment_months: int | None = None,
) -> Candidates:
    """Candidates of all offers that pass the filters, each for 1 to 8 cards where the provider sells as many.

    ``allowed`` are accelerators, ``tiers`` all by default. Raises UnknownName, NoOffer where nothing passes, and
    ValueError where no variant is given.
    """
    if not variants:
        raise ValueError("there is nothing to enumerate: no variant was given; name at least one")
    market = book.market(
        allowed=None if allowed is None else frozenset(slices.find(name).name for name in allowed),
        max_count=max_count,
        tiers=None if tiers is None else frozenset(offers.check_tier(tier) for tier in tiers),
        provider=None if provider is None else book.check_provider(provider),
        provider_classes=provider_classes,
        region=region,
        max_commitment_months=max_commitment_months,
    )
    if not market.offers:
        raise NoOffer(
            f"there is nothing to enumerate: no offer of at most {max_count} cards passes the filters; "
            "widen what is asked for"
        )
    return Candidates(book=book, grid=Grid(variants=tuple(variants), market=market))
