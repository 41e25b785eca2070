"""Bills of every option at once. A bill is a straight line in the hours paid: :mod:`pricing.bill` is asked for its
slopes, and prices and replicas are multiplied as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pricing import bill
from pricing.bill import Preset
from pricing.candidates import Candidates
from pricing.capacity import MAX_UTILISATION
from pricing.fleet import Floats
from pricing.loaded import Loaded
from pricing.serverless import DAYS_PER_MONTH, Uptime
from pricing.workload import Workload

CHUNK = 1 << 16  # options priced at once: temporary arrays of half a megabyte stay in the processor's cache


def cold_fraction(seen: Loaded, workload: Workload, plan: Preset) -> Floats:
    """Share of requests that find no serverless container; see :func:`pricing.serverless.uptime`."""
    rate = workload.requests_per_month / (workload.hours_per_month * 3600)
    return np.exp(-rate * (seen.alone_e2e_p95_s + plan.idle_window_s))


def usd_per_month(candidates: Candidates, seen: Loaded, workload: Workload, plan: Preset) -> Floats:
    """Variants × offers: dollars a month, NaN where the load is not carried or the seconds billed are unknown."""
    line = _Line(workload=workload, plan=plan)
    rest = line.rest_usd + candidates.grid.weight_bytes * line.slope(weight_bytes=1e12) / 1e12
    replicas = np.where(seen.replicas > 0, seen.replicas, np.nan)
    hours = {
        "on-demand": line.hours(replicas),
        "spot": line.hours(replicas + np.ceil(replicas * plan.spot_extra_fraction)),
        "serverless": line.serverless_hours(seen, replicas),
    }
    fallback = replicas * line.slope(replicas=1, tier="spot", fallback_usd_per_hour=1.0)
    usd = np.empty((len(candidates.variants), len(candidates.offers)))
    rows = max(1, CHUNK // len(candidates.offers))
    for tier in dict.fromkeys(candidates.market.tier.tolist()):
        mine = np.flatnonzero(candidates.market.tier == tier)
        column, price = candidates.market.column[mine], candidates.market.usd_per_hour[mine]
        dearer = np.fmax(0.0, candidates.fallback_usd_per_hour[mine] - price)
        paid = hours.get(tier, hours["on-demand"])
        for start in range(0, len(rest), rows):
            part = slice(start, start + rows)
            month = price * paid[part][:, column] + rest[part, None]
            if tier == "spot":
                month += dearer * fallback[part][:, column]
            usd[part, mine] = month
    return usd


@dataclass(frozen=True, kw_only=True)
class _Line:
    """The bill as a straight line in the hours paid."""

    workload: Workload
    plan: Preset

    def usd(self, **asked: Any) -> float:
        """The whole bill of a month; what is not ``asked`` for is 0."""
        terms: dict[str, Any] = {"usd_per_hour": 0.0, "replicas": 0, "spare_replicas": 0, "weight_bytes": 0.0}
        parts = bill.parts_usd_per_month(workload=self.workload, plan=self.plan, **terms | asked)
        return sum(parts.values())

    @cached_property
    def rest_usd(self) -> float:
        """What no card and no weight adds to."""
        return self.usd()

    def slope(self, **asked: Any) -> float:
        """What the bill grows by with ``asked``."""
        return self.usd(**asked) - self.rest_usd

    def hours(self, replicas: Floats) -> Floats:
        """Hours paid at the offer's price, spares and regions included."""
        spares = self.slope(usd_per_hour=1.0, spare_replicas=self.plan.spare_replicas)
        return replicas * self.slope(usd_per_hour=1.0, replicas=1) + spares

    def serverless_hours(self, seen: Loaded, replicas: Floats) -> Floats:
        """Hours paid at a serverless price; :func:`pricing.serverless.uptime` on arrays."""
        load, month = self.workload, self.workload.hours_per_month
        rate = load.requests_per_month / (month * 3600)
        silent = cold_fraction(seen, load, self.plan)
        busy = np.maximum(1 - np.exp(-rate * seen.alone_e2e_p95_s), rate / (MAX_UTILISATION * seen.requests_per_s))
        idle = np.maximum(1 - silent, busy) - busy
        starts = rate * silent * month * 3600 + (replicas - 1) * DAYS_PER_MONTH * month / 730

        def slope(spare_replicas: int = 0, **one: float) -> float:
            up = Uptime(**{"busy_hours": 0.0, "idle_hours": 0.0, "cold_starts": 0.0, "cold_fraction": 0.0} | one)
            return self.slope(usd_per_hour=1.0, tier="serverless", spare_replicas=spare_replicas, uptime=up)

        used = busy * month * slope(busy_hours=1.0) + idle * month * slope(idle_hours=1.0)
        return used + starts * slope(cold_starts=1.0) + slope(self.plan.spare_replicas)
