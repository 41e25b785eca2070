"""A worker is alive exactly while its lock is held."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evals.leases import alive_workers, any_alive, lease


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def test_alive_until_let_go(home: Path) -> None:
    held = lease("r.one")
    assert alive_workers("r") == ["r.one"] and alive_workers("other") == [] and any_alive(home)
    os.close(held)
    assert alive_workers("r") == [] and not any_alive(home)
    assert list((home / "workers").glob("*.lock")) == []


def test_many_may_find_the_same_worker_dead_at_once() -> None:
    for number in range(50):
        os.close(lease(f"r.{number}"))
    with ThreadPoolExecutor(8) as crowd:
        assert list(crowd.map(lambda _: alive_workers("r"), range(8))) == [[]] * 8


def test_a_worker_that_is_looked_at_while_it_begins_is_not_taken_for_a_dead_one() -> None:
    looking = True

    def look() -> None:
        while looking:
            alive_workers("r")

    with ThreadPoolExecutor(4) as crowd:
        for _ in range(4):
            crowd.submit(look)
        held = [lease(f"r.{number}") for number in range(200)]
        looking = False
    assert len(alive_workers("r")) == 200
    for file in held:
        os.close(file)
