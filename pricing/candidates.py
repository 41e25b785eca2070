"""Candidates: variants × rental offers, and all that no workload changes; built once, priced at each move of a slider.

Offer ``j`` of variant ``i`` is option ``i × offers + j``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pricing import accelerators, offers
from pricing.catalogue import PriceBook
from pricing.deployment import Variant, variant
from pricing.fleet import Floats
from pricing.grid import Grid, Indices
from pricing.offers import Offer
from pricing.rental import fallback_offer

COUNTS = (1, 2, 4, 8)  # numbers of cards tried, beside those a provider sells in one machine


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Rows are variants, each on one engine; ``offers`` are scaled to a number of cards, a column of the grid."""

    book: PriceBook
    grid: Grid
    offers: tuple[Offer, ...]

    def __len__(self) -> int:
        return len(self.variants) * len(self.offers)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The rows."""
        return self.grid.variants

    @cached_property
    def column(self) -> Indices:
        """The column of the grid of each offer."""
        number = {(card.name, count): i for i, (card, count) in enumerate(self.grid.cards)}
        return np.array([number[offer.accelerator, offer.count] for offer in self.offers])

    @cached_property
    def tier(self) -> NDArray[np.str_]:
        """The tier of each offer."""
        return np.array([offer.tier for offer in self.offers])

    @cached_property
    def usd_per_hour(self) -> Floats:
        """The price of each offer."""
        return np.array([offer.usd_per_hour for offer in self.offers])

    @cached_property
    def fallback_usd_per_hour(self) -> Floats:
        """The price of the same cards on demand, for spot offers where there is one; NaN elsewhere."""
        found = [fallback_offer(self.book, offer, offer.tier) for offer in self.offers]
        return np.array([np.nan if one is None else one.usd_per_hour for one in found])


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

    ``allowed`` are accelerators, ``tiers`` all by default. Raises UnknownName, and ValueError where nothing passes.
    """
    names = None if allowed is None else {accelerators.find(name).name for name in allowed}
    wanted = None if tiers is None else {offers.check_tier(tier) for tier in tiers}
    passed = offers.matching(
        book.offers,
        provider=None if provider is None else book.check_provider(provider),
        provider_classes=provider_classes,
        tier=None,
        region=region,
        max_commitment_months=max_commitment_months,
    )
    passed = [
        one for one in passed if (names is None or one.accelerator in names) and (wanted is None or one.tier in wanted)
    ]
    sold: dict[str, set[int]] = {}
    for one in passed:
        sold.setdefault(one.accelerator, set(COUNTS)).add(one.count)
    scaled = [
        whole
        for one in passed
        for count in sorted(sold[one.accelerator])
        if count <= max_count and (whole := one.for_count(count))
    ]
    if not (scaled and variants):
        what = "no variant was given" if scaled else f"no offer of at most {max_count} cards passes the filters"
        raise ValueError(f"there is nothing to enumerate: {what}; widen what is asked for")
    cards = dict.fromkeys((one.accelerator, one.count) for one in scaled)
    grid = Grid(variants=tuple(variants), cards=tuple((book.accelerators[name], count) for name, count in cards))
    return Candidates(book=book, grid=grid, offers=tuple(scaled))
