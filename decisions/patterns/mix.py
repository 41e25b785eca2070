"""The cheapest way to serve several tasks, each by one option: a set partition, solved exactly.

An option that serves several tasks is one fleet sized for their sum, so its cost is not a sum over tasks: a column is
an option with a set of tasks, priced as that fleet. Each task lies in exactly one chosen column, each option has at
most one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from decisions.fields import BadInput

MOST_TASKS = 8
Cost = Callable[[str, frozenset[str]], float | None]


@dataclass(frozen=True, kw_only=True)
class Mix:
    """``serves`` maps an option to its tasks, in their order; ``usd_per_month`` is all of it."""

    serves: Mapping[str, tuple[str, ...]]
    usd_per_month: float


def cheapest_mix(tasks: Sequence[str], able: Mapping[str, Sequence[str]], cost: Cost) -> Mix | None:
    """The mix of least cost; ``able`` maps an option to the tasks whose lines it meets, ``cost`` prices an option for
    a set of tasks (None: it cannot carry them). None where no mix covers every task. Raises BadInput for too many
    tasks."""
    if len(tasks) > MOST_TASKS:
        raise BadInput(f"{len(tasks)} tasks are too many for an exact mix; join some, {MOST_TASKS} at most")
    columns: list[tuple[str, tuple[str, ...], float]] = []
    for option, meets in able.items():
        served = [task for task in tasks if task in meets]
        for size in range(1, len(served) + 1):
            for part in combinations(served, size):
                usd = cost(option, frozenset(part))
                if usd is not None:
                    columns.append((option, part, usd))
    if not all(any(task in part for _, part, _ in columns) for task in tasks):
        return None
    chosen = _solve(tasks, list(able), columns)
    if chosen is None:
        return None
    return Mix(
        serves={columns[place][0]: columns[place][1] for place in chosen},
        usd_per_month=sum(columns[place][2] for place in chosen),
    )


def _solve(
    tasks: Sequence[str], options: Sequence[str], columns: Sequence[tuple[str, tuple[str, ...], float]]
) -> list[int] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp  # imported here: a quarter of a second

    covers = np.array([[float(task in part) for _, part, _ in columns] for task in tasks])
    once = np.array([[float(option == own) for own, _, _ in columns] for option in options])
    usd = np.array([price for *_, price in columns])
    scale = max(float(np.abs(usd).max()), 1e-12)
    found = milp(
        usd / scale,
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(covers, 1, 1), LinearConstraint(once, 0, 1)],
        options={"mip_rel_gap": 0.0},
    )
    return None if found.x is None else [int(place) for place in np.flatnonzero(found.x > 0.5)]
