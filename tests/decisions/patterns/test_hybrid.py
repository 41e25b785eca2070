"""The cheapest mix equals trying every assignment; an option for two tasks is one fleet."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from decisions.fields import BadInput
from decisions.options import Option
from decisions.patterns.hybrid import hybrid
from decisions.patterns.mix import Cost, cheapest_mix
from decisions.patterns.sentences import hybrid_sentence
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status
from tests.decisions.patterns.conftest import option, two_tasks


def brute_force(tasks: list[str], able: dict[str, list[str]], cost: Cost) -> float | None:
    """The least cost over every assignment of tasks to options, each option priced once for all it serves."""
    best = None
    for chosen in product(able, repeat=len(tasks)):
        if all(task in able[own] for task, own in zip(tasks, chosen, strict=True)):
            parts = {own: frozenset(t for t, o in zip(tasks, chosen, strict=True) if o == own) for own in chosen}
            usd = [cost(own, part) for own, part in parts.items()]
            if None not in usd:
                total = sum(one or 0.0 for one in usd)
                best = total if best is None else min(best, total)
    return best


def random_case(draw: np.random.Generator) -> tuple[list[str], dict[str, list[str]], Cost]:
    """Two to four tasks, two to five options with whole replicas and a price to start."""
    tasks = [f"task{place}" for place in range(draw.integers(2, 5))]
    options = [f"option{place}" for place in range(draw.integers(2, 6))]
    share = {task: draw.uniform(0.1, 1) for task in tasks}
    able = {name: [task for task in tasks if draw.uniform() < 0.6] for name in options}
    start, size, usd = ({name: draw.uniform(0.2, 5) for name in options} for _ in range(3))

    def cost(name: str, part: frozenset[str]) -> float | None:
        load = math.fsum(share[task] for task in part)
        return start[name] + usd[name] * math.ceil(load / size[name]) if load < 3 * size[name] else None

    return tasks, able, cost


def test_the_mix_is_the_best_of_all_assignments() -> None:
    draw = np.random.default_rng(11)
    for _ in range(60):
        tasks, able, cost = random_case(draw)
        found, best = cheapest_mix(tasks, able, cost), brute_force(tasks, able, cost)
        assert (found is None) == (best is None)
        if found and best is not None:
            assert found.usd_per_month == pytest.approx(best, abs=1e-9)
            assert sorted(task for part in found.serves.values() for task in part) == tasks


def test_a_shared_fleet_is_counted_once() -> None:
    # Each task alone costs 10 at a and 9 at b; a serves both for 12.
    found = cheapest_mix(["x", "y"], {"a": ["x", "y"], "b": ["x"], "c": ["y"]},
                         lambda name, part: (10.0 if len(part) == 1 else 12.0) if name == "a" else 9.0)  # fmt: skip
    assert found is not None and dict(found.serves) == {"a": ("x", "y")} and found.usd_per_month == 12.0


def test_too_many_tasks_are_refused() -> None:
    with pytest.raises(BadInput, match="9 tasks are too many"):
        cheapest_mix([str(place) for place in range(9)], {}, lambda *_: 1.0)


def judged(name: str, usd: float, **status: Status) -> Option:
    """An option measured on both tasks with the given verdict on each."""
    own = option(name, 0.9, usd)
    checks = tuple(
        Check(name=task.capitalize(), task=task, unit="fraction", direction="at least", target=0.8, seen=0.9, low=0.85,
              high=0.95, status=verdict)
        for task, verdict in status.items()
    )  # fmt: skip
    both = {task: replace(own.measurements["quiz"], task=task) for task in status}
    verdict: Status = "meets" if set(status.values()) == {"meets"} else "misses"
    return replace(own, measurements=both, checks=checks, verdict=verdict)


def test_each_task_goes_to_the_cheapest_option_proven_on_it(
    asked: Scenario, prices: Callable[[float, float], None]
) -> None:
    prices(1e-4, 6e-4)
    both = two_tasks(asked)
    both = replace(both, sla=replace(both.sla, quality={task: both.sla.quality["quiz"] for task in both.tasks}))
    small = judged("small", 101.0, quiz="meets", exam="misses")
    big = judged("big", 601.0, quiz="meets", exam="meets")
    found = hybrid(both, [small, big], None, shares={"quiz": 0.8, "exam": 0.2})  # type: ignore[arg-type]
    assert {fleet.option.id: fleet.tasks for fleet in found.fleets} == {"small": ("quiz",), "big": ("exam",)}
    # 1 + 100 × 0.8 and 1 + 600 × 0.2
    assert found.usd_per_month is not None and found.usd_per_month.value == pytest.approx(202)
    assert found.saving_fraction == pytest.approx(1 - 202 / 601)
    assert "A mix of Small for Quiz and Big for Exam meets your lines for about $202" in hybrid_sentence(found, both)
    alone = hybrid(both, [small], None)  # type: ignore[arg-type]
    assert alone.missing == ("Exam",) and "keep the line on Exam" in hybrid_sentence(alone, both)
