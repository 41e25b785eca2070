"""Why a cascade works or does not: whether confidence tells right answers from wrong, and who rescues the wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from decisions.patterns.items import StagePair
from evals.statistics.intervals import Interval, normal_quantile, wilson
from evals.statistics.sequential import bisect


@dataclass(frozen=True, kw_only=True)
class Discrimination:
    """``auroc``: how often a right answer of the first stage has the higher signal than a wrong one, None where all
    are right or all wrong. ``rescued_fraction``: of its wrong answers, the share the second stage gets right."""

    auroc: float | None
    auroc_interval: Interval | None
    rescued_fraction: float | None
    rescued_interval: Interval | None
    n_right: int
    n_wrong: int


def discrimination(pair: StagePair) -> Discrimination:
    """Of the first stage's signal. An item counts as right from a score of one half on."""
    right = pair.weak >= 0.5
    wrong = ~right
    n_right, n_wrong = int(right.sum()), int(wrong.sum())
    auroc, interval = None, None
    if n_right and n_wrong:
        below = np.sort(pair.signal[wrong])
        sides = (np.searchsorted(below, pair.signal[right], side=side).mean() for side in ("left", "right"))
        auroc = float(sum(sides) / 2 / n_wrong)  # ties count one half
        interval = auroc_interval(auroc, n_right, n_wrong)
    rescued = float((pair.strong[wrong] >= 0.5).sum())
    return Discrimination(
        auroc=auroc,
        auroc_interval=interval,
        rescued_fraction=rescued / n_wrong if n_wrong else None,
        rescued_interval=wilson(rescued, n_wrong) if n_wrong else None,
        n_right=n_right,
        n_wrong=n_wrong,
    )


def auroc_interval(auroc: float, n_right: int, n_wrong: int, confidence: float = 0.95) -> Interval:
    """Interval of an area under the curve (Newcombe 2006, Stat. Med. 25:559, method 5).

    The areas θ with (θ − seen)² ≤ z² V(θ), V(θ) = θ(1 − θ)/(mn) · (1 + N((1 − θ)/(2 − θ) + θ/(1 + θ))) and
    N = (m + n)/2 − 1. Never of no width, and inside 0..1.
    """
    z, extra = normal_quantile(confidence), (n_right + n_wrong) / 2 - 1

    def too_far(area: float) -> bool:
        variance = area * (1 - area) / (n_right * n_wrong)
        variance *= 1 + extra * ((1 - area) / (2 - area) + area / (1 + area))
        return abs(area - auroc) > z * math.sqrt(max(0.0, variance))

    low = bisect(too_far, 0.0, auroc) if auroc > 0 else 0.0
    high = 1.0 - bisect(lambda mirrored: too_far(1.0 - mirrored), 0.0, 1.0 - auroc) if auroc < 1 else 1.0
    return Interval(min(low, auroc), max(high, auroc))


def oracle(pair: StagePair, passed_fraction: float) -> float:
    """The best score any rule could reach that passes on at most this share: the items that gain most go first."""
    gains = np.sort(np.clip(pair.strong - pair.weak, 0.0, None))[::-1]
    whole, rest = divmod(passed_fraction * len(pair), 1.0)
    most = gains[: int(whole)].sum() + (rest * gains[int(whole)] if int(whole) < len(gains) else 0.0)
    return float((pair.weak.sum() + most) / len(pair))


def random_mix(pair: StagePair, passed_fraction: float) -> float:
    """The score where the items to pass on are drawn by lot: what a signal must beat."""
    return float((1 - passed_fraction) * pair.weak.mean() + passed_fraction * pair.strong.mean())
