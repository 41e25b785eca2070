"""What pages say of a race while it runs and after, and the SLA field of points lost."""

from __future__ import annotations

import pytest

from evals import runs
from evals.race import Entrant, Race
from evals.race_check import Line
from evals.race_spec import RaceSpec
from pages.ui.live import race_progress
from pages.ui.race_view import race_heading
from tests.pages.conftest import opened, words


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


def test_a_race_that_ends_or_stops_says_what_it_took() -> None:
    race = Race(
        [Entrant(id="m@nf4", baseline="m@bf16"), Entrant(id="m@bf16", baseline="m@bf16")],
        [Line(task="quiz", kind="minimum", value=0.5)],
        {"quiz": [str(i) for i in range(20)]},
    )
    ask = race.next()
    assert ask is not None
    stopped = "Race stopped, nothing decided: 2 of 2 candidates still in, 0 of 40 model calls so far."
    assert race_heading(race.standing(), "cancelled") == stopped
    race.give(ask, [1.0] * 20)
    spent = "20 model calls of the 40 of a full grid, 50 % of its cost"
    assert race_heading(race.standing(), "done") == f"m @ nf4 is the cheapest proven to meet your lines: {spent}."


def test_the_address_chooses_the_race_and_a_changed_sla_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.runs.resume", lambda *_: None)
    asked = []
    for percent in (70, 90):
        line = Line(task="shop_classification", kind="minimum", value=percent / 100)
        asked.append(runs.start_race(RaceSpec(candidates=("tiny-1m@nf4",), lines=(line,), limit=50)))
        runs.cancel(asked[-1])
    newest = opened("Run", scenario="ticket-classification", **{"min.shop_classification": "90"})
    assert not newest.exception
    assert "Race stopped, nothing decided\\: 1 of 1 candidates still in, 0 of 50" in words(newest)
    assert "Line\\: Ticket topics ≥ 90 % · 50 items a task" in words(newest) and "Your SLA now" not in words(newest)
    first = opened("Run", scenario="ticket-classification", run=asked[0], **{"min.shop_classification": "80"})
    assert "Line\\: Ticket topics ≥ 70 %" in words(first)
    assert "Your SLA now says\\: Ticket topics ≥ 80 %" in words(first)


def test_what_money_rules_out_is_named_before_the_race() -> None:
    app = opened("Run", scenario="ticket-classification", models="tiny-1m", quantizations="nf4,bf16", budget="1")
    assert "2 of 2 stay out, ruled out by money or latency\\: tiny-1m @ nf4, tiny-1m @ bf16." in words(app)
    (race,) = [button for button in app.button if button.label.startswith("Race for")]
    assert race.disabled
