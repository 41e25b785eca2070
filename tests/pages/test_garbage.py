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
def unfrozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "_set_aside", 0)
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_lasts_is_no_longer_searched() -> None:
    kept = [[] for _ in range(garbage.GROWN + 1)]
    gc.collect()
    garbage.set_aside()
    assert gc.get_freeze_count() > len(kept)
    assert len(gc.get_objects(generation=2)) < garbage.GROWN


def test_little_is_left_to_the_usual_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "GROWN", 10**9)
    garbage.set_aside()
    assert gc.get_freeze_count() == 0


def test_what_died_after_it_was_set_aside_goes_with_the_next_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "GROWN", 0)
    one = Node()
    gone = weakref.ref(one)
    garbage.set_aside()
    del one
    gc.collect()
    assert gone() is not None  # frozen, and a circle
    monkeypatch.setattr(garbage, "_set_aside", 0)
    grown = [[] for _ in range(100)]
    gc.collect()
    garbage.set_aside()
    assert gone() is None and len(grown) == 100
