"""Three verdicts on a threshold, with what would settle an open one: the one place where scores become verdicts.

The app, the reports and both command lines call these. *meets* only if the whole interval clears the threshold,
*misses* only if all of it lies on the wrong side, otherwise *unproven*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evals.statistics.intervals import (
    Interval,
    clustered_interval,
    difference_interval,
    interval_from_summary,
    normal_quantile,
    ratio_interval_from_summaries,
    score_interval,
)
from evals.statistics.pairs import compare_pairs, ratio_interval
from evals.statistics.power import MOST_ITEMS, items_for_margin, items_to_settle

Status = Literal["meets", "misses", "unproven"]
NO_COUNT = "the source does not say on how many items: no interval"
Direction = Literal["at least", "at most"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A status with what it rests on. ``seen``, ``low`` and ``high`` share the unit of the target, a fraction.

    ``items_to_settle`` is about how many more items would settle it, None where no number of items would.
    """

    status: Status
    target: float
    seen: float | None
    low: float | None
    high: float | None
    n: int | None
    reason: str = ""
    items_to_settle: int | None = None

    @property
    def settle_words(self) -> str:
        """``about 260 more items would settle it``, "" where nothing is open or items would not help."""
        if self.status != "unproven" or not self.items_to_settle:
            return ""
        return f"about {self.items_to_settle:,} more items would settle it"


def judge(direction: Direction, target: float, low: float | None, high: float | None) -> Status:
    """*meets* only if the whole interval clears the target, *misses* only if all of it is on the wrong side."""
    if low is None or high is None:
        return "unproven"
    if direction == "at least":
        return "meets" if low >= target else "misses" if high < target else "unproven"
    return "meets" if high <= target else "misses" if low > target else "unproven"


def minimum_score(
    scores: Sequence[float], target: float, confidence: float = 0.95, clusters: Sequence[str] | None = None
) -> Verdict:
    """Is the score at least ``target``? Item scores in 0..1; ``clusters`` names the document of each, if they share."""
    _fraction("target", target)
    if len(scores) == 0:
        return _nothing(target)
    interval = clustered_interval(scores, clusters, confidence) if clusters else score_interval(scores, confidence)
    seen = math.fsum(scores) / len(scores)
    return _minimum(seen, len(scores), interval, target, confidence)


def minimum_score_from_summary(
    score: float, n: int | None, target: float, interval: Interval | None, confidence: float = 0.95
) -> Verdict:
    """The same for a score whose items are not at hand; ``interval`` as the source or ``n`` gave it."""
    _fraction("target", target)
    if interval is None and n is None:
        return Verdict(status="unproven", target=target, seen=score, low=None, high=None, n=None, reason=NO_COUNT)
    return _minimum(score, n, interval or interval_from_summary(score, n or 1, confidence), target, confidence)


def _minimum(seen: float, n: int | None, interval: Interval | None, target: float, confidence: float) -> Verdict:
    if interval is None:
        return _one_item(target, seen, n)
    status = judge("at least", target, interval.low, interval.high)
    settle = items_to_settle(seen, target, n or 0, confidence) if status == "unproven" else None
    reason = "the interval reaches over the line" if status == "unproven" else ""
    return _verdict(status, target, seen, interval, n, reason, settle)


def share_of_baseline(
    baseline: Sequence[float], scores: Sequence[float], target: float, confidence: float = 0.95
) -> Verdict:
    """Is the score at least ``target`` of the baseline's, both on the same items in the same order?"""
    _fraction("target", target)
    if len(scores) == 0:
        return _nothing(target)
    before, after = math.fsum(baseline) / len(baseline or [0]), math.fsum(scores) / len(scores)
    if before == 0.0:
        return _meaningless(target, len(scores))
    interval = ratio_interval(baseline, scores, confidence)
    if interval is None:
        return _one_item(target, after / before, len(scores))
    status = judge("at least", target, interval.low, interval.high)
    settle = None
    if status == "unproven":
        settle = _more_pairs(baseline, scores, (1 - target) * before, confidence)
    return _verdict(status, target, after / before, interval, len(scores), "paired, item by item", settle)


def share_from_summaries(
    baseline: tuple[float, int | None], score: tuple[float, int | None], target: float, confidence: float = 0.95
) -> Verdict:
    """The same from two (score, n) whose items are not at hand: unpaired, and so several times wider."""
    _fraction("target", target)
    (before, n_before), (after, n_after) = baseline, score
    if before == 0.0:
        return _meaningless(target, n_after)
    if not n_before or not n_after:
        return Verdict(
            status="unproven", target=target, seen=after / before, low=None, high=None, n=None, reason=NO_COUNT
        )
    interval = ratio_interval_from_summaries((before, n_before), (after, n_after), confidence)
    if interval is None:
        return _one_item(target, after / before, min(n_before, n_after))
    status = judge("at least", target, interval.low, interval.high)
    settle = None
    if status == "unproven":
        settle = _more_unpaired(before, after, target, after - target * before, n_after, confidence)
    return _verdict(status, target, after / before, interval, n_after, "unpaired: no item scores", settle)


def not_worse(baseline: Sequence[float], scores: Sequence[float], margin: float, confidence: float = 0.95) -> Verdict:
    """Is the score no more than ``margin`` below the baseline's on the same items? ``seen`` is score − baseline.

    Non-inferiority by the interval of the paired difference, never by "McNemar p > 0.05".
    """
    _fraction("margin", margin)
    if len(scores) == 0:
        return _nothing(-margin)
    pair = compare_pairs(baseline, scores, confidence)
    if pair.low is None or pair.high is None:
        return _one_item(-margin, pair.difference, pair.n)
    interval = Interval(pair.low, pair.high)
    status = judge("at least", -margin, interval.low, interval.high)
    settle = _more_pairs(baseline, scores, margin, confidence) if status == "unproven" else None
    return _verdict(status, -margin, pair.difference, interval, pair.n, "paired, item by item", settle)


def not_worse_from_summaries(
    baseline: tuple[float, int | None], score: tuple[float, int | None], margin: float, confidence: float = 0.95
) -> Verdict:
    """The same from two (score, n) whose items are not at hand: unpaired."""
    _fraction("margin", margin)
    (before, n_before), (after, n_after) = baseline, score
    if not n_before or not n_after:
        return Verdict(
            status="unproven", target=-margin, seen=after - before, low=None, high=None, n=None, reason=NO_COUNT
        )
    interval = difference_interval((before, n_before), (after, n_after), confidence)
    if interval is None:
        return _one_item(-margin, after - before, min(n_before, n_after))
    status = judge("at least", -margin, interval.low, interval.high)
    settle = None
    if status == "unproven":
        settle = _more_unpaired(before, after, 1.0, after - before + margin, n_after, confidence)
    return _verdict(status, -margin, after - before, interval, n_after, "unpaired: no item scores", settle)


def _more_pairs(baseline: Sequence[float], scores: Sequence[float], margin: float, confidence: float) -> int | None:
    """Further pairs until, at the difference and the variance seen, the interval would leave the margin."""
    differences = [y - x for x, y in zip(baseline, scores, strict=True)]
    mean = math.fsum(differences) / len(differences)
    square = math.fsum(d * d for d in differences) / len(differences)
    gap = margin + mean
    if abs(gap) < 1e-9 or square == 0.0:
        return None
    wanted = gap - mean if gap > 0 else -gap - mean  # mirrored: pairs to show the miss
    if not 0.0 < wanted <= 1.0:
        return None
    total = items_for_margin(max(square, abs(mean)), wanted, mean, 0.5 + confidence / 2, 0.5)
    return max(1, total - len(differences))


def _more_unpaired(before: float, after: float, share: float, gap: float, n: int, confidence: float) -> int | None:
    """Further items on both sides until, at the scores seen, ``after`` − ``share`` × ``before`` would leave 0.

    n = z² · (variance of the one + share² · variance of the other) / gap² (Miller 2024, section 5, unpaired).
    """
    variance = after * (1 - after) + share**2 * before * (1 - before)
    if abs(gap) < 1e-9 or variance == 0.0:
        return None
    total = math.ceil(normal_quantile(confidence) ** 2 * variance / gap**2)
    return max(1, total - n) if total <= MOST_ITEMS else None


def _fraction(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is {value}; expected a fraction in 0..1, such as 0.8 for 80 %")


def _nothing(target: float) -> Verdict:
    return Verdict(
        status="unproven", target=target, seen=None, low=None, high=None, n=0, reason="no item was answered yet"
    )


def _one_item(target: float, seen: float, n: int | None) -> Verdict:
    reason = "one item is too few for an interval"
    return Verdict(status="unproven", target=target, seen=seen, low=None, high=None, n=n, reason=reason)


def _meaningless(target: float, n: int | None) -> Verdict:
    reason = "the baseline scores 0: a share of it means nothing"
    return Verdict(status="unproven", target=target, seen=None, low=None, high=None, n=n, reason=reason)


def _verdict(
    status: Status, target: float, seen: float, interval: Interval, n: int | None, reason: str, settle: int | None
) -> Verdict:
    bounded = math.isfinite(interval.high)
    return Verdict(
        status=status,
        target=target,
        seen=seen,
        low=interval.low if bounded else None,
        high=interval.high if bounded else None,
        n=n,
        reason=reason if bounded else f"{reason}; the baseline cannot be told from 0",
        items_to_settle=settle,
    )
