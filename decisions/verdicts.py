"""Three verdicts: an option meets a threshold, misses it, or is unproven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["meets", "misses", "unproven"]


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


def judge(direction: Literal["at least", "at most"], target: float, low: float | None, high: float | None) -> Status:
    """*meets* only if the whole interval clears the target, *misses* only if all of it is on the wrong side."""
    if low is None or high is None:
        return "unproven"
    if direction == "at least":
        return "meets" if low >= target else "misses" if high < target else "unproven"
    return "meets" if high <= target else "misses" if low > target else "unproven"


def overall(checks: Iterable[Check]) -> Status:
    """One miss is a miss; otherwise one unproven check leaves the whole unproven."""
    statuses = [check.status for check in checks]
    if "misses" in statuses:
        return "misses"
    return "meets" if statuses and all(status == "meets" for status in statuses) else "unproven"
