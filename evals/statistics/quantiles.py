"""A quantile of measured values with an interval that assumes no shape of their distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """``low`` or ``high`` is None where there are too few values to bound that side; unit of the values."""

    value: float
    low: float | None
    high: float | None
    n: int


def quantile(values: Sequence[float], fraction: float, confidence: float = 0.95) -> Quantile:
    """The ``fraction`` quantile (nearest rank) between two order statistics (David and Nagaraja 2003, section 7.1).

    ValueError for no values.
    """
    if not values:
        raise ValueError("values is empty; a quantile needs at least one")
    ordered, n = sorted(values), len(values)
    lower, upper = bounding_ranks(n, fraction, confidence)
    return Quantile(
        value=ordered[math.ceil(fraction * n) - 1],
        low=ordered[lower - 1] if lower else None,
        high=ordered[upper - 1] if upper else None,
        n=n,
    )


def bounding_ranks(n: int, fraction: float, confidence: float = 0.95) -> tuple[int | None, int | None]:
    """Which of n values, counted from the smallest, bound the ``fraction`` quantile; None where none does.

    How many of n values lie below the true quantile is binomial(n, fraction). The r-th smallest is a lower bound if
    at least r lie below with probability ≥ 1 − α/2; the s-th an upper one if fewer than s do.
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"fraction is {fraction}; expected between 0 and 1, such as 0.95")
    tail = (1.0 - confidence) / 2.0
    below = 0.0  # P(at most r − 1 of the values lie below)
    lower: int | None = None
    upper: int | None = None
    for rank in range(1, n + 1):
        below += _binomial(n, rank - 1, fraction)
        if below <= tail:
            lower = rank
        if upper is None and below >= 1.0 - tail:
            upper = rank
    return lower, upper


def least_values(fraction: float, confidence: float = 0.95) -> int:
    """How many values bound the quantile from above: the least n with fraction ** n ≤ α/2."""
    return math.ceil(math.log((1.0 - confidence) / 2.0) / math.log(fraction))


def _binomial(n: int, k: int, p: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(choose + k * math.log(p) + (n - k) * math.log1p(-p))
