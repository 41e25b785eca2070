"""A quantile between two order statistics, against numbers worked out by hand and against its own promise."""

from __future__ import annotations

from random import Random

import pytest

from evals.statistics.quantiles import least_values, quantile


def test_the_p95_of_a_hundred_values() -> None:
    """P(binomial(100, 0.95) ≤ 89) = 0.0115 and ≤ 90 = 0.0282, so the 90th bounds below; ≤ 98 = 0.963, ≤ 99 = 0.994."""
    found = quantile([float(value) for value in range(1, 101)], 0.95)
    assert (found.value, found.low, found.high, found.n) == (95, 90, 100, 100)


def test_too_few_values_leave_the_upper_side_open() -> None:
    """0.95 ** 71 = 0.0262 is more than 0.025, 0.95 ** 72 = 0.0249 is less."""
    assert least_values(0.95) == 72
    assert quantile(list(range(71)), 0.95).high is None
    assert quantile(list(range(72)), 0.95).high == 71


def test_the_median_of_nine() -> None:
    """P(binomial(9, ½) ≤ 1) = 10 / 512 = 0.0195: the second and the eighth."""
    found = quantile([5, 3, 9, 1, 7, 2, 8, 4, 6], 0.5)
    assert (found.value, found.low, found.high) == (5, 2, 8)


def test_the_interval_holds_the_truth_as_often_as_promised() -> None:
    random = Random(7)
    truth = 2.995732  # −ln 0.05: the 95th percentile of the exponential distribution
    held = 0
    for _ in range(400):
        found = quantile([random.expovariate(1.0) for _ in range(200)], 0.95)
        assert found.low is not None and found.high is not None
        held += found.low <= truth <= found.high
    assert held / 400 >= 0.93


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="values is empty"):
        quantile([], 0.95)
