"""Three verdicts: an option meets a threshold, misses it, or is unproven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evals.verdicts import Status, judge

__all__ = ["Check", "Status", "judge", "overall"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One threshold against what was seen.

    ``direction`` is "at least" or "at most"; ``seen``/``low``/``high`` share the unit of ``target``.
    ``items_to_settle`` is about how many more eval items would settle an unproven check, None where items
    cannot settle it.
    """

    name: str  # "MMLU", "p95 latency", "monthly cost", "cost per query"
    unit: str  # "fraction", "s", "usd"
    direction: Literal["at least", "at most"]
    target: float
    seen: float | None
    low: float | None
    high: float | None
    status: Status
    reason: str = ""
    items_to_settle: int | None = None
    origin: str = ""
    task: str = ""  # the task a quality line is about, "" for money and latency


def overall(checks: Iterable[Check]) -> Status:
    """One miss is a miss; otherwise one unproven check leaves the whole unproven."""
    statuses = [check.status for check in checks]
    if "misses" in statuses:
        return "misses"
    return "meets" if statuses and all(status == "meets" for status in statuses) else "unproven"
