"""What a page works on: the scenario as set, its evidence, the prices and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from decisions.charts.palette import Palette, palette
from decisions.comparison import Comparison, compare_options
from decisions.deciding import CliffPoints, cliff_points, compared, decided, viewed
from decisions.decision import decide
from decisions.evidence import ItemScores, item_scorer, scenario_measurements
from decisions.history.snapshot import Snapshot
from decisions.options import Decision, Option
from decisions.scenarios import Scenario, scenario_from_inputs
from decisions.view import DecisionView, decision_view
from evals.measurements import Measurement
from evals.store import StoreError
from pages.ui.live import STORE_TROUBLE


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One page run: inputs already applied, evidence and decision computed when first asked for."""

    scenario: Scenario
    book: Any
    dark: bool
    narrow: bool
    recalled: Snapshot | None = None  # the saved decision whose link was opened

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
        try:
            return scenario_measurements(self.scenario)
        except STORE_TROUBLE:  # the frame has said so
            return ()

    def on_task(self, task: str) -> Workspace:
        """The same with ``task`` as the scenario's first, the one that is charted."""
        tasks = {task: self.scenario.tasks[task]} | self.scenario.tasks
        return replace(self, scenario=scenario_from_inputs(self.scenario, tasks=tasks))

    @property
    def item_scores(self) -> ItemScores | None:
        """Scores item by item, None for evidence that has none."""
        return item_scorer(self.scenario)

    @cached_property
    def decision(self) -> Decision:
        """The answer under the present inputs."""
        try:
            return decided(self.scenario, self.book)
        except STORE_TROUBLE:  # published evidence speaks without the store
            return decide(self.scenario, self.measurements, self.book, self.item_scores)

    def comparison(self, first_id: str, second_id: str) -> Comparison:
        """Two options of the decision side by side. Raises BadInput for an unknown one."""
        try:
            return compared(self.scenario, self.decision, first_id, second_id, self.book)
        except (StoreError, OSError):
            scores = self.item_scores
            return compare_options(
                self.scenario, self.decision, first_id, second_id, book=self.book, item_scores=scores
            )

    def view(self) -> DecisionView:
        """What would change the decision, how sure it is and the way back: some seconds where nobody asked before."""
        try:
            return viewed(self.scenario, self.decision, self.book)
        except (StoreError, OSError):
            evidence = (self.measurements, self.book, self.item_scores)
            return decision_view(self.scenario, *evidence, decision=self.decision)

    def cliff(self, *, tolerance: float) -> CliffPoints:
        """The cliff of the evidence; nothing where that cannot be read."""
        try:
            return cliff_points(self.scenario, tolerance=tolerance)
        except STORE_TROUBLE:  # the frame has said so
            return CliffPoints(seen=(), expected=(), rows=())

    def option(self, option_id: str) -> Option | None:
        """An option of the decision by id."""
        return next((o for o in self.decision.options if o.id == option_id), None)
