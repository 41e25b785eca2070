from __future__ import annotations

import random

import pytest

from evals.race import Entrant, Race
from evals.race_check import Line, RaceCheck, right_needed
from evals.statistics.intervals import wilson

ITEMS = [str(i) for i in range(300)]
MINIMUM = Line(task="quiz", kind="minimum", value=0.7)
SHARE = Line(task="quiz", kind="minimum_of_baseline", value=0.9)
DROP = Line(task="quiz", kind="max_drop_from_baseline", value=0.1)


def answers(accuracy: float, seed: int) -> dict[str, float]:
    rng = random.Random(seed)
    return {item: float(rng.random() < accuracy) for item in ITEMS}


def entrants(*names: str) -> list[Entrant]:
    return [Entrant(id=name, baseline="m@bf16", weight=2.0**i) for i, name in enumerate(names)]


SCORES = {
    ("m@bf16", "quiz"): answers(0.92, 1),
    ("m@q8", "quiz"): answers(0.92, 1),
    ("m@q4", "quiz"): answers(0.88, 2),
    ("m@q2", "quiz"): answers(0.20, 3),
}


def played(*lines: Line, order: tuple[str, ...] = ("m@q2", "m@q4", "m@q8"), **options: int) -> Race:
    race = Race(entrants(*order), lines, {"quiz": ITEMS}, **options)
    assert race.played(SCORES) is None
    return race


def test_the_cheapest_that_meets_wins_and_dearer_ones_are_never_asked() -> None:
    found = played(MINIMUM).standing()
    assert found.result.decision == "m@q4" and found.result.state == "meets"
    assert [c.status for c in found.candidates] == ["misses", "meets", "dropped"]
    low, middle, high = found.candidates
    assert high.items == 0 and 0 < low.items < 60 < middle.items < 300
    assert middle.low is not None and middle.low > 0.7 and low.high is not None and low.high < 0.7
    # weights 1, 2, 4 on 300 items each
    spent = (low.items * 1 + middle.items * 2) / (7 * 300)
    assert found.result.cost_fraction == pytest.approx(spent)
    assert found.result.calls == low.items + middle.items and found.result.full_grid_calls == 900


def test_baseline_items_are_shared_and_counted_once() -> None:
    found = played(SHARE).standing()
    assert found.result.full_grid_calls == 4 * 300
    asked = [c.items for c in found.candidates]
    assert found.baselines["m@bf16"] == max(asked)
    assert found.result.calls == sum(asked) + max(asked)
    assert found.candidates[0].status == "misses"


def test_the_baseline_itself_needs_no_items_for_a_share() -> None:
    race = Race(entrants("m@bf16"), [SHARE, DROP], {"quiz": ITEMS})
    assert race.next() is None and race.result().decision == "m@bf16" and race.result().calls == 0


def test_a_race_killed_anywhere_goes_on_to_the_same_end() -> None:
    whole = played(MINIMUM, SHARE).result()
    for reach in (0, 20, 37, 110):
        stored = {key: dict(list(items.items())[:reach]) for key, items in SCORES.items()}
        race = Race(entrants("m@q2", "m@q4", "m@q8"), [MINIMUM, SHARE], {"quiz": ITEMS})
        while ask := race.played(stored):
            stored[ask.entrant, ask.task] |= {item: SCORES[ask.entrant, ask.task][item] for item in ask.items}
        assert race.result() == whole


def test_nothing_meets_and_nothing_is_proven_are_told_apart() -> None:
    assert played(MINIMUM, order=("m@q2",)).result().state == "none_meets"
    knife = Line(task="quiz", kind="minimum", value=round(sum(SCORES["m@q4", "quiz"].values()) / 300, 2))
    found = played(knife, order=("m@q4",)).standing()
    assert found.result.state == "unproven" and found.result.decision is None
    assert "would not prove it" in found.candidates[0].reason or "all 300 items" in found.candidates[0].reason


def test_the_whole_pool_gets_the_verdict_of_the_full_grid() -> None:
    check = RaceCheck(Line(task="quiz", kind="minimum", value=0.8), 40, 0.05)
    scores = [1.0, 1.0, 1.0, 1.0, 0.0] * 8
    check.add(scores, scores)
    interval = wilson(32, 40)
    assert interval is not None and check.status == "unproven"
    assert (check.standing().low, check.standing().high) == pytest.approx((interval.low, interval.high))


def test_right_answers_needed_are_where_wilson_first_clears() -> None:
    needed = right_needed(0.8, 500, 0.95)
    enough, less = wilson(needed, 500), wilson(needed - 1, 500)
    assert enough and less and enough.low >= 0.8 > less.low


def test_a_line_that_anything_clears_needs_no_items() -> None:
    zero = Line(task="quiz", kind="minimum", value=0.0)
    race = Race(entrants("m@q2"), [zero], {"quiz": ITEMS})
    assert race.next() is None and race.result().decision == "m@q2"


def test_a_perfect_line_is_missed_at_the_first_wrong_answer() -> None:
    found = played(Line(task="quiz", kind="minimum", value=1.0), order=("m@q2",), chunk=1).standing()
    assert found.candidates[0].status == "misses" and found.candidates[0].items < 10


def test_who_cannot_be_evaluated_stays_unproven_and_the_others_race_on() -> None:
    race = Race(entrants("m@q2", "m@q4"), [MINIMUM], {"quiz": ITEMS})
    race.fail("m@q2", "out of memory")
    race.played(SCORES)
    found = race.standing()
    assert found.result.decision == "m@q4" and found.candidates[0].status == "unproven"
    assert "out of memory" in found.candidates[0].reason
    no_baseline = Race(entrants("m@q4"), [SHARE], {"quiz": ITEMS})
    no_baseline.fail("m@bf16", "no weights")
    assert no_baseline.next() is None and no_baseline.result().state == "unproven"


def test_graded_scores_race_too() -> None:
    rng = random.Random(4)
    graded = {("m@q4", "quiz"): {item: rng.betavariate(8, 2) for item in ITEMS}}
    race = Race(entrants("m@q4"), [Line(task="quiz", kind="minimum", value=0.7)], {"quiz": ITEMS})
    race.played(graded)
    assert race.result().decision == "m@q4" and race.result().calls < 300


def test_few_races_take_a_candidate_below_the_line_for_one_that_meets() -> None:
    # 25 races of four candidates just below the line: at most α/2 = 2.5 % early, 2.5 % each at the whole pool
    wrong = 0
    for seed in range(25):
        names = [f"m@{i}" for i in range(4)]
        scores = {(name, "quiz"): answers(0.67, 100 * seed + i) for i, name in enumerate(names)}
        race = Race(entrants(*names), [MINIMUM], {"quiz": ITEMS})
        race.played(scores)
        wrong += race.result().decision is not None
    assert wrong <= 3


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Race([], [MINIMUM], {"quiz": ITEMS}), "no candidate"),
        (lambda: Race(entrants("a@b"), [], {"quiz": ITEMS}), "no line on quality"),
        (lambda: Race(entrants("a@b"), [MINIMUM], {"quiz": []}), "pool of quiz has no items"),
        (lambda: Race(entrants("a@b"), [MINIMUM], {"quiz": ITEMS}, alpha=0.0), "alpha is 0.0"),
        (lambda: Race(entrants("a@b"), [MINIMUM], {"quiz": ITEMS}, chunk=0), "chunk is 0"),
        (lambda: Line(task="quiz", kind="minimum", value=80), "minimum of quiz is 80"),
        (lambda: Entrant(id="a", baseline="a", weight=-1), "weight of a is -1"),
    ],
)
def test_bad_input_names_the_value(call, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        call()
