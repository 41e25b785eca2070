"""Break-even against an API: a staircase, because replicas are whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pricing.quotes import Quote
from pricing.workload import Workload


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


def volumes(low: float, high: float, steps: int = 60) -> list[float]:
    """Requests a month from low to high, evenly spaced in the logarithm. Raises ValueError."""
    if not (1 <= low < high <= 1e12 and steps >= 2):
        raise ValueError(
            f"volumes run from {low!r} to {high!r} in {steps!r} steps; give 1 ≤ low < high ≤ 1e12 and 2 steps"
        )
    return [low * (high / low) ** (i / (steps - 1)) for i in range(steps)]


def staircase(
    self_host: Callable[[Workload], Quote],
    api: Callable[[Workload], Quote],
    workload: Workload,
    requests_per_month: Sequence[float],
) -> list[Step]:
    """Both bills at every volume. ``self_host`` and ``api`` quote one option for a workload."""
    found = []
    for volume in requests_per_month:
        load = replace(workload, requests_per_month=volume)
        mine, theirs = self_host(load), api(load)
        carried = mine.usd_per_month if mine.fits and not mine.reason else None
        found.append(
            Step(
                requests_per_month=volume,
                self_host_usd_per_month=carried.value if carried else None,
                api_usd_per_month=theirs.usd_per_month.value if theirs.usd_per_month else None,
                replicas=mine.replicas,
            )
        )
    return found


def cheaper_intervals(steps: Sequence[Step]) -> list[tuple[float, float]]:
    """Intervals of volume over which self-hosting is the cheaper of the two, at the staircase's resolution."""
    intervals: list[tuple[float, float]] = []
    begin: float | None = None
    last = 0.0
    for step in steps:
        if step.self_host_is_cheaper:
            begin = step.requests_per_month if begin is None else begin
            last = step.requests_per_month
        elif begin is not None:
            intervals.append((begin, last))
            begin = None
    if begin is not None:
        intervals.append((begin, last))
    return intervals
