"""Which share of the requests belongs to each task."""

from __future__ import annotations

import math
from collections.abc import Mapping

from decisions.fields import BadInput, nearest
from decisions.scenarios import Scenario

SUM_TOLERANCE = 0.005  # shares written with three figures


def shares_of(scenario: Scenario, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Shares by task in the scenario's order: those given, else the scenario's own, else equal ones.

    Raises BadInput for an unknown task, a share that is none, and shares that do not add to 1.
    """
    wanted = dict(given or scenario.traffic or {})
    if not wanted:
        return dict.fromkeys(scenario.tasks, 1 / len(scenario.tasks))
    for task, share in wanted.items():
        if task not in scenario.tasks:
            raise BadInput(f"share of {task!r}: no such task here; {nearest(task, scenario.tasks)}")
        if not (math.isfinite(share) and 0 <= share <= 1):
            raise BadInput(f"share of {scenario.tasks[task]} is {share!r}; give a fraction from 0 to 1")
    total = math.fsum(wanted.values())
    if abs(total - 1) > SUM_TOLERANCE:
        words = ", ".join(f"{scenario.tasks[task]} {100 * share:g} %" for task, share in wanted.items())
        raise BadInput(
            f"the shares of the traffic add to {100 * total:.1f} %, not 100 % ({words}); "
            f"{'lower' if total > 1 else 'raise'} them by {100 * abs(total - 1):.1f} points in all"
        )
    return {task: wanted.get(task, 0.0) / total for task in scenario.tasks}
