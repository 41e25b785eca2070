"""Break-even against an API: a staircase, because replicas are whole numbers.

On one stair the replicas are fixed, so both bills are straight lines of the volume and their crossing is exact. A new
stair can hand the lead back to the API: break-even is a set of intervals, not one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pricing.quotes import Quote
from pricing.workload import Workload

Ask = Callable[[Workload], Quote]
UTILISATIONS = (0.05, 0.25, 0.5, 1.0)
MOST_STAIRS = 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """Monthly cost of both at one volume; None where one is unpriced, does not fit or cannot carry the load."""

    requests_per_month: float
    self_host_usd_per_month: float | None
    api_usd_per_month: float | None
    replicas: int

    @property
    def self_host_is_cheaper(self) -> bool | None:
        """None where either cost is unknown."""
        if self.self_host_usd_per_month is None or self.api_usd_per_month is None:
            return None
        return self.self_host_usd_per_month < self.api_usd_per_month


@dataclass(frozen=True, kw_only=True)
class Stair:
    """A run of volumes carried by the same replicas: both bills at its first and last volume."""

    first: Step
    last: Step

    @property
    def replicas(self) -> int:
        """Replicas of the stair; 0 where the load cannot be carried."""
        return self.first.replicas

    @property
    def cheaper(self) -> tuple[float, float] | None:
        """The volumes of this stair over which self-hosting is cheaper; None where it never is or nobody knows."""
        begin, end = self.first, self.last
        if begin.self_host_is_cheaper is None or end.self_host_is_cheaper is None:
            return None
        low, high = begin.requests_per_month, end.requests_per_month
        gaps = [_gap(begin), _gap(end)]
        if gaps[0] < 0 and gaps[1] < 0:
            return low, high
        if gaps[0] >= 0 and gaps[1] >= 0:
            return None
        crossing = low + (high - low) * gaps[0] / (gaps[0] - gaps[1])
        return (crossing, high) if gaps[1] < 0 else (low, crossing)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a query costs on the replicas bought, at one utilisation; ``api_usd_per_query`` None where unpriced."""

    utilisation_fraction: float
    requests_per_month: float
    usd_per_query: float
    usd_per_mtok: float
    api_usd_per_query: float | None


def volumes(low: float, high: float, steps: int = 60) -> list[float]:
    """Requests a month from low to high, evenly spaced in the logarithm. Raises ValueError."""
    if not (1 <= low < high <= 1e12 and steps >= 2):
        raise ValueError(
            f"volumes run from {low!r} to {high!r} in {steps!r} steps; give 1 ≤ low < high ≤ 1e12 and 2 steps"
        )
    return [low * (high / low) ** (i / (steps - 1)) for i in range(steps)]


def step(self_host: Ask, api: Ask, workload: Workload, requests_per_month: float) -> Step:
    """Both bills at one volume. ``self_host`` and ``api`` quote one option for a workload."""
    load = replace(workload, requests_per_month=requests_per_month)
    mine, theirs = self_host(load), api(load)
    carried = mine.usd_per_month if mine.fits and not mine.reason else None
    return Step(
        requests_per_month=requests_per_month,
        self_host_usd_per_month=carried.value if carried else None,
        api_usd_per_month=theirs.usd_per_month.value if theirs.usd_per_month else None,
        replicas=mine.replicas if carried else 0,
    )


def staircase(self_host: Ask, api: Ask, workload: Workload, requests_per_month: Sequence[float]) -> list[Step]:
    """Both bills at every volume."""
    return [step(self_host, api, workload, volume) for volume in requests_per_month]


def stairs(self_host: Ask, api: Ask, workload: Workload, low: float, high: float) -> list[Stair]:
    """Every stair from ``low`` to ``high`` requests a month, its edges to one part in a thousand.

    Ends early after 60 stairs: from there on the steps are small against the bill. Raises ValueError.
    """
    grid = staircase(self_host, api, workload, volumes(low, high, 25))
    found: list[Stair] = []
    begin = grid[0]
    for left, right in pairwise(grid):
        while begin.replicas != right.replicas and len(found) < MOST_STAIRS:
            last, after = _edge(self_host, api, workload, max(left, begin, key=_volume), right, begin.replicas)
            found.append(Stair(first=begin, last=last))
            begin = after
        if len(found) >= MOST_STAIRS:
            return found
    return [*found, Stair(first=begin, last=grid[-1])]


def _edge(
    self_host: Ask, api: Ask, workload: Workload, inside: Step, outside: Step, replicas: int
) -> tuple[Step, Step]:
    """The last step with ``replicas`` and the first with another number."""
    while outside.requests_per_month > 1.001 * inside.requests_per_month:
        middle = math.sqrt(inside.requests_per_month * outside.requests_per_month)
        here = step(self_host, api, workload, middle)
        inside, outside = (here, outside) if here.replicas == replicas else (inside, here)
    return inside, outside


def cheaper_volumes(found: Sequence[Stair]) -> list[tuple[float, float]]:
    """Intervals of volume over which self-hosting is cheaper, neighbouring stairs joined."""
    joined: list[tuple[float, float]] = []
    for stair in found:
        if (interval := stair.cheaper) is None:
            continue
        if joined and interval[0] <= 1.0011 * joined[-1][1]:
            joined[-1] = (joined[-1][0], interval[1])
        else:
            joined.append(interval)
    return joined


def loads(mine: Quote, theirs: Quote, workload: Workload) -> list[Load]:
    """A query's cost on the replicas of ``mine`` at 5, 25, 50 and 100 % of what they can carry; empty if unpriced.

    All parts are paid whatever the load, but egress, which goes with the answers.
    """
    if not mine.usd_per_month or not mine.utilisation_fraction:
        return []
    full = workload.requests_per_month / mine.utilisation_fraction
    egress = mine.parts.get("egress", 0.0)
    found = []
    for share in UTILISATIONS:
        n = share * full
        usd = (mine.usd_per_month.value - egress + egress * n / workload.requests_per_month) / n
        found.append(
            Load(
                utilisation_fraction=share,
                requests_per_month=n,
                usd_per_query=usd,
                usd_per_mtok=usd / (workload.prompt_tokens + workload.output_tokens) * 1e6,
                api_usd_per_query=theirs.usd_per_query.value if theirs.usd_per_query else None,
            )
        )
    return found


def _gap(one: Step) -> float:
    assert one.self_host_usd_per_month is not None and one.api_usd_per_month is not None
    return one.self_host_usd_per_month - one.api_usd_per_month


def _volume(one: Step) -> float:
    return one.requests_per_month
