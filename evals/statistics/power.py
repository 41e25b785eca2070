"""How many items a question needs."""

from __future__ import annotations

import math
from statistics import NormalDist

from evals.statistics.intervals import normal_quantile

MOST_ITEMS = 1_000_000


def items_to_settle(score: float, target: float, n: int, confidence: float = 0.95) -> int | None:
    """About how many MORE items until a Wilson interval around this observed score would clear the target.

    The Wilson interval leaves out ``target`` exactly when |score − target| > z·√(target·(1 − target)/N), so the total
    is the next whole N above z²·target·(1 − target)/(score − target)². 0 if n items settle it already; None if the
    score lies on the target or the total would pass a million. It assumes the score stays as observed; it will move.
    """
    for name, value in (("score", score), ("target", target)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} is {value}; expected a fraction in 0..1")
    if n < 0:
        raise ValueError(f"n is {n}; expected ≥ 0 items")
    gap = abs(score - target)
    if gap < 1e-12:
        return None
    total = max(2, math.floor(normal_quantile(confidence) ** 2 * target * (1.0 - target) / gap**2) + 1)
    if total > MOST_ITEMS:
        return None
    return max(0, total - n)


def items_for_margin(
    flip_fraction: float, margin: float, difference: float = 0.0, confidence: float = 0.95, power: float = 0.8
) -> int:
    """Items for a paired test to show, one-sided, that the second is no more than ``margin`` below the first.

    n = (z_confidence + z_power)² · (f − d²) / (margin + d)² (Miller 2024, arXiv 2411.00640, section 5, with the
    variance of a right-or-wrong difference): f = share of items on which the two differ, d = true second − first.
    ValueError if the true difference is not inside the margin: no number of items could show it then.
    """
    if not 0.0 <= flip_fraction <= 1.0:
        raise ValueError(f"flip_fraction is {flip_fraction}; expected a fraction in 0..1")
    if not 0.0 < margin <= 1.0:
        raise ValueError(f"margin is {margin}; expected a fraction above 0, such as 0.02 for two points")
    if abs(difference) > flip_fraction:
        raise ValueError(f"difference is {difference}, more than the flip_fraction {flip_fraction} can produce")
    if difference <= -margin:
        raise ValueError(f"difference is {difference}, not inside the margin of {margin}; expected above {-margin}")
    for name, value in (("confidence", confidence), ("power", power)):
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name} is {value}; expected a fraction between 0 and 1")
    quantiles = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(power)
    return max(2, math.ceil(quantiles**2 * (flip_fraction - difference**2) / (margin + difference) ** 2))
