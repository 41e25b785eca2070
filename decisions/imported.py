"""What the user imported, as a scenario beside the built-in ones, so that every page can decide on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from decisions.evidence import EVERY
from decisions.fields import one_of
from decisions.scenarios import Scenario, scenarios
from evals.measurements import Measurement
from evals.store import StoreError

NAME = "imported"


def known_scenarios() -> dict[str, Scenario]:
    """The built-in scenarios, and that of the imported runs once there are any."""
    every = scenarios()
    try:
        made = imported_scenario(EVERY["imported"](), max(one.as_of for one in every.values()))
    except (StoreError, OSError):  # the frame of a page says so
        made = None
    return {**every, **({NAME: made} if made else {})}


def known_scenario(name: str) -> Scenario:
    """One of them by id. Raises BadInput with the nearest one."""
    every = known_scenarios()
    return every[one_of("scenario", name, every, "scenarios")]


def imported_scenario(measurements: Sequence[Measurement], as_of: date) -> Scenario | None:
    """All imported tasks and models, the task with the most variants first; None where nothing has a score."""
    if not measurements:
        return None
    counted = Counter(m.task for m in {(m.task, m.variant): m for m in measurements}.values())
    tasks = sorted(counted, key=lambda task: -counted[task])
    return Scenario(
        id=NAME,
        title="Your imported runs",
        question="What do the runs we already have say?",
        evidence="imported",
        tasks={task: task for task in tasks},
        models={m.model: m.model.rsplit("/", 1)[-1] for m in measurements},
        as_of=as_of,
    )
