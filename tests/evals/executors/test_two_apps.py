"""Two apps on one database, their clocks an hour apart, take the same plan at once and share its variants."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evals import runs
from evals.home import ROOT
from evals.store import Store
from tests.evals.executors.slow import PLAN
from tests.evals.executors.tables import exported
from tests.faults.standin import StandIn
from tests.postgres import Server

HOUR_S = 3600.0


def app(home: Path, database: str, skew_s: float) -> subprocess.Popen[str]:
    """Another machine, as far as Bitbudget can tell: it starts the plan once told to, and its workers outlive it."""
    home.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BITBUDGET_HOME": str(home), "BITBUDGET_DB": database}
    environment["SKEW_S"] = str(skew_s)
    words = [sys.executable, "-m", "tests.evals.executors.slow_worker"]
    return subprocess.Popen(words, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_two_apps_on_one_database_make_the_table_of_one_and_evaluate_nothing_twice(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres.url(postgres.fresh())
    homes = tmp_path / "one", tmp_path / "two"
    apps = [app(home, database, skew_s) for home, skew_s in zip(homes, (0.0, HOUR_S), strict=True)]
    for started in apps:
        assert started.stdout and started.stdout.readline() == "ready\n"
    for started in apps:
        assert started.stdin
        started.stdin.write("go\n")
        started.stdin.flush()
    [run] = {started.communicate(timeout=120)[0].strip() for started in apps}
    store = Store(database)
    deadline = time.monotonic() + 120
    while runs.state(run, store) != "done":
        assert time.monotonic() < deadline, runs.status(run, store)
        time.sleep(0.2)
    store.close()

    computed = [(home / "computed.txt").read_text().splitlines() for home in homes]
    assert all(computed), "both apps worked"
    assert Counter(Counter([*computed[0], *computed[1]]).values()) == {1: 6 * 40}
    cells = Store(database).cells(run)
    assert {cell["attempts"] for cell in cells} == {1} and all(0 < cell["seconds"] < 120 for cell in cells)
    began = [cell["started"] for cell in cells]
    assert max(began) - min(began) > HOUR_S / 2, "one of the clocks was ahead"

    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "alone"))
    alone = Store()
    on_file = runs.start(PLAN, alone, "ray")  # nobody is started for it: this process is its one worker
    StandIn(alone, on_file, f"{on_file}.alone").work()
    ours = exported(on_file, alone)
    assert len(ours.splitlines()) == 6 * 40
    assert exported(run, Store(database)) == ours


def test_an_app_with_other_weights_or_packages_leaves_a_run_to_those_who_began_it(
    place: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells would have other keys; and a run of a cluster never gets local workers."""
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    sharing: list[bool] = []
    monkeypatch.setattr(runs, "resume", lambda *given: sharing.append(given[2]))
    store: Store = place.open()  # type: ignore[attr-defined]
    plan = replace(PLAN, quantizations=("bf16",), limit=2)
    run = runs.start(plan, store)
    assert runs.start(plan, store) == run and sharing == [True, True]
    key = next(iter(store.cells(run)))["cell_key"]
    store.set_cells(run, {"cell_key": f"{key}-of-other-weights"}, {})
    assert runs.start(plan, store) == run and sharing.pop() is False
    other = runs.start(replace(plan, limit=3), store, "ray")
    assert runs.start(replace(plan, limit=3), store) == other and sharing.pop() is False
