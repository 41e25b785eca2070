"""Which measurements a scenario may use: one benchmark, one kind of evidence, never mixed silently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from decisions.scenarios import Scenario
from evals.measurements import Measurement

ItemScores = Callable[[str, str, str], Mapping[str, float]]  # (model, quantization, task) → item id → score


def scenario_measurements(scenario: Scenario) -> tuple[Measurement, ...]:
    """The measurements of the scenario's candidates on its tasks, from its own kind of evidence."""
    raise NotImplementedError


def item_scores(model: str, quantization: str, task: str) -> Mapping[str, float]:
    """Item id → score of a variant measured here; empty where there are no items."""
    raise NotImplementedError


def baseline_of(measurement: Measurement, measurements: Sequence[Measurement]) -> Measurement | None:
    """The full-precision run of the same model under the same protocol, or what the source calls its baseline."""
    raise NotImplementedError
