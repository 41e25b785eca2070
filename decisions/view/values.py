"""The parts of a decision view. Ids are option ids of its decision; texts are ready to show; unknown is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from decisions.options import Decision
from decisions.verdicts import Status

DecisionStatus = Literal["meets", "none_meets", "unproven"]
# how the view writes a number of this unit: $/h of one card, $ a month, requests a month, tokens, ×, share, seconds
Unit = Literal["usd_per_card_hour", "usd_per_month", "usd_per_query", "requests", "tokens", "ratio", "fraction", "s"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the decision says under some inputs. ``option`` is None where nothing is proven to meet."""

    status: DecisionStatus
    option: str | None
    label: str  # "70B IQ3_M", or "nothing proven"
    place: str  # "3 replicas of 2× RTX5090 32 GB, GPUHub"
    usd_per_month: float | None


@dataclass(frozen=True, kw_only=True)
class Swing:
    """One bar of the tornado: an input over its range, with the present answer's bill and the decision at both ends.

    ``low_usd_per_month`` and ``high_usd_per_month`` are what the present answer would cost at the low and high end of
    the input (None: it could not be served). ``low`` and ``high`` are the decision made anew there.
    """

    input: str  # "gpu_price", "volume", "prompt_tokens", "output_tokens", "peak_to_mean", "speed", "accuracy"
    label: str  # "GPU price"
    unit: Unit
    now: float | None
    low_input: float | None
    high_input: float | None
    range_text: str  # "$0.39–1.10 an hour"
    origin: str  # "what 9 providers ask for the same card"
    low_usd_per_month: float | None
    high_usd_per_month: float | None
    low: Outcome
    high: Outcome
    low_changes: bool
    high_changes: bool
    sentence: str

    @property
    def changes_choice(self) -> bool:
        """Whether the answer is another one at either end."""
        return self.low_changes or self.high_changes


@dataclass(frozen=True, kw_only=True)
class FlipPoint:
    """Where the answer becomes another one. Both sides were decided anew: ``stays`` at ``stays_at``, ``becomes`` at
    ``becomes_at``; ``value`` is the side from which the answer is another one, and everything else is as set.
    """

    input: str
    label: str
    unit: Unit
    now: float | None
    direction: Literal["above", "below"]
    value: float
    stays_at: float
    becomes_at: float
    stays: Outcome
    becomes: Outcome
    condition: str  # "GPU price above $1.31/h"
    sentence: str  # "GPU price above $1.31/h: the answer becomes 70B IQ3_M for about $1,110 a month."


@dataclass(frozen=True, kw_only=True)
class Chance:
    """In which share of the draws an option is the cheapest that truly meets every line; ``meets``: it meets them all.

    ``probability_among_proven`` is the same race among the options proven to meet alone; None for any other option.
    ``open_lines`` are lines nothing is known of (an API's latency): they count as not met in ``probability``;
    ``probability_if_open_lines_meet`` is the share if this option alone met them.
    """

    option: str
    label: str
    place: str
    verdict: Status
    usd_per_month: float | None
    probability: float
    probability_among_proven: float | None
    meets: float | None  # None with open lines
    meets_known_lines: float  # the same, of the lines that something is known of
    open_lines: tuple[str, ...]
    probability_if_open_lines_meet: float | None


@dataclass(frozen=True, kw_only=True)
class Chances:
    """All options that are ever right, likeliest first; with ``none`` the shares sum to 1."""

    draws: int
    seed: int
    options: tuple[Chance, ...]
    none: float
    answer: float | None  # the share of the present answer
    extra_usd_per_month: float | None  # over the cheapest proven one that meets, mean of the draws it meets in
    sentence: str  # of the options proven to meet, or that there is none
    unproven_sentence: str  # of cheaper ones that are not proven yet; "" where there are none


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One line: an option that was not chosen, and why."""

    role: str  # "what you use today", "next cheapest that meets", "cheaper, not proven", "nearest miss", "API"
    option: str
    label: str
    place: str
    verdict: Status
    usd_per_month: float | None
    cost_text: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One line of the SLA for one candidate."""

    line: str  # "MMLU", "p95 latency", "monthly cost", "fits"
    status: Status
    seen_text: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CandidateRow:
    """A candidate through all lines; ``cells`` in the order of the table's ``lines``, None where one is not asked."""

    option: str
    label: str
    place: str
    cost_text: str
    against_baseline: str  # "−1.4 points", "it is the baseline", "" where there is none
    cells: tuple[Cell | None, ...]
    verdict: Status
    is_status_quo: bool


@dataclass(frozen=True, kw_only=True)
class CandidateTable:
    """Baseline → acceptable trade-offs → candidates."""

    baselines: tuple[str, ...]  # "70B f16: MMLU 80.4 % ± 1.5", one a model
    trade_offs: tuple[str, ...]  # "MMLU at least 78 %", "p95 latency at most 40 s"
    lines: tuple[str, ...]  # heads of the cells
    rows: tuple[CandidateRow, ...]
    sentence: str  # "48 candidates: 3 meet, 7 are unproven, 38 miss (31 on MMLU)."


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What to watch once it runs, and when to go back. ``items_to_notice`` are graded answers (accuracy) or timed
    requests (latency) until a breach of this size shows with 80 % power at a 5 % error; None for money.
    """

    metric: str
    unit: Unit
    watch: float
    text: str
    items_to_notice: int | None
    time_to_notice_s: float | None  # at the scenario's volume if every request counted


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """How to go back. ``switch_to`` is None where nothing else is proven and nothing runs today."""

    triggers: tuple[Trigger, ...]
    switch_to: str | None
    switch_label: str  # "" where there is nothing to switch to
    switch_reason: str
    weight_bytes: float | None
    load_s: float | None  # weights from disk, engine start: None for an API
    load_text: str
    notice_months: float | None  # how long the present answer's offer is paid after notice; None unknown
    notice_text: str
    both_usd_per_day: float | None  # running both
    cost_text: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """For the engineers; ``because`` says what in this decision raises it."""

    id: str
    text: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A common mistake that this scenario makes or invites; ``because`` says where."""

    id: str
    title: str
    text: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DecisionView:
    """A decision with everything a meeting asks of it. ``recommendation`` holds its interval."""

    scenario: str
    title: str
    question: str
    as_of: str
    decision: Decision
    recommendation: str
    answer: str | None  # what sentence, swings, rollback and questions are about
    table: CandidateTable
    alternatives: tuple[Alternative, ...]
    swings: tuple[Swing, ...]  # widest first
    flip_points: tuple[FlipPoint, ...]  # nearest first
    chances: Chances
    rollback: Rollback | None  # None where there is no answer
    questions: tuple[Question, ...]
    mistakes: tuple[Mistake, ...]
