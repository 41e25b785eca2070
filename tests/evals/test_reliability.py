"""Calibration: every expected number can be redone by hand."""

from __future__ import annotations

import math

import pytest

from evals.statistics.reliability import brier_score, expected_calibration_error


def test_brier_by_hand() -> None:
    # (0.2² + 0.4² + 0.5² + 0.1²) / 4 = 0.46 / 4
    assert brier_score([0.8, 0.4, 0.5, 0.9], [1, 0, 1, 1]) == pytest.approx(0.115)
    assert brier_score([1.0, 0.0], [1, 0]) == 0.0 and brier_score([1.0], [0]) == 1.0


def test_error_of_two_bins_by_hand() -> None:
    # lower half: 0.5 and 0.6, one right: |1 − 1.1| = 0.1; upper half: 0.8 and 0.9, one right: |1 − 1.7| = 0.7
    assert expected_calibration_error([0.9, 0.5, 0.8, 0.6], [1, 0, 0, 1], bins=2) == pytest.approx(0.8 / 4)


def test_one_bin_sees_only_the_averages() -> None:
    assert expected_calibration_error([0.2, 0.8], [1, 0], bins=1) == pytest.approx(0.0)
    assert expected_calibration_error([0.2, 0.8], [1, 0], bins=2) == pytest.approx(0.8)


def test_equal_probabilities_stay_together_in_any_order() -> None:
    # all four at 0.75 and three right: nothing to blame, however the items are ordered
    assert expected_calibration_error([0.75] * 4, [0, 1, 1, 1], bins=4) == pytest.approx(0.0)
    assert expected_calibration_error([0.75] * 4, [1, 1, 1, 0], bins=2) == pytest.approx(0.0)


def test_more_bins_than_items_is_an_item_a_bin() -> None:
    assert expected_calibration_error([0.9, 0.6, 0.7], [1, 1, 0]) == pytest.approx((0.1 + 0.4 + 0.7) / 3)


@pytest.mark.parametrize(
    ("probabilities", "right", "match"),
    [
        ([], [], "0 probabilities of 0 answers"),
        ([0.5], [1, 0], "1 probabilities of 2 answers"),
        ([1.2], [1], r"probabilities\[0\] is 1.2"),
        ([math.nan], [1], r"probabilities\[0\] is nan"),
        ([0.5, 0.5], [1, 0.3], r"right\[1\] is 0.3"),
    ],
)
def test_bad_input_is_named(probabilities: list[float], right: list[float], match: str) -> None:
    for measure in (brier_score, expected_calibration_error):
        with pytest.raises(ValueError, match=match):
            measure(probabilities, right)


def test_no_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="bins is 0"):
        expected_calibration_error([0.5], [1], bins=0)
