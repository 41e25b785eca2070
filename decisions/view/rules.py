"""Rules as data: a condition on the decision, and the text it raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.view.values import Chances, FlipPoint, Swing


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules may look at. ``answer`` is the option that the sentence is about."""

    scenario: Scenario
    decision: Decision
    answer: Option
    swings: Sequence[Swing]
    flip_points: Sequence[FlipPoint]
    chances: Chances

    def group(self, task: str) -> str:
        """The task's group as the evidence has it, "" where nothing was measured on it."""
        return next((o.measurements[task].task_group for o in self.decision.options if task in o.measurements), "")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``because`` returns what in this decision raises the rule, "" where nothing does."""

    id: str
    text: str
    because: Callable[[Facts], str]
    title: str = ""
