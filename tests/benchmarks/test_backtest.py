"""The back-test's policies on planted cases whose right choice is known."""

from __future__ import annotations

import pytest

from evals.race_check import Line
from tests.benchmarks.backtest import measured, section
from tests.benchmarks.backtest_cases import published_cases
from tests.benchmarks.backtest_policies import (
    Candidate,
    Case,
    chosen_by_habit,
    decided,
    full_grid,
    judged,
    truth,
)
from tests.benchmarks.write import NAMES

N = 400


def candidate(
    name: str,
    usd: float,
    share: float,
    *,
    size: float = 8,
    bits: float = 4.5,
    hidden: bool = True,
    top: float | None = None,
) -> Candidate:
    """Right on the first ``share`` of the items, in an order mixed so that every stretch holds that share."""
    right = {i for i in range(N) if (i * 7919) % N < share * N}
    return Candidate(
        id=name,
        baseline=name,
        usd_per_month=usd,
        parameters_b=size,
        bits=bits,
        scores={"task": [float(i in right) for i in range(N)]},
        truth={"task": share},
        hidden=hidden,
        forecast_top=top,
    )


def case(*candidates: Candidate, line: float = 0.8) -> Case:
    lines = (Line(task="task", kind="minimum", value=line),)
    return Case(name="planted", candidates=candidates, lines=lines, order_seed=3)


CHEAP = candidate("small", 100, 0.6, size=1, bits=16)
RIGHT = candidate("big4", 200, 0.92, size=70)
DEAR = candidate("big16", 400, 0.95, size=70, bits=16)


def test_the_race_finds_the_cheapest_that_truly_meets_for_fewer_calls() -> None:
    planted = case(CHEAP, RIGHT, DEAR)
    assert truth(planted) is RIGHT
    choice, calls = decided(planted)
    assert choice is RIGHT
    assert 0 < calls < 0.6
    assert full_grid(planted) is RIGHT


def test_what_is_known_and_proven_is_raced_only_against_cheaper_ones() -> None:
    known = candidate("known", 150, 0.95, hidden=False)
    choice, calls = decided(case(known, RIGHT, DEAR))
    assert (choice, calls) == (known, 0.0)


def test_a_forecast_under_the_line_sends_a_candidate_to_the_end() -> None:
    doomed = candidate("doomed", 100, 0.79, top=0.5)  # too near to the line to settle soon
    hopeful = candidate("doomed", 100, 0.79)
    late, early = decided(case(doomed, RIGHT)), decided(case(hopeful, RIGHT))
    assert late[0] is early[0] is RIGHT
    assert late[1] < early[1]


def test_nothing_is_chosen_where_nothing_is_proven() -> None:
    assert decided(case(candidate("near", 100, 0.81)))[0] is None
    assert full_grid(case(candidate("near", 100, 0.81))) is None


def test_habits_look_at_size_and_bits_alone() -> None:
    planted = case(CHEAP, RIGHT, DEAR)
    names = {habit: chosen_by_habit(planted, habit).id for habit in ("always 4-bit", "always 16-bit")}
    assert names == {"always 4-bit": "big4", "always 16-bit": "big16"}
    assert chosen_by_habit(planted, "smallest model that fits") is CHEAP


def test_regret_is_the_bill_over_the_cheapest_that_meets() -> None:
    planted = case(CHEAP, RIGHT, DEAR)
    assert judged(planted, DEAR, RIGHT)["regret"] == pytest.approx(1.0)
    assert judged(planted, CHEAP, RIGHT) == {"decided": True, "missed": True, "regret": None, "possible": True}
    assert judged(planted, None, RIGHT)["decided"] is False


def test_the_figures_and_the_section_follow_from_the_cases() -> None:
    found = measured(iter([case(CHEAP, RIGHT, DEAR), case(CHEAP, RIGHT, DEAR, line=0.97)]))
    ours = found["policies"]["forecast and race"]
    assert (ours["decided"], ours["missed"], ours["rightly_none"], ours["good_fraction"]) == (1, 0, 1, 1.0)
    smallest = found["policies"]["smallest model that fits"]
    assert (smallest["missed_fraction"], smallest["regret_median"]) == (1.0, None)
    text = section({"command": "c", "date": "d", "seconds": 1.0, "half": found})
    assert "| forecast and race | 1 | 0.0% | 0.0% |" in text
    assert "backtest" in NAMES


def test_published_cases_hide_what_they_say_and_repeat_with_the_seed() -> None:
    def first(hide: str) -> Case:
        return next(published_cases(1, 5, hide))

    half, quantized = first("half"), first("quantized")
    assert sum(c.hidden for c in half.candidates) == len(half.candidates) // 2
    assert all(c.hidden == (c.bits < 16) for c in quantized.candidates)
    assert first("half") == half
    costs = [c.usd_per_month for c in half.candidates]
    assert costs == sorted(costs) and len(set(costs)) > 1
