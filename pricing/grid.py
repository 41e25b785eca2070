"""The grid: every variant on every number of cards, rows × columns, and what of it no workload changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pricing import speed, work
from pricing.accelerators import Accelerator
from pricing.deployment import Variant
from pricing.engines import Engine
from pricing.fleet import Flags, Floats
from pricing.market import Cards, Indices, Market
from pricing.speed import SpeedConstants
from pricing.work import Work


@dataclass(frozen=True, kw_only=True)
class Block:
    """The part of the grid served by one engine on one class of device: the same fitted constants."""

    engine: Engine
    fitted: SpeedConstants
    rows: Indices
    columns: Indices


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Variants × cards. Formulas of one deployment are asked once a row and once a column; see :mod:`pricing.loaded`.

    Arrays of variants are of length V, of columns of length C; *kinds* are the distinct pairs of model and engine,
    which differ in more than their weights.
    """

    variants: tuple[Variant, ...]
    market: Market

    @property
    def cards(self) -> tuple[Cards, ...]:
        """The columns."""
        return self.market.cards

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The grid by engine and class of device."""
        found = []
        for name in dict.fromkeys(one.engine.name for one in self.variants):
            rows = np.flatnonzero([one.engine.name == name for one in self.variants])
            fitted = [speed.constants(name, card.device_class) for card, _ in self.cards]
            for same in {id(one): one for one in fitted}.values():
                columns = np.flatnonzero([one is same for one in fitted])
                engine = self.variants[rows[0]].engine
                found.append(Block(engine=engine, fitted=same, rows=rows, columns=columns))
        return tuple(found)

    @cached_property
    def kinds(self) -> tuple[tuple[Variant, ...], Indices]:
        """(a variant of each kind, the kind of each row)."""
        number: dict[tuple[int, str], int] = {}
        first: list[Variant] = []
        of_row = []
        for one in self.variants:
            key = (id(one.model), one.engine.name)
            if key not in number:
                number[key] = len(first)
                first.append(one)
            of_row.append(number[key])
        return tuple(first), np.array(of_row)

    @cached_property
    def weight_bytes(self) -> Floats:
        """Weights of each row."""
        return np.array([one.weight_bytes for one in self.variants])

    @cached_property
    def max_sequences(self) -> Floats:
        """The most requests at once that the engine of each row takes."""
        return np.array([one.engine.max_sequences for one in self.variants], float)

    @cached_property
    def operations_per_s(self) -> Floats:
        """V × C: the rate of prompts on one card, NaN where unknown."""
        rates: dict[tuple[str, str, str], list[float | None]] = {}
        every = []
        for one in self.variants:
            key = (one.format.compute, one.format.label, one.engine.name)
            if key not in rates:
                rates[key] = [work.peak_tflops(one.format, one.engine, card) for card, _ in self.cards]
            every.append(rates[key])
        return np.array(every, float) * 1e12

    @cached_property
    def cache_copies(self) -> Floats:
        """Kinds × counts: how often the KV cache is held."""
        copies = [
            [one.model.kv_copies(count if one.engine.tensor_parallel else 1) for count in self.market.counts[0]]
            for one in self.kinds[0]
        ]
        return np.array(copies)

    @cached_property
    def is_mixture(self) -> Flags:
        """Rows whose model is a mixture of experts."""
        return np.array([bool(one.model.experts) for one in self.variants])

    @cached_property
    def expert_reads(self) -> tuple[Floats, Floats, Floats]:
        """(bytes a step reads with every expert, bytes of the experts, share of them a token leaves idle) of each row.

        A step of B requests reads ``every − experts × idle^B``; a dense model's reads are all in ``every``.
        """
        every, experts, idle = (np.zeros(len(self.variants)) for _ in range(3))
        for row, one in enumerate(self.variants):
            every[row] = work.read_bytes(one.model, one.format, one.weight_bytes, np.inf)
            if one.model.experts:
                experts[row] = every[row] - work.read_bytes(one.model, one.format, one.weight_bytes, 0.0)
                idle[row] = 1 - one.model.experts_per_token / one.model.experts
        return every, experts, idle

    def work(
        self, row: int, card: Accelerator, count: int, *, prompt_tokens: float = 1.0, context_tokens: float = 1.0
    ) -> Work:
        """Work of one variant on ``count`` cards."""
        one = self.variants[row]
        return work.of(
            one.model,
            one.format,
            one.engine,
            card,
            count,
            weight_bytes=one.weight_bytes,
            prompt_tokens=prompt_tokens,
            context_tokens=context_tokens,
        )
