import math
import subprocess
import sys

import pytest
from statsmodels.stats.proportion import proportion_confint

from evals.statistics.intervals import (
    Interval,
    difference_interval,
    interval_from_summary,
    mean_interval,
    ratio_interval_from_summaries,
    score_interval,
    wilson,
)


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def test_wilson_of_8_in_10_by_hand():
    # z² = 3.8415: middle (8 + 1.9207)/13.8415 = 0.71674; half 1.96/13.8415·√(10·.8·.2 + .96036) = 0.22659
    assert ends(wilson(8, 10)) == pytest.approx((0.71674 - 0.22659, 0.71674 + 0.22659), abs=2e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 50), (50, 50), (1, 3), (130.4, 200), (9155, 14042)])
def test_wilson_agrees_with_statsmodels(successes: float, n: int):
    assert ends(wilson(successes, n)) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


def test_wilson_of_a_perfect_score_is_not_certain():
    # 20 of 20: low = n/(n + z²) = 20/23.8415
    assert ends(wilson(20, 20)) == pytest.approx((20 / 23.8415, 1.0), abs=1e-5)


def test_one_item_has_no_interval():
    assert wilson(1, 1) is None
    assert mean_interval([0.4]) is None
    assert score_interval([1]) is None
    assert difference_interval((1.0, 1), (0.5, 10)) is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: wilson(0, 0), "n is 0"),
        (lambda: wilson(11, 10), "successes is 11 of n = 10"),
        (lambda: wilson(5, 10, confidence=95), "confidence is 95"),
        (lambda: score_interval([]), "empty"),
        (lambda: score_interval([0.2, 1.5]), r"scores\[1\] is 1.5"),
        (lambda: score_interval([math.nan, 1.0]), r"scores\[0\] is nan"),
        (lambda: interval_from_summary(65.2, 14042), "score is 65.2"),
        (lambda: ratio_interval_from_summaries((0.0, 50), (0.5, 50)), "baseline score is 0"),
        (lambda: Interval(0.6, 0.4), "low ≤ high"),
    ],
)
def test_bad_input_names_the_value(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_mean_interval_by_hand():
    # mean 0.5, s² = 2·0.04/2 = 0.04, SE = 0.2/√3 = 0.11547; t(0.975, 2) = 4.30265 → half 0.49683
    assert ends(mean_interval([0.3, 0.5, 0.7])) == pytest.approx((0.5 - 0.49683, 0.5 + 0.49683), abs=1e-5)
    assert ends(mean_interval([0.1, 0.9])) == (0.0, 1.0)


def test_equal_graded_scores_fall_back_to_wilson():
    assert mean_interval([0.5] * 10) == wilson(5, 10)
    assert mean_interval([1.0] * 20) == wilson(20, 20)


def test_score_interval_picks_the_method_from_the_scores():
    assert score_interval([1, 0, 1, 1]) == wilson(3, 4)
    assert score_interval([1, 0.5, 1, 1]) == mean_interval([1, 0.5, 1, 1])


def test_interval_from_a_published_share():
    # 65.2 % of 14042: SE ≈ √(.652·.348/14042) = 0.00402, so about ± 0.0079
    assert ends(interval_from_summary(0.652, 14042)) == pytest.approx((0.6441, 0.6598), abs=2e-4)


def test_difference_of_independent_scores_is_newcombes():
    # Newcombe 1998, table II, case (a), method 10: 56/70 against 48/80, difference 0.2, interval 0.0524 to 0.3339
    assert ends(difference_interval((48 / 80, 80), (56 / 70, 70))) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_ratio_of_independent_scores_holds_the_ratio_and_narrows_with_items():
    few = ends(ratio_interval_from_summaries((0.8, 200), (0.76, 200)))
    many = ends(ratio_interval_from_summaries((0.8, 20_000), (0.76, 20_000)))
    assert few[0] < many[0] < 0.95 < many[1] < few[1]
    # Large samples: SE of ln r = √(.24/(.76·20000) + .2/(.8·20000)) = 0.00532 → 0.95·e^(±1.96·0.00532)
    assert many == pytest.approx((0.95 * math.exp(-0.010421), 0.95 * math.exp(0.010421)), abs=3e-4)


def test_ratio_to_a_baseline_near_zero_says_almost_nothing():
    # 0.4 of 20 has Wilson limits 0.003 and 0.13: the share may be anywhere from about 0.4/0.13 to 0.6/0.003
    low, high = ends(ratio_interval_from_summaries((0.02, 20), (0.5, 20)))
    assert 2.0 < low < 5.0 and high > 150.0
    assert ends(ratio_interval_from_summaries((0.5, 20), (0.0, 20)))[0] == 0.0


def test_import_does_not_load_scipy():
    code = "import sys, evals.statistics.intervals, evals.statistics.pairs; print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
