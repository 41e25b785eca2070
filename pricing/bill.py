"""The monthly bill of rented replicas, in parts. Idle hours are paid."""

from __future__ import annotations

from dataclasses import dataclass

from pricing.names import UnknownName, folded
from pricing.workload import Workload

STORAGE_USD_PER_GB_MONTH = 0.023  # S3 standard, us-east-1
EGRESS_USD_PER_GB = 0.09  # AWS internet egress, first 10 TB
BYTES_PER_OUTPUT_TOKEN = 5  # UTF-8 English, about 4 characters a token, and the response's envelope
COPIES_STORED = 2  # the version served and the one to roll back to


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a way of running costs besides the cards."""

    name: str
    spare_replicas: int
    people_hours_per_month: float
    people_usd_per_hour: float = 100.0
    source: str = ""


PRESETS = {
    "pilot": Preset(name="pilot", spare_replicas=0, people_hours_per_month=0, source="our default: no spare, no rota"),
    "production": Preset(
        name="production",
        spare_replicas=1,
        people_hours_per_month=10,
        source="our default: N+1 and 10 hours a month at $100",
    ),
}


def preset(name: str) -> Preset:
    """The preset called ``name``. Raises UnknownName."""
    if folded(name) not in PRESETS:
        raise UnknownName(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
    return PRESETS[folded(name)]


def parts_usd_per_month(
    *, usd_per_hour: float, replicas: int, spare_replicas: int, weight_bytes: float, workload: Workload, plan: Preset
) -> dict[str, float]:
    """The bill in parts: accelerators, spare replicas, storage, egress, people."""
    hours = workload.hours_per_month
    answers_gb = workload.requests_per_month * workload.output_tokens * BYTES_PER_OUTPUT_TOKEN / 1e9
    return {
        "accelerators": usd_per_hour * replicas * hours,
        "spare_replicas": usd_per_hour * spare_replicas * hours,
        "storage": weight_bytes / 1e9 * COPIES_STORED * STORAGE_USD_PER_GB_MONTH,
        "egress": answers_gb * EGRESS_USD_PER_GB,
        "people": plan.people_hours_per_month * plan.people_usd_per_hour,
    }
