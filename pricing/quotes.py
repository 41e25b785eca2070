"""The answer of pricing: what one option would cost and how fast it would be, for one named offer."""

from __future__ import annotations

from dataclasses import dataclass, field

from pricing.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Band:
    """A prediction with its low and high end (a 90 % band unless said otherwise)."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"a band must hold low ≤ value ≤ high, got {self.low}, {self.value}, {self.high}")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """An input that a quote rests on: what it is, its value in words, and where it comes from."""

    name: str
    value: str
    source: str = ""
    url: str = ""
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Option × workload → money, speed, memory. Unknown is None, never 0.

    ``parts`` splits ``usd_per_month.value`` (they sum to it). ``reason`` says in one sentence why the option does
    not fit, is unpriced, or cannot carry the load; "" when nothing stands in the way.
    """

    kind: str  # "rental", "api" or "endpoint"
    label: str  # "1× A6000 48 GB, RunPod" or "OpenAI API"
    fits: bool
    reason: str = ""
    accelerator: str = ""
    count: int = 0
    replicas: int = 0
    provider: str = ""
    provider_class: str = ""
    tier: str = ""
    offer: str = ""
    price_date: str = ""
    price_source: str = ""
    price_age_days: int | None = None
    price_is_override: bool = False
    memory_gib: float | None = None
    memory_available_gib: float | None = None
    usd_per_month: Band | None = None
    usd_per_query: Band | None = None
    usd_per_mtok: Band | None = None  # prompt and output tokens together
    parts: dict[str, float] = field(default_factory=dict)
    ttft_p95_s: Band | None = None
    tpot_p95_s: Band | None = None
    e2e_p95_s: Band | None = None
    latency_note: str = ""  # what a measured latency rests on, or why there is none
    latency_origin: str = ""  # "measured" here or "imported"; "" for a prediction
    e2e_p50_s: float | None = None
    utilisation_fraction: float | None = None
    outside_calibration: bool = False
    facts: tuple[Fact, ...] = ()


def per_query(month: Band, workload: Workload) -> Band:
    """A monthly bill over the requests of the month."""
    n = workload.requests_per_month
    return Band(value=month.value / n, low=month.low / n, high=month.high / n)


def per_mtok(month: Band, workload: Workload) -> Band:
    """A monthly bill over the million tokens of the month, prompt and output together."""
    mtok = workload.requests_per_month * (workload.prompt_tokens + workload.output_tokens) / 1e6
    return Band(value=month.value / mtok, low=month.low / mtok, high=month.high / mtok)
