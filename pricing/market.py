"""Markets: the offers that pass a filter, scaled to numbers of cards, and what of them no variant changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pricing import work
from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.fleet import Floats
from pricing.offers import Offer

Cards = tuple[Accelerator, int]
Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Offers, each of some cards: an accelerator and how many. Distinct cards are the *columns*."""

    offers: tuple[Offer, ...]
    accelerators: Mapping[str, Accelerator]
    _of_cards: dict[str, dict[str, Floats]] = field(default_factory=dict, repr=False)

    @cached_property
    def cards(self) -> tuple[Cards, ...]:
        """The columns."""
        return tuple((self.accelerators[name], count) for name, count in self._numbers)

    @cached_property
    def column(self) -> Indices:
        """The column of each offer."""
        return np.array([self._numbers[one.accelerator, one.count] for one in self.offers])

    @cached_property
    def tier(self) -> NDArray[np.str_]:
        """The tier of each offer."""
        return np.array([one.tier for one in self.offers])

    @cached_property
    def usd_per_hour(self) -> Floats:
        """The price of each offer."""
        return np.array([one.usd_per_hour for one in self.offers])

    @cached_property
    def counts(self) -> tuple[tuple[int, ...], Indices]:
        """(distinct numbers of cards, which of them each column has)."""
        known = sorted({count for _, count in self.cards})
        return tuple(known), np.array([known.index(count) for _, count in self.cards])

    @cached_property
    def memory_gib(self) -> Floats:
        """Memory of one card of each column."""
        return np.array([card.memory_gib for card, _ in self.cards])

    def work_of_cards(self, engine: Engine) -> dict[str, Floats]:
        """What of the work the cards alone decide, on each column."""
        if engine.name not in self._of_cards:
            parts = [work.of_cards(engine, card, count) for card, count in self.cards]
            self._of_cards[engine.name] = {name: np.array([part[name] for part in parts], float) for name in parts[0]}
        return self._of_cards[engine.name]

    @cached_property
    def _numbers(self) -> dict[tuple[str, int], int]:
        places = dict.fromkeys((one.accelerator, one.count) for one in self.offers)
        return {place: number for number, place in enumerate(places)}
