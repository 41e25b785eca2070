"""Which nodes there are, what each did, and what is left of it when drivers and nodes die."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from evals import runs
from evals.__main__ import app
from evals.executors.node import card
from evals.executors.nodes import DRIVER, Ledger, nodes_of
from evals.plan import Plan
from evals.store import Store
from tests.conftest import Place

PLAN = Plan(models=("tiny-1m",), quantizations=("bf16", "nf4"), tasks=("shop_math", "shop_code"), limit=2)
H100 = "NVIDIA H100 80GB HBM3"


@pytest.fixture
def store(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return place.open()


def set_cells(store: Store, run: str, quantization: str, state: str, worker: str = "", **more: str) -> None:
    store.set_cells(run, {"state": state, "worker": worker}, {"quantization": quantization, **more})


def test_nodes_are_told_with_what_they_run_and_what_they_did(store: Store, tmp_path: Path) -> None:
    run = runs.start(PLAN, store, "ray")
    assert runs.status(run, store).nodes == ()  # type: ignore[union-attr]
    driver = f"{run}{DRIVER}x"
    held = store.lease(driver)
    ledger = Ledger(store, run)
    ledger.joined("aaaaaaaa", host="big", cpus=8, gpus=2, accelerator=H100)
    ledger.joined("bbbbbbbb", host="small", cpus=2, gpus=0, accelerator="")
    ledger.joined("cccccccc", host="odd", cpus=2, gpus=0, accelerator="", trouble="cannot open the store")
    set_cells(store, run, "bf16", "running", f"{run}.aaaaaaaa-1", task="shop_math")
    set_cells(store, run, "bf16", "queued", f"{run}.aaaaaaaa-1", task="shop_code")
    ledger.beat(["aaaaaaaa", "bbbbbbbb", "cccccccc"])

    big, small, odd = runs.status(run, store).nodes  # type: ignore[union-attr]
    assert (big.host, big.cpus, big.gpus, big.accelerator, big.state) == ("big", 8, 2, H100, "alive")
    assert big.running == ("tiny-1m @ bf16 on shop_math",) and big.cells_done == 0
    assert (small.state, small.running, small.done) == ("alive", (), {})
    assert (odd.state, odd.reason) == ("left out", "cannot open the store")

    set_cells(store, run, "bf16", "done", task="shop_math")  # it still holds the other one
    set_cells(store, run, "nf4", "done", task="shop_math")  # too quick to be seen: the task says where it was
    set_cells(store, run, "nf4", "failed", task="shop_code")
    ledger.ended(("tiny-1m", "nf4"), "bbbbbbbb")
    ledger.beat(["bbbbbbbb", "cccccccc"], now=True)
    big, small, odd = nodes_of(store, run, store.cells(run))
    assert (big.state, dict(big.done), big.cells_done) == ("lost", {"tiny-1m @ bf16": 1}, 1)
    assert (small.state, dict(small.done)) == ("alive", {"tiny-1m @ nf4": 1})  # a failure is not done

    set_cells(store, run, "bf16", "done", task="shop_code")  # elsewhere: whose it is shows when the task is back
    ledger.beat(["bbbbbbbb", "cccccccc"], now=True)
    assert [node.cells_done for node in nodes_of(store, run, store.cells(run))] == [1, 1, 0]
    ledger.ended(("tiny-1m", "bf16"), "bbbbbbbb")
    ledger.beat(["bbbbbbbb", "cccccccc"], now=True)

    again = Ledger(store, run)  # another driver, after the first died: nothing is counted twice
    again.joined("bbbbbbbb", host="small", cpus=2, gpus=0, accelerator="")
    again.beat(["bbbbbbbb"], now=True)
    assert [node.cells_done for node in nodes_of(store, run, store.cells(run))] == [1, 2, 0]
    store.let_go(driver, held.given)
    states = [node.state for node in nodes_of(store, run, store.cells(run))]
    assert states == ["lost", "last seen", "left out"]  # nobody looks any more


def test_a_beat_that_says_nothing_new_writes_nothing_soon(store: Store) -> None:
    run = runs.start(replace(PLAN, limit=1), store, "ray")
    ledger = Ledger(store, run)
    ledger.joined("aaaaaaaa", host="big", cpus=8, gpus=0, accelerator="")
    ledger.beat(["aaaaaaaa"])
    before = store.stamp()
    ledger.beat(["aaaaaaaa"])
    assert store.stamp() == before


def test_status_as_json_carries_the_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    store = Store()
    run = runs.start(PLAN, store, "ray")
    ledger = Ledger(store, run)
    ledger.joined("aaaaaaaa", host="big", cpus=8, gpus=2, accelerator=H100)
    ledger.beat(["aaaaaaaa"])
    said = CliRunner().invoke(app, ["status", run, "--json"])
    [node] = json.loads(said.stdout)["runs"][0]["nodes"]
    assert (node["host"], node["accelerator"], node["state"], node["running"]) == ("big", H100, "last seen", [])
    assert "node big: 8 CPU, 2 × NVIDIA H100 80GB HBM3, last seen, 0 cells done" in CliRunner().invoke(
        app, ["status", run]
    ).stdout


@pytest.mark.parametrize(
    ("said", "name"),
    [("NVIDIA L4\nNVIDIA L4\n", "NVIDIA L4"), ("NVIDIA L4\nTesla T4\n", ""), ("", "")],
)
def test_cards_of_one_kind_have_a_name(said: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: SimpleNamespace(stdout=said))
    assert card() == name


def test_a_machine_without_a_driver_has_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert card() == ""
