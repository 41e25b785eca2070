import pytest

from evals.statistics.intervals import interval_from_summary
from evals.statistics.power import items_for_margin, items_to_settle


def test_items_to_settle_by_hand():
    # z²·t·(1 − t)/(s − t)² = 3.8415·0.8·0.2/0.05² = 245.9 → 246 in all, 146 more than the 100 seen
    assert items_to_settle(0.85, 0.80, 100) == 146


@pytest.mark.parametrize(("score", "target"), [(0.85, 0.80), (0.78, 0.80), (0.5, 0.9), (1.0, 0.97), (0.0, 0.02)])
def test_items_to_settle_is_where_the_wilson_interval_first_clears(score: float, target: float):
    total = items_to_settle(score, target, 0)
    assert total is not None
    enough, one_less = interval_from_summary(score, total), interval_from_summary(score, total - 1)
    assert enough is not None and one_less is not None
    assert not enough.low <= target <= enough.high
    assert one_less.low <= target <= one_less.high


def test_settled_already_needs_none():
    assert items_to_settle(0.9, 0.5, 1000) == 0


def test_a_score_on_the_target_is_never_settled():
    assert items_to_settle(0.8, 0.8, 500) is None
    # 3.8415·0.16/0.0005² is 2.5 million: past the limit
    assert items_to_settle(0.8005, 0.8, 500) is None


@pytest.mark.parametrize(
    ("flips", "items"),
    [
        # (1.6449 + 0.8416)² = 6.1826; × flips / 0.02² = 309.1, 772.8, 1236.5
        (0.02, 310),
        (0.05, 773),
        (0.08, 1237),
    ],
)
def test_items_for_two_points(flips: float, items: int):
    assert items_for_margin(flips, 0.02) == items


def test_a_true_drop_takes_more_items():
    # 6.1826·(0.08 − 0.01²)/(0.02 − 0.01)² = 4939.9
    assert items_for_margin(0.08, 0.02, difference=-0.01) == 4940


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: items_to_settle(85, 0.8, 10), "score is 85"),
        (lambda: items_to_settle(0.85, 0.8, -1), "n is -1"),
        (lambda: items_for_margin(0.05, 0.0), "margin is 0.0"),
        (lambda: items_for_margin(1.2, 0.02), "flip_fraction is 1.2"),
        (lambda: items_for_margin(0.05, 0.02, difference=-0.03), "not inside the margin"),
        (lambda: items_for_margin(0.01, 0.02, difference=0.015), "more than the flip_fraction"),
    ],
)
def test_bad_input_names_the_value(call, says):
    with pytest.raises(ValueError, match=says):
        call()
