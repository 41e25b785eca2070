"""Seeded storms over a real store and real worker processes. ``FAULT_SEEDS`` and ``FAULT_FIRST`` choose the seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals import runs
from tests.faults.storm import Nursery, Storm, Weather

FIRST = int(os.environ.get("FAULT_FIRST", 0))
SEEDS = int(os.environ.get("FAULT_SEEDS", 60))
BLOCK = 10  # seeds a test


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    warm = Nursery()
    yield warm
    warm.close()


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BLOCK))
def test_no_storm_loses_a_result_or_counts_one_twice(
    first: int, nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "resume", lambda *_: None)  # workers come from the nursery
    storms = []
    for seed in range(first, min(first + BLOCK, FIRST + SEEDS)):
        place = tmp_path / str(seed)
        place.mkdir()
        monkeypatch.setenv("BITBUDGET_HOME", str(place))
        storms.append(Weather(seed, place, nursery).play())
    print(told(storms))
    for storm in storms:
        assert (storm.lost, storm.twice, storm.wrong) == (0, 0, 0), storm
        assert storm.seed % 2 or storm.computed_again <= storm.kills, storm  # one item at a time: at most one a kill


def told(storms: list[Storm]) -> str:
    """The figures of these seeds in one line."""
    total = {name: sum(getattr(storm, name) for storm in storms) for name in ("kills", "pauses", "acknowledged")}
    again = [sum(s.computed_again for s in storms if s.seed % 2 == odd) for odd in (0, 1)]
    return (
        f"seeds {storms[0].seed} to {storms[-1].seed}: {total['kills']} kills, {total['pauses']} pauses, "
        f"{total['acknowledged']} acknowledged, {sum(s.lost for s in storms)} lost, {sum(s.twice for s in storms)} "
        f"counted twice, computed again {again[0]} item by item and {again[1]} in bursts"
    )
