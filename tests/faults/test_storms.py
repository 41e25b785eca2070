"""Seeded storms over a real store and real worker processes. ``FAULT_SEEDS`` and ``FAULT_FIRST`` choose the seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals import runs
from evals.store import shared_store
from tests.faults.storm import Nursery, Storm, Weather
from tests.postgres import Server

FIRST = int(os.environ.get("FAULT_FIRST", 0))
SEEDS = int(os.environ.get("FAULT_SEEDS", 60))
BLOCK = 10  # seeds a test
ON_SERVER = max(2, SEEDS // 30)


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
        if one_by_one(storm):
            assert storm.computed_again <= storm.kills, storm


@pytest.mark.timeout(600)
def test_no_storm_on_a_server_loses_a_result_or_counts_one_twice(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead are noticed when their lease runs out; a paused worker that comes back late is fenced."""
    monkeypatch.setattr(runs, "resume", lambda *_: None)
    monkeypatch.setenv("BITBUDGET_LEASE_S", "1")
    nursery = Nursery()
    storms = []
    for seed in range(FIRST, FIRST + ON_SERVER):
        place = tmp_path / str(seed)
        place.mkdir()
        monkeypatch.setenv("BITBUDGET_HOME", str(place))
        monkeypatch.setenv("BITBUDGET_DB", postgres.url(postgres.fresh()))
        storms.append(Weather(seed, place, nursery).play())
        shared_store().close()
    nursery.close()
    print(told(storms))
    for storm in storms:
        assert (storm.lost, storm.twice, storm.wrong) == (0, 0, 0), storm


def one_by_one(storm: Storm) -> bool:
    """Whether the engine handed over items one at a time, and nobody else computed the same."""
    return storm.seed % 2 == 0 and not storm.new_runs


def told(storms: list[Storm]) -> str:
    """The figures of these seeds in one line."""
    total = {name: sum(getattr(storm, name) for storm in storms) for name in ("kills", "pauses", "acknowledged")}
    single = [s for s in storms if one_by_one(s)]
    again = sum(s.computed_again for s in single)
    rest = sum(s.computed_again for s in storms) - again
    return (
        f"seeds {storms[0].seed} to {storms[-1].seed}: {total['kills']} kills, {total['pauses']} pauses, "
        f"{total['acknowledged']} acknowledged, {sum(s.lost for s in storms)} lost, {sum(s.twice for s in storms)} "
        f"counted twice; computed again: {again} items for {sum(s.kills for s in single)} kills "
        f"where engines hand over one at a time, {rest} elsewhere"
    )
