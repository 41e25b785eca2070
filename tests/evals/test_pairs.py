import math
import random

import pytest
from statsmodels.stats.contingency_tables import mcnemar

from evals.statistics.pairs import bonett_price, compare_pairs, mcnemar_exact, ratio_interval, tango


def lists(both: int, b: int, c: int, neither: int) -> tuple[list[int], list[int]]:
    first = [1] * both + [1] * b + [0] * c + [0] * neither
    second = [1] * both + [0] * b + [1] * c + [0] * neither
    return first, second


def test_known_answer_with_many_flips():
    pair = compare_pairs(*lists(100, 38, 6, 56))
    assert (pair.n, pair.b, pair.c, pair.both_right, pair.both_wrong) == (200, 38, 6, 100, 56)
    assert pair.difference == pytest.approx(-0.160)
    assert pair.flips_fraction == pytest.approx(44 / 200)
    assert pair.p_mcnemar == pytest.approx(9.43e-7, rel=1e-3)
    assert (pair.low, pair.high) == pytest.approx((-0.2247, -0.1006), abs=5e-5)


def test_known_answer_with_two_flips():
    pair = compare_pairs(*lists(150, 0, 2, 48))
    assert pair.p_mcnemar == 0.5
    assert (pair.low, pair.high) == pytest.approx((-0.0090, 0.0357), abs=5e-5)


def test_no_flips_is_not_certainty():
    # b = c = 0: Tango's limits solve n·Δ² = z²·Δ·(1 − Δ), so Δ = z²/(n + z²) = 3.8415/203.8415
    pair = compare_pairs(*lists(150, 0, 0, 50))
    assert (pair.low, pair.high) == pytest.approx((-0.018845, 0.018845), abs=1e-6)
    assert pair.p_mcnemar == 1.0


@pytest.mark.parametrize(("b", "c"), [(38, 6), (0, 2), (7, 7), (0, 0), (11, 30)])
def test_mcnemar_agrees_with_statsmodels(b: int, c: int):
    assert mcnemar_exact(b, c) == pytest.approx(mcnemar([[50, b], [c, 50]], exact=True).pvalue)


def test_swapping_the_two_mirrors_the_comparison():
    first, second = lists(80, 14, 5, 21)
    there, back = compare_pairs(first, second), compare_pairs(second, first)
    assert there.low is not None and there.high is not None
    assert (back.difference, back.low, back.high) == pytest.approx((-there.difference, -there.high, -there.low))


def test_tango_covers_the_truth_at_its_nominal_rate():
    # 2000 seeded draws of 120 pairs with P(only first) .06, P(only second) .01: true difference −0.05
    rng = random.Random(7)
    covered = 0
    for _ in range(2000):
        draws = [rng.random() for _ in range(120)]
        b, c = sum(x < 0.06 for x in draws), sum(0.06 <= x < 0.07 for x in draws)
        interval = tango(b, c, 120)
        covered += interval.low <= -0.05 <= interval.high
    assert 0.93 <= covered / 2000 <= 0.975


def test_graded_pairs_by_hand():
    # differences −0.1, −0.2, −0.3: mean −0.2, s = 0.1, SE = 0.057735, t(0.975, 2) = 4.30265 → half 0.24841
    pair = compare_pairs([0.9, 0.8, 0.7], [0.8, 0.6, 0.4])
    assert pair.difference == pytest.approx(-0.2)
    assert (pair.low, pair.high) == pytest.approx((-0.44841, 0.04841), abs=1e-4)
    assert (pair.b, pair.c, pair.p_mcnemar, pair.both_right) == (3, 0, None, None)


def test_equal_graded_pairs_have_the_width_of_no_flips():
    pair = compare_pairs([0.5, 0.7] * 100, [0.5, 0.7] * 100)
    assert (pair.low, pair.high) == pytest.approx((-0.018845, 0.018845), abs=1e-6)


def test_one_item_has_no_interval():
    pair = compare_pairs([1], [0])
    assert (pair.low, pair.high, pair.difference) == (None, None, -1.0)
    assert ratio_interval([1], [1]) is None


def test_bonett_price_of_the_airway_table():
    # Bentur et al. 2009 (21 children before and after): both 1, only first 7, only second 1.
    # x = 8 and 2 of n* = 9: joint √(10/27), separate √((1 − 9/11)/9) + √((1 − 3/11)/3), z = 1.96·joint/separate
    z = 1.959964 * math.sqrt(10 / 27) / (math.sqrt((2 / 11) / 9) + math.sqrt((8 / 11) / 3))
    low_second = (4 + z * z - z * math.sqrt(z * z + 8 * (7 / 9))) / (2 * (9 + z * z))
    high_first = (16 + z * z + z * math.sqrt(z * z + 32 * (1 / 9))) / (2 * (9 + z * z))
    interval = bonett_price(1, 7, 1)
    assert interval.low == pytest.approx(low_second / high_first, rel=1e-6)
    assert (interval.low, interval.high) == pytest.approx((0.068, 0.923), abs=1e-3)


def test_ratio_of_right_or_wrong_pairs():
    # 180 of 200 first, 165 of 200 second: share 0.9167; paired, so narrower than two separate scores would give
    interval = ratio_interval(*lists(160, 20, 5, 15))
    assert interval is not None
    assert interval.low < 165 / 180 < interval.high
    assert interval.high - interval.low < 0.12


def test_ratio_without_flips_still_has_width():
    interval = ratio_interval(*lists(180, 0, 0, 20))
    assert interval is not None and interval.low < 0.995 and interval.high > 1.005


def test_graded_ratio_is_fiellers():
    # Either end r must make the paired t statistic of second − r·first equal t(0.975, 3) = 3.18245
    first, second = [0.9, 0.8, 0.7, 1.0], [0.8, 0.75, 0.5, 0.9]
    interval = ratio_interval(first, second)
    assert interval is not None
    for r in (interval.low, interval.high):
        d = [y - r * x for x, y in zip(first, second, strict=True)]
        mean = sum(d) / 4
        se = math.sqrt(sum((v - mean) ** 2 for v in d) / 3 / 4)
        assert abs(mean / se) == pytest.approx(3.18245, rel=1e-4)


def test_graded_ratio_of_equal_lists_has_width():
    interval = ratio_interval([0.5, 0.7] * 50, [0.5, 0.7] * 50)
    assert interval is not None and interval.low < 0.98 and interval.high > 1.02


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: compare_pairs([1, 0], [1]), "first has 2 scores, second 1"),
        (lambda: compare_pairs([], []), "empty"),
        (lambda: compare_pairs([1, 2], [1, 0]), r"first\[1\] is 2.0"),
        (lambda: ratio_interval([0, 0], [1, 0]), "baseline scored 0"),
        (lambda: tango(5, 6, 10), "b = 5, c = 6, n = 10"),
        (lambda: mcnemar_exact(-1, 3), "b = -1"),
    ],
)
def test_bad_input_names_the_value(call, says):
    with pytest.raises(ValueError, match=says):
        call()
