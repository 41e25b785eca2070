"""Thresholds that keep a promise, on items counted by hand and in simulated deployments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from decisions.fields import BadInput
from decisions.patterns.items import StagePair, stage_pair, usual_signal
from decisions.patterns.thresholds import KEEP_ALL, PASS_ALL, Line, cross_fit, e_values, guaranteed, plain, walk


def pair(weak: list[float], strong: list[float], signal: list[float], baseline: list[float] | None = None) -> StagePair:
    return StagePair(
        task="quiz",
        ids=tuple(str(place) for place in range(len(weak))),
        weak=np.array(weak, float),
        strong=np.array(strong, float),
        signal=np.array(signal, float),
        baseline=None if baseline is None else np.array(baseline, float),
    )


def traffic(n: int, draw: np.random.Generator) -> StagePair:
    """The first stage is right with chance 0.35 + 0.6 × its signal, the second with 0.7 + 0.16 × signal."""
    sure = draw.uniform(size=n)
    weak, strong = draw.uniform(size=n) < 0.35 + 0.6 * sure, draw.uniform(size=n) < 0.7 + 0.16 * sure
    return pair(weak.tolist(), strong.tolist(), sure.tolist())


def test_the_walk_keeps_the_surest_first_and_equal_signals_together() -> None:
    seen = walk(pair([1, 0, 1, 0], [0, 1, 1, 1], [0.9, 0.5, 0.5, 0.1]))
    assert seen.thresholds.tolist() == [math.inf, 0.9, 0.5, 0.1]
    assert seen.passed_fraction.tolist() == [1.0, 0.75, 0.25, 0.0]
    # all passed on: 3 of 4; the surest kept: 1 + 1 + 1 + 1; both at 0.5 kept: 1 + 0 + 1 + 1; all kept: 2
    assert seen.score.tolist() == [0.75, 1.0, 0.75, 0.5]


def test_the_evidence_at_every_threshold_is_the_capital_of_the_bets_after_all_items() -> None:
    from evals.statistics.sequential import BOLDEST, GRID

    line = Line(name="quiz", target=0.5)
    logs = e_values(pair([1, 0], [1, 1], [0.9, 0.1]), line)
    # kept at the second threshold: 1 (weak), then 1 (strong); at the third: 1 and 0. x − m is ±0.5, bets 1.98 × grid
    bets = GRID * BOLDEST / 0.5
    expected = [np.mean((1 + bets * 0.5) ** 2)] * 2 + [np.mean((1 + bets * 0.5) * (1 - bets * 0.5))]
    assert np.exp(logs) == pytest.approx(expected)


def test_two_hundred_sure_and_right_answers_are_kept_and_the_wrong_ones_passed_on() -> None:
    weak, signal = [1.0] * 200 + [0.0] * 200, [0.9] * 200 + [0.1] * 200
    items = pair(weak, [1.0] * 400, signal)
    # all passed on or the sure ones kept: 400 of 400 right; all kept: 200 of 400, far under 90 %
    assert guaranteed(items, (Line(name="quiz", target=0.9),)) == 0.9
    assert plain(items, (Line(name="quiz", target=0.9),)) == 0.9
    assert guaranteed(items, (Line(name="quiz", target=0.4),)) == KEEP_ALL


def test_where_the_second_stage_breaks_the_line_itself_nothing_is_proven() -> None:
    items = pair([1.0, 0.0] * 100, [1.0, 0.0] * 100, [float(place) for place in range(200)])
    assert guaranteed(items, (Line(name="quiz", target=0.6),)) is None
    assert plain(items, (Line(name="quiz", target=0.6),)) == PASS_ALL


def test_a_first_stage_that_keeps_the_line_is_found_behind_a_second_that_breaks_it() -> None:
    items = pair([1.0] * 200, [0.0] * 200, [float(place) for place in range(200)])
    assert guaranteed(items, (Line(name="quiz", target=0.9),)) == KEEP_ALL


def test_a_line_against_a_baseline_counts_differences() -> None:
    # Kept answers lose 1 of 100 against the baseline; 5 points are allowed and 1 point is not proven.
    weak = [1.0] * 99 + [0.0]
    items = pair(weak * 3, [1.0] * 300, [0.5 + place / 1000 for place in range(300)], [1.0] * 300)
    assert guaranteed(items, (Line(name="change", target=-0.05, share=1.0),)) == KEEP_ALL
    assert guaranteed(items, (Line(name="change", target=-0.01, share=1.0),)) != KEEP_ALL


def test_the_guarantee_holds_in_simulated_deployments_and_in_sample_choice_does_not() -> None:
    draw, line = np.random.default_rng(7), (Line(name="quiz", target=0.72),)
    future = traffic(200_000, draw)
    kept, guessed, runs = 0, 0, 150
    for _ in range(runs):
        seen = traffic(300, draw)
        for rule, is_proof in ((guaranteed, True), (plain, False)):
            chosen = rule(seen, line)
            below = future.signal < (PASS_ALL if chosen is None else chosen)
            holds = np.where(below, future.strong, future.weak).mean() >= 0.72
            kept, guessed = kept + (holds and is_proof), guessed + (holds and not is_proof)
    assert kept >= 0.95 * runs - 3 * math.sqrt(runs * 0.05 * 0.95)
    assert guessed < 0.8 * runs


def test_cross_fitting_scores_every_item_under_a_threshold_chosen_without_it() -> None:
    items = traffic(400, np.random.default_rng(3))
    line = (Line(name="quiz", target=0.72),)
    fit = cross_fit(items, lambda part: plain(part, line))
    below = items.signal < plain(items, line)
    in_sample = float(np.where(below, items.strong, items.weak).mean())
    assert in_sample >= 0.72
    assert len(fit.thresholds) == 50 and fit.scores.shape == (400,)
    assert fit.score_interval is not None and fit.score_interval.low < fit.score < fit.score_interval.high
    # a rule that always passes on scores just what the second stage does
    assert cross_fit(items, lambda part: None).score == pytest.approx(float(items.strong.mean()))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"strong": {f"other{place}": 1.0 for place in range(50)}}, "different items of quiz: none in common"),
        ({"strong": {str(place): 1.0 for place in range(30)}}, "30 of 50 and 30 in common; run both on the same"),
        ({"signal": {}}, "no confidence for 50 of 50 items of quiz; measure it again"),
        ({"signal": dict.fromkeys(map(str, range(50)), 0.5)}, r"the same \(0.5\) on every item of quiz"),
        (
            {name: {str(place): place / 9 for place in range(9)} for name in ("weak", "strong", "signal")},
            "quiz has 9 items answered by both",
        ),
    ],
)
def test_items_that_allow_no_threshold_are_named_with_what_to_do(changes: dict, complaint: str) -> None:
    known = {name: {str(place): (place % 2) / 1 for place in range(50)} for name in ("weak", "strong", "signal")}
    with pytest.raises(BadInput, match=complaint):
        stage_pair("quiz", **(known | changes))


def test_the_usual_signal_is_the_margin_where_every_item_has_one() -> None:
    assert usual_signal({"a": {"answer_margin": 1.0, "mean_token_logprob": -1.0}}) == "answer_margin"
    assert usual_signal({"a": {"answer_margin": 1.0}, "b": {"mean_token_logprob": -1.0}}) == "mean_token_logprob"
