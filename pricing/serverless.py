"""Serverless containers: billed by the second while up, gone after an idle window, slow to come back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing.workload import Workload

DAYS_PER_MONTH = 730 / 24


@dataclass(frozen=True, kw_only=True)
class Uptime:
    """A month of containers: hours at work, hours waiting for the next request, how often one starts cold.

    ``cold_fraction`` is the share of requests that find no container.
    """

    busy_hours: float
    idle_hours: float
    cold_starts: float
    cold_fraction: float


def uptime(
    workload: Workload, *, service_s: float, requests_per_s: float, idle_window_s: float, peak_containers: int
) -> Uptime:
    """A month of the workload, requests arriving at random at the mean rate λ.

    A container is up while one request came in the last ``service_s`` + ``idle_window_s`` seconds (M/G/∞): with
    chance ``1 − exp(−λ(S+W))``; it starts cold ``λ exp(−λ(S+W))`` times a second. ``requests_per_s`` is what one
    container carries: λ over it is the least that must be at work. Beyond the first, the containers of the peak are
    taken to start once a day.
    """
    rate = workload.requests_per_month / (workload.hours_per_month * 3600)
    silent = math.exp(-rate * (service_s + idle_window_s))
    least = rate / requests_per_s
    busy = max(1 - math.exp(-rate * service_s), least)
    up = max(1 - silent, busy)
    month = workload.hours_per_month
    return Uptime(
        busy_hours=busy * month,
        idle_hours=(up - busy) * month,
        cold_starts=rate * silent * month * 3600 + (peak_containers - 1) * DAYS_PER_MONTH * month / 730,
        cold_fraction=silent,
    )
