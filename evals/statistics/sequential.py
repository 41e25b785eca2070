"""Tests that stay valid however often one looks: betting e-processes with a fixed grid of bets.

Waudby-Smith and Ramdas 2024 (J. R. Stat. Soc. B 86:1, arXiv 2010.09686): bet against "the mean is at most m" with
capital K = mean over a grid of bets λ of Π(1 + λ(x − m)). If the claim is true, K rarely grows: P(K ever reaches 1/α)
≤ α (Ville 1939). So one may look after every item and stop at will. The grid needs no tuning to the true mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evals.statistics.intervals import Interval

Side = Literal["above", "below"]
GRID = np.linspace(0.02, 1.0, 25)
BOLDEST = 0.99  # share of the largest bet that cannot lose everything
TINY = 1e-10
BISECTIONS = 18


class BettingTest:
    """Evidence that a mean lies above (or below) ``threshold``, item by item.

    Values lie in ``low``..``high`` and come in random order. Without ``pool`` they are draws from endless traffic;
    with ``pool`` they are drawn without replacement from that many items, and the test is about the mean of just
    those: the threshold of the items still unseen then moves with what was seen (same source, section 5).
    ValueError for a value outside the range or more values than the pool holds.
    """

    def __init__(
        self, threshold: float, *, side: Side = "above", low: float = 0.0, high: float = 1.0, pool: int | None = None
    ) -> None:
        if not low < high or not math.isfinite(threshold):
            raise ValueError(f"threshold {threshold} with values from {low} to {high}; expected low < high")
        if pool is not None and pool < 1:
            raise ValueError(f"pool is {pool}; expected at least one item")
        sign = 1.0 if side == "above" else -1.0  # "below" is "above" on mirrored values
        self._sign, self._threshold = sign, sign * threshold
        self._low, self._high = sorted((sign * low, sign * high))
        self._pool = pool
        self._log_capital = np.zeros(len(GRID))
        self._sum = 0.0
        self.n = 0
        self.log_evidence = 0.0

    @property
    def p(self) -> float:
        """Anytime-valid p of the claim that the mean is not on this side: 1 / the largest capital so far."""
        return math.exp(-self.log_evidence)

    def proves(self, alpha: float) -> bool:
        """Whether the capital has ever reached 1/α."""
        return self.log_evidence >= -math.log(check_alpha(alpha))

    def add(self, values: Iterable[float]) -> None:
        """Bet on further values, in order."""
        x = self._sign * np.fromiter(values, dtype=float)
        if x.size == 0:
            return
        if not (x.min() >= self._low - TINY and x.max() <= self._high + TINY):  # also refuses NaN
            ends = sorted((self._sign * self._low, self._sign * self._high))
            raise ValueError(f"a value lies outside {ends[0]:g} to {ends[1]:g}; check the scores")
        if self._pool is not None and self.n + x.size > self._pool:
            raise ValueError(f"{self.n + x.size} values for a pool of {self._pool} items; each item counts once")
        gains = self._log_gains(x)
        grown = np.cumsum(gains, axis=0, out=gains) + self._log_capital
        self._log_capital = grown[-1]
        self._sum += float(x.sum())
        self.n += x.size
        peak = float(grown.max())
        if math.isfinite(peak):
            peak += math.log(float(np.exp(grown - peak).sum(axis=1).max()) / len(GRID))
        self.log_evidence = max(self.log_evidence, peak)
        if self._pool is not None:
            least = self._sum + self._low * (self._pool - self.n)
            if least > self._pool * self._threshold + TINY:  # whatever the rest scores, the pool's mean lies beyond
                self.log_evidence = math.inf

    def _log_gains(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """log(1 + λ(x − m)) for each value and each bet of the grid."""
        if self._pool is None and self._threshold - self._low > TINY:
            step = BOLDEST / (self._threshold - self._low)
            return np.log1p(np.multiply.outer((x - self._threshold) * step, GRID))
        threshold = self._thresholds(x)
        room = threshold - self._low
        gains = np.log1p(np.multiply.outer(BOLDEST * (x - threshold) / np.maximum(room, TINY), GRID))
        if room.min() <= TINY:
            gains[np.abs(room) <= TINY] = 0.0
            certain = room < -TINY  # what is left cannot average so little: the claim is already refuted
            gains[certain | ((room <= TINY) & (x > self._low + TINY))] = np.inf
        return gains

    def _thresholds(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._pool is None:
            return np.full(x.size, self._threshold)
        before = self._sum + np.concatenate(([0.0], np.cumsum(x)[:-1]))
        left = self._pool - self.n - np.arange(x.size)
        moved = (self._pool * self._threshold - before) / left
        return np.minimum(moved, self._high)  # above the range the claim cannot fail; any bet is then allowed


def confidence_sequence(
    values: Sequence[float],
    alpha: float = 0.05,
    *,
    lower_alpha: float | None = None,
    low: float = 0.0,
    high: float = 1.0,
    pool: int | None = None,
) -> Interval:
    """The means that no bet so far has refuted: covers the mean at every look at once with chance 1 − α.

    The set of thresholds whose capital never reached 2/α on either side (Waudby-Smith and Ramdas, theorem 3), found
    by bisection since the capital is monotone in the threshold. With ``pool`` about the mean of the pool.
    ``lower_alpha`` is what the lower end may err, α/2 unless given; the upper end may err α/2.
    """
    levels = {"above": check_alpha(lower_alpha or alpha / 2), "below": check_alpha(alpha) / 2}
    if len(values) == 0:
        return Interval(low, high)

    def refuted(side: Side) -> Callable[[float], bool]:
        def test(threshold: float) -> bool:
            tested = BettingTest(threshold, side=side, low=low, high=high, pool=pool)
            tested.add(values)
            return tested.proves(levels[side])

        return test

    lower = bisect(refuted("above"), low, high)
    upper = -bisect(lambda mirrored: refuted("below")(-mirrored), -high, -low)
    return Interval(min(lower, upper), max(lower, upper))


def ratio_sequence(
    before: Sequence[float], after: Sequence[float], alpha: float = 0.05, lower_alpha: float | None = None
) -> Interval:
    """Anytime-valid interval of mean(after) / mean(before) on pairs: the shares r with after − r·before not refuted.

    ``high`` is infinite while the baseline cannot be told from 0.
    """
    check_alpha(alpha)
    x, y = np.asarray(before, dtype=float), np.asarray(after, dtype=float)

    def beats(ratio: float) -> bool:
        return share_test(ratio, x, y, "above").proves(lower_alpha or alpha / 2)

    def falls_short(ratio: float) -> bool:
        return share_test(ratio, x, y, "below").proves(alpha / 2)

    top = 1.0
    while not falls_short(top):
        top *= 2.0
        if top > 64.0:
            return Interval(bisect(beats, 0.0, 64.0), math.inf)
    upper = -bisect(lambda mirrored: falls_short(-mirrored), -top, 0.0)
    lower = bisect(beats, 0.0, top)
    return Interval(min(lower, upper), max(lower, upper))


def share_test(ratio: float, before: NDArray[np.float64], after: NDArray[np.float64], side: Side) -> BettingTest:
    """The test of mean(after) against ratio × mean(before), fed with the pairs."""
    test = BettingTest(0.0, side=side, low=-ratio, high=1.0)
    test.add(after - ratio * before)
    return test


def cluster_means(values: Sequence[float], clusters: Sequence[str]) -> list[float]:
    """The mean of each cluster, in order of first appearance: what a test takes when items share a document.

    Items of one document are not independent draws; documents are. Each document then counts once.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values but {len(clusters)} clusters; give one cluster an item")
    grouped: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        grouped.setdefault(cluster, []).append(value)
    return [math.fsum(group) / len(group) for group in grouped.values()]


def check_alpha(alpha: float) -> float:
    """α itself; ValueError if it is no chance of error."""
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is {alpha}; give the chance of a wrong verdict, between 0 and 1, such as 0.05")
    return alpha


def bisect(refuted: Callable[[float], bool], low: float, high: float) -> float:
    """The largest threshold found refuted, with everything below it, between low (not refuted) and high."""
    if not refuted(low + TINY):
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
