"""What the PM demands: thresholds on quality, latency and money."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class QualityLine:
    """Lines on one task's score: absolute, as a share of the model's own full-precision baseline, or as points below.

    ``max_drop_from_baseline`` = 0.02: at most two points below it.
    """

    minimum: float | None = None
    minimum_of_baseline: float | None = None
    max_drop_from_baseline: float | None = None

    def __post_init__(self) -> None:
        for name in ("minimum", "minimum_of_baseline", "max_drop_from_baseline"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
                raise ValueError(f"{name} of the SLA is {value!r}; give a fraction from 0 to 1")


@dataclass(frozen=True, kw_only=True)
class Sla:
    """Thresholds; None means "not asked for". ``quality`` maps a task to its line."""

    quality: dict[str, QualityLine] = field(default_factory=dict)
    e2e_p95_s: float | None = None
    ttft_p95_s: float | None = None
    tpot_p95_s: float | None = None
    usd_per_query: float | None = None
    usd_per_month: float | None = None

    def __post_init__(self) -> None:
        for name in ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s", "usd_per_query", "usd_per_month"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} of the SLA is {value!r}; give a positive number or leave it out")
