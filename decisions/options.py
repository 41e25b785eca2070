"""What a PM can choose, with what is known of its quality, its price and its verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from decisions.verdicts import Check, Status
from evals.measurements import Measurement
from pricing.quotes import Quote


@dataclass(frozen=True, kw_only=True)
class Option:
    """A variant served somewhere, or an API model.

    ``measurements`` maps a task of the scenario to its measurement; a task nobody measured is absent.
    ``frontier_fraction`` is the share of resamples in which no other option is both cheaper and better.
    """

    id: str
    label: str  # "70B Q4_K_M"
    kind: Literal["deployment", "api"]
    model: str
    quantization: str
    method: str
    quote: Quote
    measurements: dict[str, Measurement] = field(default_factory=dict)
    baselines: dict[str, Measurement] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    verdict: Status = "unproven"
    on_frontier: bool = False
    frontier_fraction: float | None = None
    is_status_quo: bool = False
    notes: tuple[str, ...] = ()  # what else to know, one sentence each

    @property
    def bits_per_weight(self) -> float | None:
        """Of its variant, None where no measurement gives them."""
        return next((m.bits_per_weight for m in self.measurements.values() if m.bits_per_weight), None)

    @property
    def weight_bytes(self) -> int | None:
        """Size of its variant's weights, None where no measurement gives it."""
        return next((m.weight_bytes for m in self.measurements.values() if m.weight_bytes), None)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The answer: status, the chosen option or the nearest miss, and the sentence that says it."""

    status: Literal["meets", "none_meets", "unproven"]
    sentence: str
    detail: str
    choice: Option | None  # cheapest that meets
    nearest: Option | None  # when nothing meets: most probable unproven option, or the nearest miss
    status_quo: Option | None
    options: tuple[Option, ...]
    task: str  # the task the main chart plots
    saving_usd_per_month: float | None = None
    by_cost: Option | None = None  # the cheapest by price alone, where nothing that could be chosen is measured
    would_change: tuple[str, ...] = ()  # what would change our mind, one sentence each

    @property
    def shown(self) -> Option | None:
        """The option that the sentence is about."""
        return self.choice or self.by_cost or self.nearest
