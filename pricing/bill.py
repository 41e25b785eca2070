"""The monthly bill of rented replicas, in parts. Idle hours are paid, whatever is asked of the replicas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from pricing import amounts, names
from pricing.quotes import Fact
from pricing.serverless import Uptime
from pricing.workload import Workload

STORAGE_USD_PER_GB_MONTH = 0.023
EGRESS_USD_PER_GB = 0.09
BYTES_PER_TOKEN = 5  # UTF-8 English, about 4 characters a token, and the envelope of a request
AWS_LIST = "AWS list price, us-east-1 (S3 standard; internet egress, first 10 TB)"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a way of running costs besides the cards that carry the load. Every field is an input one may change.

    ``spare_replicas`` are a region's. ``discount_fraction`` is what the user negotiated off the offer's price.
    """

    name: str
    regions: int = 1
    spare_replicas: int = 0
    people_hours_per_month: float = 0.0
    people_usd_per_hour: float = 100.0
    copies_stored: int = 2
    storage_usd_per_gb_month: float = STORAGE_USD_PER_GB_MONTH
    egress_usd_per_gb: float = EGRESS_USD_PER_GB
    log_months: float = 0.0
    fixed_usd_per_month: float = 0.0
    discount_fraction: float = 0.0
    spot_extra_fraction: float = 0.2
    spot_fallback_fraction: float = 0.1
    cold_start_s: float = 118.0
    idle_window_s: float = 60.0
    source: str = ""

    def __post_init__(self) -> None:
        for name, (low, high, _, _) in TERMS.items():
            amounts.within(f"{name} of the preset {self.name}", getattr(self, name), low, high)
        for name in ("regions", "spare_replicas", "copies_stored"):
            if getattr(self, name) != int(getattr(self, name)):
                raise ValueError(f"{name} of the preset {self.name} is {getattr(self, name)!r}; give a whole number")

    def fleet(self, replicas: int) -> int:
        """Replicas paid for where ``replicas`` carry the load: spares and regions included."""
        return self.regions * (replicas + self.spare_replicas)


# field: (lowest, highest, what it is, where the default comes from)
TERMS: Mapping[str, tuple[float, float, str, str]] = {
    "regions": (1, 4, "regions, each able to carry the whole load", "our default"),
    "spare_replicas": (0, 100, "spare replicas a region", "N+1 for availability, 0 for a pilot: our default"),
    "people_hours_per_month": (0, 10_000, "hours of people a month", "our default; claims run from 5 h to a team"),
    "people_usd_per_hour": (0, 10_000, "dollars an hour of people", "our default; $145–160 k a year is about $75"),
    "copies_stored": (1, 100, "copies of the weights stored", "the version served and the one to roll back to"),
    "storage_usd_per_gb_month": (0, 100, "dollars a GB-month of storage", AWS_LIST),
    "egress_usd_per_gb": (0, 100, "dollars a GB of egress", AWS_LIST),
    "log_months": (0, 120, "months that requests and answers are kept", "our default"),
    "fixed_usd_per_month": (0, 1e6, "dollars a month and region, load balancer and monitoring",
                            "csekhardas/genai-tco-calc default, $150"),
    "discount_fraction": (0, 0.95, "discount you negotiated", "none unless you say so; observed for 1 year: AWS "
                          "35–37 %, Azure 14–17 %; for 3 years: 46–57 %, 38–48 %"),
    "spot_extra_fraction": (0, 5, "extra replicas on spot, for those being replaced", "our default, as the 20 % "
                            "headroom of llm-d-planner"),
    "spot_fallback_fraction": (0, 1, "share of hours without spot, paid on demand", "our default; SkyServe mixes spot "
                               "and on-demand in the same way"),
    "cold_start_s": (0, 3600, "seconds to a serverless container's first token", "techbytes 2026-05: vLLM about 118 s; "
                     "12 s from a snapshot"),
    "idle_window_s": (0, 86_400, "seconds a serverless container waits for the next request", "our default"),
}  # fmt: skip

PRESETS = {
    one.name: one
    for one in (
        Preset(name="pilot", source="our default: no spare, no rota, nothing kept"),
        Preset(
            name="production",
            spare_replicas=1,
            people_hours_per_month=10,
            log_months=1,
            fixed_usd_per_month=150,
            source="our default: N+1, 10 hours a month, load balancer and monitoring",
        ),
        Preset(
            name="regulated",
            regions=2,
            spare_replicas=1,
            people_hours_per_month=40,
            log_months=12,
            fixed_usd_per_month=150,
            source="our default: N+1 in each of two regions, 40 hours a month, a year of logs",
        ),
    )
}


def preset(name: str | Preset, **changed: float) -> Preset:
    """The preset called ``name`` with some of its terms changed. Raises UnknownName, ValueError."""
    if isinstance(name, Preset):
        chosen = name
    else:
        chosen = PRESETS[names.resolve(name, names.index((one, ()) for one in PRESETS), what="preset")]
    unknown = set(changed) - set(TERMS)
    if unknown:
        names.resolve(min(unknown), names.index((one, ()) for one in TERMS), what="term of a preset")
    return replace(chosen, **changed) if changed else chosen  # type: ignore[arg-type]


def terms(plan: Preset) -> tuple[Fact, ...]:
    """Every term of a preset with its value and where the default comes from."""
    shipped = PRESETS.get(plan.name)
    found = []
    for field in fields(plan):
        if field.name in TERMS:
            value = getattr(plan, field.name)
            is_own = shipped is None or value != getattr(shipped, field.name)
            _, _, what, source = TERMS[field.name]
            found.append(Fact(name=field.name, value=f"{value:g} {what}", source="yours" if is_own else source))
    return tuple(found)


def parts_usd_per_month(
    *,
    usd_per_hour: float,
    replicas: int,
    spare_replicas: int,
    weight_bytes: float,
    workload: Workload,
    plan: Preset,
    tier: str = "on-demand",
    fallback_usd_per_hour: float | None = None,
    uptime: Uptime | None = None,
) -> dict[str, float]:
    """The bill in parts: accelerators, spare replicas, storage, egress, people, and what the terms add.

    ``replicas`` carry the load, ``spare_replicas`` stand beside them, both a region. ``fallback_usd_per_hour`` is the
    same cards on demand, for the hours without spot. ``uptime`` is what a serverless tier bills.
    """
    hours, price = workload.hours_per_month, usd_per_hour * (1 - plan.discount_fraction)
    n, load = workload.requests_per_month, workload
    answers_gb = n * load.output_tokens * BYTES_PER_TOKEN / 1e9
    kept_gb = n * (load.prompt_tokens + load.output_tokens) * BYTES_PER_TOKEN / 1e9 * plan.log_months
    stored_gb = weight_bytes / 1e9 * plan.copies_stored + kept_gb
    carrying = price * (replicas * hours if uptime is None else uptime.busy_hours)
    found = {
        "accelerators": carrying,
        "spare_replicas": price * spare_replicas * hours,
        "storage": stored_gb * plan.storage_usd_per_gb_month * plan.regions,
        "egress": answers_gb * plan.egress_usd_per_gb,
        "people": plan.people_hours_per_month * plan.people_usd_per_hour,
    }
    extra: dict[str, float] = {}
    if uptime is not None:
        extra["idle_windows"] = price * uptime.idle_hours
        extra["cold_starts"] = price * uptime.cold_starts * plan.cold_start_s / 3600
    if tier == "spot":
        extra["interruptions"] = price * math.ceil(replicas * plan.spot_extra_fraction) * hours
        if fallback_usd_per_hour is not None:
            dearer = max(0.0, fallback_usd_per_hour * (1 - plan.discount_fraction) - price)
            extra["interruptions"] += dearer * replicas * hours * plan.spot_fallback_fraction
    if plan.regions > 1:
        one = found["accelerators"] + found["spare_replicas"] + sum(extra.values())
        extra["further_regions"] = (plan.regions - 1) * (one if uptime is None else found["spare_replicas"])
    extra["fixed"] = plan.fixed_usd_per_month * plan.regions
    return found | {name: usd for name, usd in extra.items() if usd}
