"""What a page works on: the scenario as set, its evidence, the prices and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from decisions.decision import decide
from decisions.evidence import item_scores, scenario_measurements
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from evals.measurements import Measurement
from pages.ui.charts.palette import Palette, palette


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One page run: inputs already applied, evidence and decision computed when first asked for."""

    scenario: Scenario
    book: Any
    dark: bool
    narrow: bool

    @property
    def colours(self) -> Palette:
        """Chart colours of the present theme."""
        return palette(self.dark)

    @property
    def task_title(self) -> str:
        """The charted task's short name."""
        return self.scenario.tasks[self.scenario.task]

    @cached_property
    def measurements(self) -> Sequence[Measurement]:
        """The evidence the scenario may use."""
        return scenario_measurements(self.scenario)

    @cached_property
    def decision(self) -> Decision:
        """The answer under the present inputs."""
        return decide(self.scenario, self.measurements, self.book, item_scores)

    def option(self, option_id: str) -> Option | None:
        """An option of the decision by id."""
        return next((o for o in self.decision.options if o.id == option_id), None)
