from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.frontier import frontier_shares, undominated
from pricing.quotes import Band


def test_an_option_is_dominated_by_one_that_is_cheaper_and_no_worse() -> None:
    #                    cheap  same price, better  dearer and worse  dearer and best
    assert undominated([100, 100, 200, 300], [0.6, 0.7, 0.65, 0.9]) == [False, True, False, True]
    assert undominated([100, 100], [0.6, 0.6]) == [True, True]  # equals do not beat each other


@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1)), min_size=1, max_size=12))
def test_the_cheapest_and_the_best_always_stay(points: list[tuple[float, float]]) -> None:
    kept = undominated([c for c, _ in points], [s for _, s in points])
    cheapest = min(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    best = min(range(len(points)), key=lambda i: (-points[i][1], points[i][0]))
    assert kept[cheapest] and kept[best]


def band(value: float, width: float = 1.0) -> Band:
    return Band(value=value, low=value / width, high=value * width)


def test_certain_numbers_give_certain_shares() -> None:
    shares = frontier_shares([band(1), band(2), band(3)], [(0.5, 0.5, 0.5), (0.4, 0.4, 0.4), (0.9, 0.9, 0.9)], "abc")
    assert shares == [1.0, 0.0, 1.0]
    assert frontier_shares([], [], "") == []


def test_a_close_call_is_a_coin_toss_and_repeats_itself() -> None:
    costs, scores = [band(100), band(101)], [(0.80, 0.78, 0.82), (0.80, 0.78, 0.82)]
    # the dearer one stays only where it scores better: half of the resamples (200 tosses: ± 0.07)
    first = frontier_shares(costs, scores, "ab")
    assert first[0] == 1.0 and first[1] == pytest.approx(0.5, abs=0.11)
    assert frontier_shares(costs, scores, "ab") == first


def test_options_on_the_same_machines_share_the_error_of_their_price() -> None:
    costs, scores = [band(100, 2), band(100, 2)], [(0.8, 0.8, 0.8), (0.7, 0.7, 0.7)]
    assert frontier_shares(costs, scores, ["card", "card"]) == [1.0, 0.0]
    apart = frontier_shares(costs, scores, ["card", "other"])
    assert apart[1] == pytest.approx(0.5, abs=0.11)
