"""Confidence intervals of one score, and of the difference or ratio of two scores from different items.

Every function takes scores and proportions as fractions in 0..1 and returns an ``Interval``, or None where one
item is too few for any interval. Quantiles come from the standard library where it has them, so that reading a
table of published scores does not pay for importing scipy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Interval:
    """Two ends of a confidence interval, ``low`` ≤ ``high``. An end is infinite where the data do not bound it."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise ValueError(f"interval from {self.low} to {self.high}; expected low ≤ high")


def normal_quantile(confidence: float) -> float:
    """Two-sided z of ``confidence`` (1.96 for 0.95)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; expected a fraction between 0 and 1, such as 0.95")
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def t_quantile(confidence: float, degrees: int) -> float:
    """Two-sided Student t of ``confidence`` at ``degrees`` of freedom."""
    from scipy.special import stdtrit  # imported here: 0.2 s that readers of published tables never need

    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; expected a fraction between 0 and 1, such as 0.95")
    return float(stdtrit(degrees, 0.5 + confidence / 2.0))


def check_scores(scores: Sequence[float], name: str = "scores") -> list[float]:
    """The scores as floats; ValueError if there are none or one is not a fraction in 0..1."""
    if len(scores) == 0:
        raise ValueError(f"{name} is empty; an interval needs at least one item")
    values = [float(score) for score in scores]
    for position, value in enumerate(values):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name}[{position}] is {value}; expected a fraction in 0..1")
    return values


def wilson(successes: float, n: int, confidence: float = 0.95) -> Interval | None:
    """Wilson score interval of a proportion (Wilson 1927; Brown, Cai and DasGupta 2001, eq. 4).

    ``successes`` may be fractional (a published share times n). None for n = 1; ValueError for n < 1 or successes
    outside 0..n.
    """
    if n < 1:
        raise ValueError(f"n is {n}; an interval needs at least one item")
    if not 0.0 <= successes <= n:
        raise ValueError(f"successes is {successes} of n = {n}; expected 0 to n")
    if n == 1:
        return None
    return _wilson(successes, n, normal_quantile(confidence))


def _wilson(successes: float, n: float, z: float) -> Interval:
    share = successes / n
    middle = (successes + z * z / 2.0) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(n * share * (1.0 - share) + z * z / 4.0)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(low, high)


def mean_interval(scores: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Student t interval of the mean of graded scores, clipped to 0..1 (Miller 2024, arXiv 2411.00640, section 2.1).

    When every score is equal the sample variance is 0 and the t interval would claim certainty from a handful of
    items; then the Wilson interval of the summed score is returned: no score in 0..1 with that mean varies more
    than right-or-wrong ones, so it is wide enough. None for one score.
    """
    values = check_scores(scores)
    n = len(values)
    if n == 1:
        return None
    if min(values) == max(values):
        return wilson(values[0] * n, n, confidence)
    mean = math.fsum(values) / n
    half = t_quantile(confidence, n - 1) * math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1) / n)
    return Interval(max(0.0, mean - half), min(1.0, mean + half))


def score_interval(scores: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Wilson for right-or-wrong scores (all 0 or 1), the t interval of the mean for graded ones."""
    values = check_scores(scores)
    if all(value in (0.0, 1.0) for value in values):
        return wilson(math.fsum(values), len(values), confidence)
    return mean_interval(values, confidence)


def clustered_interval(scores: Sequence[float], clusters: Sequence[str], confidence: float = 0.95) -> Interval | None:
    """Interval of the mean when items share a document: clustered standard error, t with C − 1 degrees, in 0..1.

    SE = √(C/(C − 1) · Σ_c (Σ_{i in c} (s_i − mean))²) / n (Miller 2024, arXiv 2411.00640, section 2.2, with the usual
    small-sample factor). Never narrower than ``score_interval``, which is what it falls back on when every item is a
    cluster of its own. None for one cluster: it says nothing of another document.
    """
    values = check_scores(scores)
    half = clustered_half_width(values, clusters, confidence)
    plain = score_interval(values, confidence)
    if half is None or plain is None:
        return None
    mean = math.fsum(values) / len(values)
    return Interval(max(0.0, min(plain.low, mean - half)), min(1.0, max(plain.high, mean + half)))


def clustered_half_width(values: Sequence[float], clusters: Sequence[str], confidence: float = 0.95) -> float | None:
    """t × clustered standard error of the mean of any values; None for a single cluster."""
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} scores but {len(clusters)} clusters; give one cluster an item")
    mean = math.fsum(values) / len(values)
    sums: dict[str, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value - mean
    count = len(sums)
    if count < 2:
        return None
    error = math.sqrt(count / (count - 1) * math.fsum(s * s for s in sums.values())) / len(values)
    return t_quantile(confidence, count - 1) * error


def interval_from_summary(score: float, n: int, confidence: float = 0.95) -> Interval | None:
    """Wilson interval of a score known only as a share of n items. For graded scores it is wider than needed."""
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"score is {score}; expected a fraction in 0..1")
    return wilson(score * n, n, confidence)


def difference_interval(
    first: tuple[float, int], second: tuple[float, int], confidence: float = 0.95
) -> Interval | None:
    """Interval of second − first for two (score, n) from **different** items (Newcombe 1998, method 10).

    Only where no common items exist: on common items ``pairs.compare_pairs`` is several times narrower.
    """
    wilson_first = interval_from_summary(*first, confidence)
    wilson_second = interval_from_summary(*second, confidence)
    if wilson_first is None or wilson_second is None:
        return None
    difference = second[0] - first[0]
    down = math.hypot(second[0] - wilson_second.low, wilson_first.high - first[0])
    up = math.hypot(wilson_second.high - second[0], first[0] - wilson_first.low)
    return Interval(max(-1.0, difference - down), min(1.0, difference + up))


def ratio_interval_from_summaries(
    first: tuple[float, int], second: tuple[float, int], confidence: float = 0.95
) -> Interval | None:
    """Interval of second / first for two (score, n) from **different** items: "share of the baseline".

    MOVER-R on two Wilson intervals (Donner and Zou 2012, Stat. Methods Med. Res. 21:347). None where either score
    rests on one item. ValueError if the baseline score is 0.
    """
    (base, _), (score, _) = first, second
    wilson_first = interval_from_summary(*first, confidence)
    wilson_second = interval_from_summary(*second, confidence)
    if base <= 0.0:
        raise ValueError("the baseline score is 0; a share of it is not defined: set an absolute minimum instead")
    if wilson_first is None or wilson_second is None:
        return None
    product = score * base
    least = wilson_second.low * (2.0 * score - wilson_second.low)
    most = wilson_second.high * (2.0 * score - wilson_second.high)
    top = wilson_first.high * (2.0 * base - wilson_first.high)
    bottom = wilson_first.low * (2.0 * base - wilson_first.low)
    # Written as least / (…) instead of (…) / top, which is the same and stays finite where top passes 0.
    low = least / (product + math.sqrt(max(0.0, product * product - least * top))) if least > 0 else 0.0
    high = (product + math.sqrt(max(0.0, product * product - most * bottom))) / bottom
    return Interval(low, high)
