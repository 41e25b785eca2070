"""The Run page of a run on a cluster; it reads what the driver wrote and asks no cluster."""

from __future__ import annotations

import pytest

from evals import runs
from evals.executors.nodes import DRIVER, Ledger
from evals.plan import Plan
from evals.store import shared_store
from tests.pages.conftest import opened, words

PLAN = Plan(models=("tiny-1m",), quantizations=("bf16", "nf4"), tasks=("shop_math",), limit=2)


def a_run_on_four_nodes() -> str:
    """One with cards that somebody offers, one without, one that is left out, one that is lost."""
    store = shared_store()
    run = runs.start(PLAN, store, "ray")
    store.lease(f"{run}{DRIVER}x")
    ledger = Ledger(store, run)
    ledger.joined("aaaaaaaa", host="gpu_1", cpus=16, gpus=1, accelerator="NVIDIA L4")
    ledger.joined("bbbbbbbb", host="cpu-1", cpus=8, gpus=0, accelerator="")
    ledger.joined("cccccccc", host="gone", cpus=8, gpus=0, accelerator="")
    ledger.joined("dddddddd", host="odd", cpus=8, gpus=0, accelerator="", trouble="has *other* weights")
    busy = {"state": "running", "worker": f"{run}.aaaaaaaa-1"}
    store.set_cells(run, busy, {"quantization": "nf4"})
    ledger.beat(["aaaaaaaa", "bbbbbbbb", "dddddddd"], now=True)
    return run


def test_run_shows_nodes_with_what_they_run_and_cost() -> None:
    a_run_on_four_nodes()
    page = opened("Run")
    assert not page.exception
    [table] = [shown.value for shown in page.dataframe if "Machine" in shown.value]
    assert list(table["Node"]) == ["gpu_1", "cpu-1", "odd", "gone"]
    assert list(table["State"]) == ["✔ alive", "✔ alive", "– left out", "✖ lost"]
    assert list(table["Machine"]) == ["16 CPU, 1 × NVIDIA L4", "8 CPU", "8 CPU", "8 CPU"]
    assert list(table["Running"]) == ["tiny-1m @ nf4 on shop_math", "", "", ""]
    assert table["Cost"][0].startswith("$") and table["Cost"][0].endswith(" an hour")
    assert list(table["Cost"][1:]) == ["no offer for this machine"] * 3
    assert r"odd is left out: has \*other\* weights" in words(page)
    assert "2 nodes at work, 1 left out, 1 lost." in words(page)
    assert "for 1 of them; for 1 there is no offer" in words(page)


def test_a_run_of_local_workers_has_no_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "resume", lambda *_: None)
    runs.start(PLAN)
    assert "Nodes" not in words(opened("Run"))
