"""The inputs that can be turned: each makes the scenario, the prices or the evidence it would be decided on instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from decisions.evidence import ItemScores
from decisions.options import Option
from decisions.scenarios import Scenario, scenario_from_inputs
from decisions.view.values import Unit
from evals.measurements import Measurement
from pricing import repricing
from pricing.catalogue import PriceBook


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a decision is made from: the arguments of :func:`decisions.decision.decide`."""

    scenario: Scenario
    measurements: Sequence[Measurement]
    book: PriceBook
    scores: ItemScores | None

    def on(self, **changes: Any) -> Basis:
        """The same with fields of the scenario, its workload or its SLA changed by name."""
        return replace(self, scenario=scenario_from_inputs(self.scenario, **changes))


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One input. ``turn`` gives the basis at a value of it; ``now`` is its present value.

    ``rejudges``: accuracy verdicts may change, so every option has to be judged anew, not only those accurate enough.
    """

    input: str
    label: str
    unit: Unit
    now: float
    lowest: float
    highest: float
    turn: Callable[[float], Basis]
    rejudges: bool = False
    whole: bool = False
    task: str = ""


def knobs(basis: Basis, answer: Option | None) -> tuple[Knob, ...]:
    """Everything that can be turned around this answer: prices, workload, the lines, the accuracy seen."""
    return (*_price(basis, answer), *_workload(basis), *_lines(basis), *_seen(basis, answer))


def _price(basis: Basis, answer: Option | None) -> list[Knob]:
    if answer is None or answer.quote.usd_per_month is None:
        return []
    quote, book = answer.quote, basis.book
    if quote.kind == "rental":
        asked = repricing.card_hour_usd(book, quote)
        if asked is None:
            return []

        def rented(value: float) -> Basis:
            return replace(basis, book=repricing.with_card_price(book, quote.accelerator, value / asked))

        return [
            Knob(
                input="gpu_price",
                label=f"Price of {quote.accelerator}",
                unit="usd_per_card_hour",
                now=asked,
                lowest=asked / 20,
                highest=asked * 20,
                turn=rented,
            )
        ]
    candidate = next((c for c in basis.scenario.api if c.id == answer.id), None)
    if candidate is None or answer.quote.usd_per_query is None:
        return []
    now, seller, workload = answer.quote.usd_per_query.value, candidate, basis.scenario.workload

    def sold(value: float) -> Basis:
        priced = repricing.with_api_price(book, seller.provider, seller.model, value / now, workload)
        return replace(basis, book=priced)

    return [
        Knob(
            input="api_price",
            label=f"API price of {answer.label}",
            unit="usd_per_query",
            now=now,
            lowest=now / 20,
            highest=now * 20,
            turn=sold,
        )
    ]


def _workload(basis: Basis) -> list[Knob]:
    load = basis.scenario.workload
    known: tuple[tuple[str, str, str, Unit, float, float, bool], ...] = (
        ("volume", "requests_per_month", "Requests a month", "requests", 1, 1e12, False),
        ("prompt_tokens", "prompt_tokens", "Prompt tokens", "tokens", 1, 2_000_000, True),
        ("output_tokens", "output_tokens", "Output tokens", "tokens", 1, 200_000, True),
        ("peak_to_mean", "peak_to_mean", "Busiest hour over the mean", "ratio", 1, 100, False),
    )

    def turned(field: str, whole: bool, value: float) -> Basis:
        return basis.on(**{field: int(value) if whole else value})

    return [
        Knob(
            input=name,
            label=label,
            unit=unit,
            now=float(getattr(load, field)),
            lowest=max(low, getattr(load, field) / 20),
            highest=min(high, getattr(load, field) * 20),
            turn=partial(turned, field, whole),
            whole=whole,
        )
        for name, field, label, unit, low, high, whole in known
    ]


def _lines(basis: Basis) -> list[Knob]:
    """The thresholds of the SLA."""
    scenario, sla = basis.scenario, basis.scenario.sla

    def limited(field: str, value: float) -> Basis:
        return basis.on(**{field: value})

    def asked(task: str, field: str, value: float) -> Basis:
        line = replace(sla.quality[task], **{field: value})
        return basis.on(quality=sla.quality | {task: line})

    words: tuple[tuple[str, str, Unit], ...] = (
        ("usd_per_month", "Monthly budget", "usd_per_month"),
        ("usd_per_query", "Budget a query", "usd_per_query"),
        ("e2e_p95_s", "Latency line (p95)", "s"),
        ("ttft_p95_s", "First-token line (p95)", "s"),
        ("tpot_p95_s", "Time-per-token line (p95)", "s"),
    )
    found = [
        Knob(
            input=field,
            label=label,
            unit=unit,
            now=now,
            lowest=now / 20,
            highest=now * 20,
            turn=partial(limited, field),
        )
        for field, label, unit in words
        if (now := getattr(sla, field)) is not None
    ]
    kinds = (
        ("minimum", "Accuracy line on {}"),
        ("minimum_of_baseline", "Share-of-baseline line on {}"),
        ("max_drop_from_baseline", "Allowed drop on {}"),
    )
    for task, line in sla.quality.items():
        for field, label in kinds:
            if (now := getattr(line, field)) is not None:
                found.append(
                    Knob(
                        input=field,
                        label=label.format(scenario.tasks[task]),
                        unit="fraction",
                        now=now,
                        lowest=0.0,
                        highest=1.0,
                        turn=partial(asked, task, field),
                        rejudges=True,
                        task=task,
                    )
                )
    return found


def _seen(basis: Basis, answer: Option | None) -> list[Knob]:
    """The answer's accuracy, should it turn out another: score and interval move together."""
    if answer is None:
        return []

    def shifted(seen: Measurement, value: float) -> Basis:
        by = value - seen.score
        moved = replace(
            seen,
            score=_share(value),
            low=None if seen.low is None else _share(seen.low + by),
            high=None if seen.high is None else _share(seen.high + by),
        )
        return replace(basis, measurements=tuple(moved if m is seen else m for m in basis.measurements))

    return [
        Knob(
            input="accuracy",
            label=f"{answer.label} on {basis.scenario.tasks[task]}",
            unit="fraction",
            now=seen.score,
            lowest=0.0,
            highest=1.0,
            turn=partial(shifted, seen),
            rejudges=True,
            task=task,
        )
        for task, line in basis.scenario.sla.quality.items()
        if line.minimum is not None and (seen := answer.measurements.get(task)) is not None and seen.low is not None
    ]


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
