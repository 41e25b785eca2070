"""Two small stages with hand-made answers and round prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from decisions.options import Option
from decisions.patterns import stages
from decisions.patterns.results import ItemResults
from decisions.scenarios import Scenario
from pricing.quotes import Band, Quote
from tests.decisions.conftest import measured, scenario

N = 400


@pytest.fixture
def asked() -> Scenario:
    """80 % on one task within 2 s and $1,000; a million requests."""
    return scenario(evidence="measured")


def option(name: str, score: float, usd: float, task: str = "quiz") -> Option:
    seen = measured(name, "bf16", score, N, task=task, origin="measured")
    quote = Quote(kind="rental", label="1× card", fits=True, usd_per_month=Band(value=usd, low=usd, high=usd))
    return Option(
        id=name,
        label=name.capitalize(),
        kind="deployment",
        model=name,
        quantization="bf16",
        method="",
        quote=quote,
        measurements={task: seen},
    )


@pytest.fixture
def results() -> ItemResults:
    """400 items: small is sure and right on 97 % of the first 300, unsure and wrong after; big is right on 92 %."""
    ids = [str(place) for place in range(N)]
    small = {i: float(place < 300 and place % 33 != 32) for place, i in enumerate(ids)}
    big = {i: float(place % 25 >= 2) for place, i in enumerate(ids)}
    sure = {i: {"answer_margin": (2.0 if place < 300 else 0.5) - place / N} for place, i in enumerate(ids)}
    scores = {"small": small, "big": big}
    return ItemResults(
        scores=lambda model, quantization, task: scores[model],
        confidences=lambda model, quantization, task: sure,
        prompt_lengths=lambda task: {i: float(place) for place, i in enumerate(ids)},
    )


@pytest.fixture
def prices(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Dollars per request of each stage, after one dollar for the fleet; 0.2 s and 1 s."""

    def use(small_usd: float, big_usd: float) -> None:
        each = {"small": (small_usd, 0.2), "big": (big_usd, 1.0)}

        def quoted(
            scenario: Scenario, option: Option, share: float, book: object, calls: float = 1.0, **_: object
        ) -> Quote:
            usd, seconds = each[option.id]
            usd = 1 + usd * share * calls * scenario.workload.requests_per_month
            return Quote(
                kind="rental",
                label=f"{option.label} cards",
                fits=True,
                replicas=1,
                usd_per_month=Band(value=usd, low=usd, high=usd),
                parts={"accelerators": usd},
                e2e_p50_s=seconds,
                e2e_p95_s=Band(value=seconds, low=seconds, high=seconds),
            )

        monkeypatch.setattr(stages, "stage_quote", quoted)
        monkeypatch.setattr("decisions.patterns.cascade.stage_quote", quoted)
        monkeypatch.setattr("decisions.patterns.hybrid.stage_quote", quoted)
        monkeypatch.setattr("decisions.patterns.edge.stage_quote", quoted)

    return use


def two_tasks(asked: Scenario) -> Scenario:
    """The same with a second task."""
    return replace(asked, tasks={"quiz": "Quiz", "exam": "Exam"})
