from __future__ import annotations

import math

import pytest

from evals.statistics.intervals import Interval, clustered_half_width, clustered_interval, score_interval
from evals.statistics.pairs import compare_pairs
from evals.verdicts import (
    minimum_score,
    minimum_score_from_summary,
    not_worse,
    not_worse_from_summaries,
    share_from_summaries,
    share_of_baseline,
)


def test_minimum_score_in_its_three_states() -> None:
    scores = [1.0] * 85 + [0.0] * 15  # Wilson 0.767 to 0.907
    assert [minimum_score(scores, line).status for line in (0.75, 0.80, 0.92)] == ["meets", "unproven", "misses"]
    # z²·0.8·0.2/0.05² = 245.9 → 246 in all, 146 more
    assert minimum_score(scores, 0.80).settle_words == "about 146 more items would settle it"


def test_thresholds_of_none_and_all() -> None:
    right, wrong = [1.0] * 50, [0.0] * 50
    assert minimum_score(wrong, 0.0).status == "meets"
    assert minimum_score(right, 1.0).status == "unproven"  # 50 of 50 do not prove perfection
    assert minimum_score([*right, 0.0], 1.0).status == "misses"


def test_not_worse_is_judged_by_the_interval_and_not_by_mcnemar() -> None:
    before = [1.0] * 900 + [0.0] * 100
    after = [1.0] * 895 + [0.0] * 105  # b = 5, c = 0: −0.5 points, Tango −1.16 to −0.21 or so
    assert not_worse(before, after, 0.02).status == "meets"
    few = not_worse(before[:40], before[:40], 0.02)  # no flip on 40 items: ±z²/(n + z²) = ±8.8 points
    assert (few.status, few.low) == ("unproven", pytest.approx(-3.8415 / 43.8415, abs=1e-4))
    broken = [1.0] * 800 + [0.0] * 200
    assert not_worse(before, broken, 0.02).status == "misses"
    assert not_worse([0.9, 0.8, 0.7], [0.8, 0.6, 0.4], 1.0).status == "meets"


def test_share_of_baseline_pairs_when_it_can() -> None:
    before = [1.0] * 800 + [0.0] * 200
    after = [1.0] * 790 + [0.0] * 210
    paired = share_of_baseline(before, after, 0.95)
    unpaired = share_from_summaries((0.8, 1000), (0.79, 1000), 0.95)
    assert (paired.status, unpaired.status) == ("meets", "unproven")
    assert unpaired.reason.startswith("unpaired") and unpaired.items_to_settle


def test_what_cannot_be_known_is_unproven_with_its_reason() -> None:
    assert minimum_score([], 0.5).reason == "no item was answered yet"
    assert minimum_score([1.0], 0.5).reason == "one item is too few for an interval"
    assert "how many items" in minimum_score_from_summary(0.9, None, 0.5, None).reason
    assert minimum_score_from_summary(0.9, 400, 0.5, Interval(0.87, 0.93)).status == "meets"
    assert "means nothing" in share_of_baseline([0.0, 0.0], [1.0, 0.0], 0.9).reason
    assert "means nothing" in share_from_summaries((0.0, 10), (0.5, 10), 0.9).reason
    assert not_worse([1.0], [1.0], 0.02).status == "unproven"
    assert "how many items" in not_worse_from_summaries((0.8, None), (0.8, 100), 0.02).reason
    assert not_worse_from_summaries((0.8, 5000), (0.8, 5000), 0.05).status == "meets"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: minimum_score([1.0, 0.0], 80), "target is 80"),
        (lambda: not_worse([1.0, 0.0], [1.0, 0.0], -0.1), "margin is -0.1"),
        (lambda: share_of_baseline([1.0, 0.0], [1.0], 0.9), "first has 2 scores, second 1"),
        (lambda: minimum_score([1.0, 1.2], 0.5), r"scores\[1\] is 1.2"),
        (lambda: clustered_interval([1.0, 0.0], ["a"]), "2 scores but 1 clusters"),
    ],
)
def test_bad_input_names_the_value(call, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        call()


def test_clustered_error_by_hand() -> None:
    # scores 1 1 | 0 0 | 1 0, mean 0.5: cluster sums 1, −1, 0; √(3/2 · 2)/6 = 0.288675; t(0.975, 2) = 4.302653
    half = clustered_half_width([1, 1, 0, 0, 1, 0], ["a", "a", "b", "b", "c", "c"])
    assert half == pytest.approx(4.302653 * math.sqrt(3) / 6, rel=1e-5)


def test_clusters_widen_and_single_items_do_not() -> None:
    scores = ([1.0] * 5 + [0.0] * 5) * 20
    documents = [str(i // 5) for i in range(200)]
    plain, wide = score_interval(scores), clustered_interval(scores, documents)
    assert plain and wide and wide.high - wide.low > 2 * (plain.high - plain.low)
    assert clustered_interval(scores, ["one"] * 200) is None
    own = clustered_interval([1.0] * 60 + [0.0] * 40, [str(i) for i in range(100)])
    assert own and own.high - own.low < 0.2
    flipped = [1.0 - score for score in scores]
    one, many = compare_pairs(scores, flipped), compare_pairs(scores, flipped, clusters=documents)
    assert one.low is not None and many.low is not None and many.low < one.low
