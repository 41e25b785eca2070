"""What other pages say while a race runs, and the SLA field of points lost."""

from __future__ import annotations

from evals.race import Entrant, Race
from evals.race_check import Line
from pages.ui.live import race_progress
from tests.pages.conftest import opened


def test_a_race_is_told_by_candidates_and_model_calls() -> None:
    order = [Entrant(id="m@nf4", baseline="m@bf16", weight=4), Entrant(id="m@bf16", baseline="m@bf16", weight=16)]
    race = Race(order, [Line(task="quiz", kind="minimum", value=0.5)], {"quiz": [str(i) for i in range(100)]})
    ask = race.next()
    assert ask is not None and ask.entrant == "m@nf4"
    race.give(ask, [float(i % 2) for i in range(len(ask.items))])
    assert race_progress(race.standing()) == (
        f"Racing: 2 of 2 candidates still in, {len(ask.items)} of 200 model calls so far."
    )


def test_points_lost_at_most_come_from_the_address() -> None:
    app = opened("Compare", **{"drop.MMLU": "5"})
    assert not app.exception
    assert any(field.label == "points lost" and field.value == 5 for field in app.number_input)
