"""What lasts is set aside from the search for garbage, and garbage among it is found all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pages.ui import garbage


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def searches(monkeypatch: pytest.MonkeyPatch) -> Iterator[garbage.Searches]:
    fresh = garbage.Searches()
    monkeypatch.setattr(garbage, "searches", fresh)
    gc.unfreeze()
    yield fresh
    gc.unfreeze()
    gc.callbacks.remove(fresh)


def test_what_lasts_is_set_aside_after_a_long_search(searches: garbage.Searches) -> None:
    garbage.set_aside()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert searches.last_s > 0
    searches.last_s = 1.01 * garbage.LONG_S
    garbage.set_aside()
    assert gc.get_freeze_count() > 10_000
    assert searches.whole_s > searches.last_s == 0.0


def test_short_searches_are_left_alone(searches: garbage.Searches) -> None:
    searches.last_s = 0.99 * garbage.LONG_S
    garbage.set_aside()
    searches.last_s, searches.whole_s = 0.99, 4.0  # less than a quarter of a search of all
    garbage.set_aside()
    assert gc.get_freeze_count() == 0


def test_what_died_after_it_was_set_aside_goes_with_the_next_growth(searches: garbage.Searches) -> None:
    one = Node()
    gone = weakref.ref(one)
    searches.last_s = 100.0
    garbage.set_aside()
    del one
    gc.collect()
    assert gone() is not None  # set aside, and a circle
    searches.last_s = 100.0
    garbage.set_aside()
    assert gone() is None
