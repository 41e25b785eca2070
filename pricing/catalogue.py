"""The price book: every table a quote reads, as of one date, with the user's own prices over the shipped ones."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from pricing import accelerators, api, models, names, offers, slices
from pricing.accelerators import Accelerator
from pricing.market import Market
from pricing.models import Model
from pricing.offers import Offer

Filter = tuple[str | None, tuple[str, ...] | None, str | None, str | None, int | None]
COUNTS = (1, 2, 4, 8)  # numbers of cards tried, beside those a provider sells in one machine
MOST_MARKETS = 64  # remembered, one for each filter


@dataclass(frozen=True, kw_only=True)
class Rentable:
    """The cheapest offer of one accelerator × count that passes a filter."""

    accelerator: Accelerator
    count: int
    offer: Offer


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """Tables and own prices as of a date. Read-only; quotes cache what they derive from it."""

    models: Mapping[str, Model]
    accelerators: Mapping[str, Accelerator]
    offers: tuple[Offer, ...]
    as_of: date
    api_overrides: tuple[api.ApiOverride, ...] = ()
    _scaled: dict[Filter, list[Offer]] = field(default_factory=dict, repr=False, compare=False)
    _markets: dict[tuple[Any, ...], Market] = field(default_factory=dict, repr=False, compare=False)
    _rentables: dict[Filter, list[Rentable]] = field(default_factory=dict, repr=False, compare=False)

    def scaled(
        self,
        *,
        provider: str | None = None,
        provider_classes: Iterable[str] | None = None,
        tier: str | None = "on-demand",
        region: str | None = None,
        max_commitment_months: int | None = None,
    ) -> list[Offer]:
        """Every offer that passes, for each number of cards it is sold in (1 to 8 cards and whole machines)."""
        classes = None if provider_classes is None else tuple(sorted(provider_classes))
        key = (provider, classes, tier, region, max_commitment_months)
        if key not in self._scaled:
            passed = offers.matching(
                self.offers,
                provider=provider,
                provider_classes=classes,
                tier=tier,
                region=region,
                max_commitment_months=max_commitment_months,
            )
            sold: dict[str, set[int]] = {}
            for one in passed:
                sold.setdefault(one.accelerator, set(COUNTS)).add(one.count)
            self._scaled[key] = [
                whole for one in passed for count in sorted(sold[one.accelerator]) if (whole := one.for_count(count))
            ]
        return self._scaled[key]

    def market(
        self,
        *,
        allowed: frozenset[str] | None = None,
        max_count: int = 8,
        tiers: frozenset[str] | None = None,
        provider_classes: Iterable[str] | None = None,
        **filters: Any,
    ) -> Market:
        """The offers of at most ``max_count`` cards of the ``allowed`` accelerators on ``tiers`` (None is all)."""
        classes = None if provider_classes is None else tuple(sorted(provider_classes))
        key = (allowed, max_count, tiers, classes, *sorted(filters.items()))
        if key not in self._markets:
            tier = min(tiers) if tiers and len(tiers) == 1 else None
            passed = (
                one
                for one in self.scaled(tier=tier, provider_classes=classes, **filters)
                if one.count <= max_count
                and (allowed is None or one.accelerator in allowed)
                and (tiers is None or one.tier in tiers)
            )
            if len(self._markets) >= MOST_MARKETS:
                self._markets.clear()
            self._markets[key] = Market(offers=tuple(passed), accelerators=self.accelerators)
        return self._markets[key]

    def rentables(
        self,
        *,
        provider: str | None = None,
        provider_classes: Iterable[str] | None = None,
        tier: str = "on-demand",
        region: str | None = None,
        max_commitment_months: int | None = None,
    ) -> list[Rentable]:
        """Cheapest offer of each accelerator × count (1 to 8 cards and whole machines), cheapest first."""
        classes = None if provider_classes is None else tuple(sorted(provider_classes))
        key = (provider, classes, tier, region, max_commitment_months)
        if key not in self._rentables:
            cheapest: dict[tuple[str, int], Offer] = {}
            for one in self.scaled(
                provider=provider,
                provider_classes=classes,
                tier=tier,
                region=region,
                max_commitment_months=max_commitment_months,
            ):
                place = (one.accelerator, one.count)
                if place not in cheapest or one.usd_per_hour < cheapest[place].usd_per_hour:
                    cheapest[place] = one
            found = [
                Rentable(accelerator=self.accelerators[name], count=count, offer=one)
                for (name, count), one in cheapest.items()
            ]
            self._rentables[key] = sorted(found, key=lambda one: one.offer.usd_per_hour)
        return self._rentables[key]

    def offer(self, accelerator: str, count: int, **filters: Any) -> Offer | None:
        """The cheapest offer of ``count`` cards that passes the filters of :meth:`rentables`, None if there is none."""
        for one in self.rentables(**filters):
            if one.accelerator.name == accelerator and one.count == count:
                return one.offer
        return None

    def check_provider(self, provider: str) -> str:
        """The provider as the offers spell it. Raises UnknownName."""
        known = names.index((name, ()) for name in sorted({offer.provider for offer in self.offers}))
        return names.resolve(provider, known, what="provider")


@lru_cache(maxsize=16)
def _load(overrides: str, as_of: date) -> PriceBook:
    rows = json.loads(overrides)
    own = [offers.override(row) for row in rows if row.get("kind", "rental") == "rental"]
    imported = [offer for offer in own if offer.is_imported]
    by_hand = [offer for offer in own if not offer.is_imported]
    return PriceBook(
        models=models.load(),
        accelerators=accelerators.load() | {one.accelerator: slices.find(one.accelerator) for one in own},
        offers=offers.merged(offers.merged(offers.load(), imported), by_hand),
        as_of=as_of,
        api_overrides=tuple(api.override(row) for row in rows if row.get("kind") == "api"),
    )


def load_price_book(overrides: Sequence[Mapping[str, Any]] = (), as_of: date | None = None) -> PriceBook:
    """The price book as of a date (today by default). Equal arguments give the same object.

    ``overrides`` are plain dicts: ``{"kind": "rental", "provider", "accelerator", "usd_per_hour", "date", …}`` or
    ``{"kind": "api", "provider", "model", "input_usd_per_mtok", "output_usd_per_mtok", "date"}``. Raises ValueError.
    """
    for row in overrides:
        if row.get("kind", "rental") not in ("rental", "api"):
            raise ValueError(f"kind of the price override {dict(row)!r} is {row['kind']!r}; give rental or api")
    return _load(json.dumps([dict(row) for row in overrides], sort_keys=True, default=str), as_of or date.today())


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What different providers ask an hour for the same cards: a choice, not an uncertainty."""

    low_usd_per_hour: float
    median_usd_per_hour: float
    high_usd_per_hour: float
    providers: int


def provider_spread(book: PriceBook, accelerator: str, count: int = 1, tier: str = "on-demand") -> Spread | None:
    """Low, median and high over providers, each with its cheapest offer; None where nobody offers it."""
    card = slices.find(accelerator).name
    cheapest: dict[str, float] = {}
    for offer in offers.matching(book.offers, accelerator=card, count=count, tier=tier):
        cheapest.setdefault(offer.provider, offer.usd_per_hour)
    if not cheapest:
        return None
    return Spread(
        low_usd_per_hour=min(cheapest.values()),
        median_usd_per_hour=statistics.median(cheapest.values()),
        high_usd_per_hour=max(cheapest.values()),
        providers=len(cheapest),
    )
