"""Two variants on the same items: who was right where, and the interval of the difference or the ratio."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.statistics.intervals import Interval, check_scores, clustered_half_width, normal_quantile, t_quantile


@dataclass(frozen=True, kw_only=True)
class PairComparison:
    """Second against first on n common items.

    ``b``: items only the first got right (on graded scores: where the first scored higher); ``c``: only the second.
    ``difference`` = score(second) − score(first), a fraction; ``low``–``high`` its interval, None for one item.
    ``flips_fraction`` = (b + c) / n. ``p_mcnemar``, ``both_right`` and ``both_wrong`` are None for graded scores.
    """

    n: int
    b: int
    c: int
    difference: float
    low: float | None
    high: float | None
    p_mcnemar: float | None
    flips_fraction: float
    both_right: int | None
    both_wrong: int | None


def compare_pairs(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95, clusters: Sequence[str] | None = None
) -> PairComparison:
    """Compare two score lists item by item; ``first[i]`` and ``second[i]`` are the same item.

    Right-or-wrong scores: Tango's score interval and the exact McNemar test. Graded scores: t interval of the mean
    difference (Miller 2024, section 4.2). ``clusters`` names the document of each item where items share one: the
    interval is then at least as wide as the clustered standard error of the difference makes it, and there is none
    for a single document. ValueError if the lists are empty, differ in length or leave 0..1.
    """
    before, after = _paired(first, second)
    n = len(before)
    b = sum(x > y for x, y in zip(before, after, strict=True))
    c = sum(x < y for x, y in zip(before, after, strict=True))
    binary = all(value in (0.0, 1.0) for value in (*before, *after))
    if n == 1:
        interval = None
    elif binary:
        interval = tango(b, c, n, confidence)
    else:
        interval = _mean_difference(before, after, confidence)
    if interval and clusters:
        interval = _clustered(interval, [y - x for x, y in zip(before, after, strict=True)], clusters, confidence)
    both_right = sum(x == y == 1.0 for x, y in zip(before, after, strict=True)) if binary else None
    return PairComparison(
        n=n,
        b=b,
        c=c,
        difference=(c - b) / n if binary else (math.fsum(after) - math.fsum(before)) / n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p_mcnemar=mcnemar_exact(b, c) if binary else None,
        flips_fraction=(b + c) / n,
        both_right=both_right,
        both_wrong=n - b - c - both_right if both_right is not None else None,
    )


def mcnemar_exact(b: int, c: int) -> float:
    """Exact two-sided McNemar p: twice the smaller tail of Binomial(b + c, 1/2), at most 1."""
    if b < 0 or c < 0:
        raise ValueError(f"flips are b = {b}, c = {c}; expected counts ≥ 0")
    flips = b + c
    tail = sum(math.comb(flips, k) for k in range(min(b, c) + 1))
    return float(min(1.0, 2 * tail / 2**flips))


def tango(b: int, c: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of (c − b) / n for paired proportions (Tango 1998, Stat. Med. 17:891, eqs. 5–8).

    Keeps its coverage with few or no flips, where the Wald interval shrinks to nothing.
    """
    if b < 0 or c < 0 or b + c > n or n < 1:
        raise ValueError(f"b = {b}, c = {c}, n = {n}; expected counts with b + c ≤ n")
    z = normal_quantile(confidence)

    def statistic(delta: float) -> float:
        linear = (2 * n - c + b) * delta - b - c
        constant = -b * delta * (1.0 - delta)
        nuisance = (math.sqrt(max(0.0, linear * linear - 8.0 * n * constant)) - linear) / (4.0 * n)
        variance = n * (2.0 * nuisance + delta * (1.0 - delta))
        return (c - b - n * delta) / math.sqrt(max(variance, 1e-300))

    estimate = (c - b) / n
    low = _root(lambda delta: statistic(delta) - z, -1.0, estimate)
    high = _root(lambda delta: statistic(delta) + z, estimate, 1.0)
    return Interval(low, high)


def ratio_interval(first: Sequence[float], second: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Interval of score(second) / score(first) on common items: "share of the baseline".

    Right-or-wrong scores: Bonett and Price (``bonett_price``). Graded scores: Fieller 1954, the shares r for which
    the paired mean of second − r × first may be 0. ``high`` is infinite where the baseline cannot be told from 0.
    None for one item; ValueError if the baseline scored 0 throughout.
    """
    before, after = _paired(first, second)
    n = len(before)
    if math.fsum(before) == 0.0:
        raise ValueError("the baseline scored 0 on every item; a share of it is not defined: set an absolute minimum")
    if n == 1:
        return None
    if all(value in (0.0, 1.0) for value in (*before, *after)):
        both = sum(x == y == 1.0 for x, y in zip(before, after, strict=True))
        return bonett_price(both, round(math.fsum(before)) - both, round(math.fsum(after)) - both, confidence)
    return _fieller(before, after, confidence)


def bonett_price(both: int, only_first: int, only_second: int, confidence: float = 0.95) -> Interval:
    """Interval of P(second right) / P(first right) from items right in both, only first, only second.

    Two Wilson intervals whose width is set by the flips (Bonett and Price 2006, Stat. Med. 25:3039, as given by
    Fagerland, Lydersen and Laake 2014, Stat. Med. 33:2850). Items both got wrong carry no news of the ratio.
    """
    right_first, right_second = both + only_first, both + only_second
    total = both + only_first + only_second
    joint = math.sqrt((only_first + only_second + 2) / ((right_first + 1) * (right_second + 1)))
    separate = sum(math.sqrt((1 - (x + 1) / (total + 2)) / (x + 1)) for x in (right_first, right_second))
    z = normal_quantile(confidence) * joint / separate

    def ends(x: int) -> tuple[float, float]:
        half = z * math.sqrt(z * z + 4 * x * (1 - x / total))
        return (2 * x + z * z - half) / (2 * (total + z * z)), (2 * x + z * z + half) / (2 * (total + z * z))

    low_first, high_first = ends(right_first)
    low_second, high_second = ends(right_second)
    high = high_second / low_first if low_first > 0 else math.inf
    return Interval(max(0.0, low_second / high_first), high)


def _fieller(before: list[float], after: list[float], confidence: float) -> Interval:
    n = len(before)
    mean_before, mean_after = math.fsum(before) / n, math.fsum(after) / n
    t = t_quantile(confidence, n - 1)
    scale = t * t / (n * (n - 1))
    var_before = scale * math.fsum((x - mean_before) ** 2 for x in before)
    var_after = scale * math.fsum((y - mean_after) ** 2 for y in after)
    cov = scale * math.fsum((x - mean_before) * (y - mean_after) for x, y in zip(before, after, strict=True))
    square = mean_before**2 - var_before
    if square <= 0.0:
        return Interval(0.0, math.inf)
    middle = (mean_before * mean_after - cov) / square
    half = math.sqrt(max(0.0, middle**2 - (mean_after**2 - var_after) / square))
    if half < 1e-9:  # second is a fixed multiple of first on every item: no variance to learn from
        difference = _mean_difference(before, after, confidence)
        ratio = mean_after / mean_before
        slack = max(mean_after - mean_before - difference.low, difference.high - (mean_after - mean_before))
        return Interval(max(0.0, ratio - slack / mean_before), ratio + slack / mean_before)
    return Interval(max(0.0, middle - half), middle + half)


def _mean_difference(before: list[float], after: list[float], confidence: float) -> Interval:
    differences = [y - x for x, y in zip(before, after, strict=True)]
    n = len(differences)
    mean = math.fsum(differences) / n
    if max(differences) - min(differences) < 1e-12:
        # No variance seen is not no variance: up to a share z²/(n + z²) of unseen items may differ as far as scores
        # allow, which is also what Tango's interval gives for no flips.
        z = normal_quantile(confidence)
        unseen = z * z / (n + z * z)
        return Interval(mean - (1.0 + mean) * unseen, mean + (1.0 - mean) * unseen)
    variance = math.fsum((d - mean) ** 2 for d in differences) / (n - 1)
    half = t_quantile(confidence, n - 1) * math.sqrt(variance / n)
    return Interval(max(-1.0, mean - half), min(1.0, mean + half))


def _clustered(
    plain: Interval, differences: list[float], clusters: Sequence[str], confidence: float
) -> Interval | None:
    half = clustered_half_width(differences, clusters, confidence)
    if half is None:
        return None
    mean = math.fsum(differences) / len(differences)
    return Interval(max(-1.0, min(plain.low, mean - half)), min(1.0, max(plain.high, mean + half)))


def _paired(first: Sequence[float], second: Sequence[float]) -> tuple[list[float], list[float]]:
    if len(first) != len(second):
        raise ValueError(f"first has {len(first)} scores, second {len(second)}; a pair needs the same items in order")
    return check_scores(first, "first"), check_scores(second, "second")


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a decreasing function crosses 0 between low and high, by bisection; the nearer end if it does not."""
    if function(low) <= 0.0:
        return low
    if function(high) >= 0.0:
        return high
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if function(middle) > 0.0 else (low, middle)
    return (low + high) / 2.0
