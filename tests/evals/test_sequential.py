from __future__ import annotations

import math

import numpy as np
import pytest

from evals.statistics.sequential import GRID, BettingTest, cluster_means, confidence_sequence, ratio_sequence


def rejections(test: dict[str, object], draw, runs: int = 200, alpha: float = 0.05) -> float:  # type: ignore[no-untyped-def]
    """Share of runs that ever reject, every prefix counted as a look."""
    rng = np.random.default_rng(11)
    count = 0
    for _ in range(runs):
        betting = BettingTest(**test)  # type: ignore[arg-type]
        betting.add(draw(rng))
        count += betting.proves(alpha)
    return count / runs


def test_capital_after_two_items_by_hand() -> None:
    # threshold 0.5: bets λ = 0.99·g/0.5; right then wrong: (1 + 0.5λ)(1 − 0.5λ) = 1 − (0.99·g)², and after the right
    # one alone 1 + 0.99·g, whose mean over g = 0.02 … 1 (mean 0.51) is 1 + 0.99·0.51 = 1.5049
    test = BettingTest(0.5)
    test.add([1.0])
    assert math.exp(test.log_evidence) == pytest.approx(1 + 0.99 * GRID.mean())
    assert GRID.mean() == pytest.approx(0.51)
    test.add([0.0])
    assert test.p == pytest.approx(1 / 1.5049)  # evidence is the largest capital seen; it does not fall again


def test_one_by_one_is_the_same_as_at_once() -> None:
    values = np.random.default_rng(3).random(60)
    for pool in (None, 60):
        whole, single = BettingTest(0.4, pool=pool), BettingTest(0.4, pool=pool)
        whole.add(values)
        for value in values:
            single.add([value])
        assert whole.log_evidence == pytest.approx(single.log_evidence)


@pytest.mark.parametrize("side", ["above", "below"])
def test_looking_after_every_item_errs_at_most_alpha_under_the_null(side: str) -> None:
    # 200 runs at the null: 5 % ± 3.1 points (two standard errors) at the very most
    assert rejections({"threshold": 0.8, "side": side}, lambda rng: (rng.random(600) < 0.8).astype(float)) <= 0.08
    pool = np.arange(300) < 240
    test = {"threshold": 0.8, "side": side, "pool": 300}
    assert rejections(test, lambda rng: rng.permutation(pool).astype(float)) <= 0.08


def test_paired_differences_on_the_margin_are_rarely_called_within_it() -> None:
    def draw(rng: np.random.Generator) -> np.ndarray:
        u = rng.random(600)  # 5 % lost, 3 % won: a true drop of 2 points
        return np.where(u < 0.05, -1.0, np.where(u < 0.08, 1.0, 0.0))

    assert rejections({"threshold": -0.02, "low": -1.0}, draw) <= 0.08


def test_a_clear_case_is_settled_with_few_items() -> None:
    assert rejections({"threshold": 0.8}, lambda rng: (rng.random(400) < 0.92).astype(float), runs=60) >= 0.95


def test_a_pool_seen_whole_is_certain() -> None:
    pool = [1.0] * 61 + [0.0] * 39
    above, below = BettingTest(0.6, pool=100), BettingTest(0.61, side="below", pool=100)
    for test in (above, below):
        test.add(np.random.default_rng(1).permutation(pool))
    assert above.p == 0.0  # 61 of 100 lie above 60 % for sure
    assert below.p > 0.05  # and are not below 61 %


def test_thresholds_at_the_ends() -> None:
    perfect = BettingTest(1.0, side="below")
    perfect.add([1.0] * 50)
    assert perfect.p == 1.0
    perfect.add([0.0])
    assert perfect.p == 0.0  # one wrong answer refutes "always right"
    nothing = BettingTest(0.0)
    nothing.add([0.0, 0.0, 0.5])
    assert nothing.p == 0.0  # one point refutes "always zero"


def test_confidence_sequence_narrows_around_the_score() -> None:
    scores = (np.random.default_rng(5).random(800) < 0.7).astype(float)
    early, late = confidence_sequence(scores[:50]), confidence_sequence(scores)
    assert early.low <= late.low < 0.7 < late.high <= early.high
    assert late.high - late.low < 0.12
    assert confidence_sequence([]) == confidence_sequence([], low=0.0, high=1.0)
    strict = confidence_sequence(scores, lower_alpha=0.001)
    assert strict.low < late.low and strict.high == late.high


def test_ratio_sequence_holds_the_ratio_and_is_unbounded_without_a_baseline() -> None:
    rng = np.random.default_rng(12)
    before = (rng.random(600) < 0.8).astype(float)
    after = before * (rng.random(600) < 0.9)
    found = ratio_sequence(before, after)
    assert found.low < 0.9 < found.high and found.high - found.low < 0.15
    assert ratio_sequence([0.0] * 20, [0.0] * 20).high == math.inf


def test_items_of_one_document_count_once() -> None:
    assert cluster_means([1, 0, 1, 1], ["a", "a", "b", "b"]) == [0.5, 1.0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: BettingTest(0.5).add([1.5]), "outside 0 to 1"),
        (lambda: BettingTest(0.5).add([math.nan]), "outside 0 to 1"),
        (lambda: BettingTest(0.5, side="below").add([-1]), "outside 0 to 1"),
        (lambda: BettingTest(0.5, pool=2).add([1, 1, 1]), "3 values for a pool of 2"),
        (lambda: BettingTest(0.5, pool=0), "pool is 0"),
        (lambda: BettingTest(math.nan), "threshold nan"),
        (lambda: BettingTest(0.5).proves(0.0), "alpha is 0.0"),
        (lambda: confidence_sequence([1.0], alpha=1.0), "alpha is 1.0"),
        (lambda: cluster_means([1.0], []), "1 values but 0 clusters"),
    ],
)
def test_bad_input_names_the_value(call, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        call()
