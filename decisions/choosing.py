"""Choosing among judged options: the cheapest that meets, or what comes nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from decisions.frontier import Z_90, Z_95
from decisions.options import Option
from decisions.verdicts import Check, Status
from decisions.wording import price

ORDER: tuple[Status, ...] = ("meets", "unproven", "misses")
COIN = 0.5  # what a check nobody measured is worth when options are ranked; never shown


def meeting(options: Sequence[Option]) -> list[Option]:
    """Those that meet, cheapest first; at the same price to three figures the better score goes first."""
    return sorted((o for o in options if o.verdict == "meets"), key=cost_then_score)


def ordered(options: Sequence[Option]) -> list[Option]:
    """Meets, unproven, misses; within each as the answer is chosen: cheapest, then better, the unpriced last."""
    return sorted(options, key=lambda option: (ORDER.index(option.verdict), *cost_then_score(option)))


def nearest(options: Sequence[Option]) -> Option | None:
    """When nothing meets: the unproven option most likely to, else the one that misses by least."""
    open_ones = [o for o in options if o.verdict == "unproven" and o.measurements]
    if open_ones:
        return min(open_ones, key=lambda o: (unknowns(o), -round(probability(o), 2), *cost_then_score(o)))
    missed = [o for o in options if o.verdict == "misses" and o.measurements]
    return min(missed, key=lambda o: (shortfall(o), *cost_then_score(o)), default=None)


def probability(option: Option) -> float:
    """How likely the option meets every line, taking the errors of its checks as normal and independent."""
    return math.prod(_chance(check) for check in option.checks)


def unknowns(option: Option) -> int:
    """How many of its checks rest on nothing measured."""
    return sum(check.status == "unproven" and check.low is None for check in option.checks)


def shortfall(option: Option) -> float:
    """The worst relative distance to a missed line; infinite where a deployment does not fit."""
    return max((_short(check) for check in option.checks if check.status == "misses"), default=0.0)


def _short(check: Check) -> float:
    if check.seen is None or check.name in ("fits", "load") or check.target <= 0:
        return math.inf
    gap = check.target - check.seen if check.direction == "at least" else check.seen - check.target
    return max(0.0, gap / check.target)


def _chance(check: Check) -> float:
    if check.status != "unproven":
        return 1.0 if check.status == "meets" else 0.0
    if check.seen is None or check.low is None or check.high is None:
        return COIN
    error = (check.high - check.low) / (2 * (Z_95 if check.unit == "fraction" else Z_90))
    if error <= 0:
        return COIN
    gap = check.seen - check.target if check.direction == "at least" else check.target - check.seen
    return NormalDist().cdf(gap / error)


def cost_then_score(option: Option) -> tuple[bool, float, float, str]:
    """Sort key: cheapest first, the better score among equal prices, unpriced last."""
    cost = option.quote.usd_per_month
    best = sum(m.score for m in option.measurements.values())
    return cost is None, price(cost.value) if cost else 0.0, -best, option.id
