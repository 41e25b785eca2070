"""What is asked of the served model, month by month."""

from __future__ import annotations

import math
from dataclasses import dataclass

HOURS_PER_MONTH = 730.0  # 8,760 h / 12; also used by Hugging Face Endpoints and llm-d-planner


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Requests a month with their sizes; ``peak_to_mean`` is the busiest hour over the mean hour."""

    requests_per_month: float = 1_000_000
    prompt_tokens: int = 1200
    output_tokens: int = 300
    cached_fraction: float = 0.0
    peak_to_mean: float = 3.0
    hours_per_month: float = HOURS_PER_MONTH

    def __post_init__(self) -> None:
        _within("requests_per_month", self.requests_per_month, 1, 1e12)
        _within("prompt_tokens", self.prompt_tokens, 1, 2_000_000)
        _within("output_tokens", self.output_tokens, 1, 200_000)
        _within("cached_fraction", self.cached_fraction, 0, 1)
        _within("peak_to_mean", self.peak_to_mean, 1, 100)
        _within("hours_per_month", self.hours_per_month, 1, 744)

    @property
    def peak_requests_per_s(self) -> float:
        """Requests a second in the busiest hour."""
        return self.requests_per_month / (self.hours_per_month * 3600) * self.peak_to_mean


def _within(field: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{field} of the workload is {value!r}; give a number from {low:g} to {high:g}")
