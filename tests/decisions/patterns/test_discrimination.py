"""AUROC, rescue, oracle and luck on four to six items counted by hand."""

from __future__ import annotations

import pytest

from decisions.patterns.discrimination import auroc_interval, discrimination, oracle, random_mix
from tests.decisions.patterns.test_thresholds import pair


def test_auroc_counts_pairs_and_ties_one_half() -> None:
    # right: 0.9, 0.5; wrong: 0.5, 0.1. Pairs: 0.9 beats both; 0.5 ties with 0.5 and beats 0.1 → (1 + 1 + ½ + 1) / 4
    seen = discrimination(pair([1, 1, 0, 0], [1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1]))
    assert seen.auroc == pytest.approx(3.5 / 4)
    assert (seen.n_right, seen.n_wrong, seen.rescued_fraction) == (2, 2, 0.5)


def test_all_right_leaves_nothing_to_tell_apart() -> None:
    seen = discrimination(pair([1, 1], [1, 0], [0.9, 0.5]))
    assert seen.auroc is None and seen.rescued_fraction is None


def test_the_interval_of_an_auroc_never_has_no_width() -> None:
    assert auroc_interval(1.0, 20, 20).low < 0.95
    assert auroc_interval(1.0, 20, 20).high == 1.0
    wide, narrow = auroc_interval(0.7, 20, 20), auroc_interval(0.7, 500, 500)
    assert wide.low < narrow.low < 0.7 < narrow.high < wide.high
    # Hanley and McNeil's variance at 0.7 and 500 + 500 items is 0.01635²: about ± 0.032
    assert (narrow.low, narrow.high) == (pytest.approx(0.667, abs=0.002), pytest.approx(0.731, abs=0.002))


def test_oracle_and_luck() -> None:
    items = pair([1, 1, 0, 0], [1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1])
    # alone 2 of 4; hindsight passes on the third item: 3 of 4, more does not help; half of it by lot: 2 of 4 as well
    assert [oracle(items, share) for share in (0.0, 0.125, 0.25, 1.0)] == [0.5, 0.625, 0.75, 0.75]
    assert random_mix(items, 0.5) == 0.5
