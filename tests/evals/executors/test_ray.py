"""A real cluster of two nodes on this machine: nodes and drivers are killed, and the table stays the same."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals import runs
from evals.executors.address import ClusterError
from evals.executors.needs import Need
from evals.home import ROOT
from evals.store import Store
from tests.evals.executors.clusters import node_arguments, small_cluster
from tests.evals.executors.slow import HOLD, PLAN, Slow, drive
from tests.evals.executors.tables import exported
from tests.faults.standin import StandIn, notes
from tests.postgres import Server

ray = pytest.importorskip("ray", reason="ray is not installed: pip install -r requirements-cluster.txt")


@pytest.fixture(scope="module")
def on_server(postgres: Server) -> str:
    """The store that the nodes find in their own environment."""
    return postgres.url(postgres.fresh())


@pytest.fixture(scope="module")
def two_nodes(on_server: str) -> Iterator[Any]:
    with small_cluster(2, {"BITBUDGET_DB": on_server}) as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "cluster"))
    return tmp_path


def table_of_one_process(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same plan by one worker, in a home of its own."""
    with monkeypatch.context() as patch:
        patch.setenv("BITBUDGET_HOME", str(place))
        store = Store()
        run = runs.start(PLAN, store, "ray")
        StandIn(store, run, f"{run}.alone").work()
        return exported(run)


def test_a_killed_node_and_a_killed_driver_change_nothing(
    two_nodes: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start(PLAN, executor="ray")
    first = subprocess.Popen(
        [sys.executable, "-m", "tests.evals.executors.slow", two_nodes.address, run],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while len(notes("computed")) < 10:
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    first.kill()
    first.wait()
    of_first = len(notes("computed"))
    assert runs.state(run) in ("running", "interrupted")  # a worker may still be noticing

    said: list[str] = []
    victims: list[Any] = []  # one that joins once the driver is there, which otherwise might connect through it
    hold = home / "cluster" / HOLD
    hold.touch()  # until it has work
    told: list[bool] = []

    def kill_a_node() -> None:
        victims[:] = victims or [two_nodes.add_node(**node_arguments())]
        [victim] = victims
        working = {cell["worker"].rpartition(".")[2][:8] for cell in Store().cells(run) if cell["state"] == "running"}
        if victim.node_id[:8] in working:
            hold.unlink(missing_ok=True)
        if not told and victim.node_id[:8] in working and len(notes("computed")) > of_first + 5:
            two_nodes.remove_node(victim, allow_graceful=False)
            told.append(True)
            shown = runs.status(run)
            assert shown and [node.state for node in shown.nodes] == ["alive"] * 3

    while any(".driver-" in name for name in Store().alive_workers(run)):
        time.sleep(0.05)
    drive(two_nodes.address, run, said.append, kill_a_node)

    assert told and any("a node was lost" in words for words in said), said
    assert exported(run) == table_of_one_process(home / "alone", monkeypatch)
    computed = Counter(notes("computed"))
    assert len(computed) == 240  # 6 variants × 40 items, and each key stands in the store once
    acknowledged = [line.split()[0] for line in notes("acknowledged")]
    assert len(set(acknowledged)) <= 240
    final = runs.status(run)
    assert final and final.state == "done"
    nodes = {node.node: node for node in final.nodes}
    assert nodes.pop(victims[0].node_id[:8]).state == "lost"
    assert [(node.state, node.cpus, node.gpus, node.accelerator) for node in nodes.values()] == [
        ("last seen", 1.0, 0.0, "")
    ] * 2
    assert 4 <= sum(node.cells_done for node in final.nodes) <= 6  # what ended between two drivers is nobody's


def test_a_store_on_a_server_is_found_by_the_nodes_and_may_be_gone_for_ten_seconds(
    two_nodes: Any, home: Path, on_server: str, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_DB", on_server)
    store = Store()
    run = runs.start(replace(PLAN, quantizations=("bf16",)), store, "ray")
    back = threading.Timer(10.0, postgres.start)
    gone: list[int] = []

    def stop_the_server() -> None:
        done = len(store.items(store.cells(run)[0]["cell_key"]))
        if not gone and done:
            gone.append(done)
            postgres.stop("fast")
            back.start()

    drive(two_nodes.address, run, print, stop_the_server)
    back.join()
    assert gone and gone[0] < 40, "it was in the middle"
    assert len(exported(run).splitlines()) == 40
    assert [cell["attempts"] for cell in store.cells(run)] == [1]


def test_a_node_with_another_store_is_left_out_by_name(
    two_nodes: Any, home: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_DB", postgres.url(postgres.fresh()))
    run = runs.start(PLAN, Store(), "ray")
    said: list[str] = []
    with pytest.raises(ClusterError, match="no node of the cluster can evaluate"):
        drive(two_nodes.address, run, said.append)
    assert [words for words in said if "has another store: start Ray there with the same BITBUDGET_DB" in words], said


def test_what_no_node_can_hold_is_named_and_nothing_is_lost(two_nodes: Any, home: Path) -> None:
    from evals.executors.ray import Drive, cluster

    store = Store()
    run = runs.start(PLAN, store, "ray")
    needs = {("tiny-1m", q): Need(cpus=1, gpus=2 if q == "nf4" else 0) for q in PLAN.quantizations}
    with cluster(two_nodes.address), pytest.raises(ClusterError, match=r"tiny-1m @ nf4 needs 1 CPU, 2 GPU.*0 GPU"):
        Drive(store, run, needs, print, Slow).go()
    assert runs.state(run, store) == "interrupted"


@pytest.mark.parametrize(
    ("ours", "said"), [(("2.1.0", None), r"Ray: 2\.1\.0"), ((None, "3.9.1"), r"Python: 3\.9\.1")]
)
def test_another_version_on_the_cluster_is_named(
    two_nodes: Any, monkeypatch: pytest.MonkeyPatch, ours: tuple[str | None, str | None], said: str
) -> None:
    from evals.executors.ray import cluster

    here = ray.__version__, ".".join(str(part) for part in sys.version_info[:3])
    told = tuple(mine or really for mine, really in zip(ours, here, strict=True))
    monkeypatch.setattr("ray._private.utils.compute_version_info", lambda: told)
    wanted = rf"cannot be used.*{said}.*install the same Python and ray"
    with pytest.raises(ClusterError, match=wanted), cluster(two_nodes.address):
        pass


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"),
        ("ray://head:10001", "give HOST:PORT"),
        ("head", "HOST:PORT"),
    ],
)
def test_an_address_that_does_not_answer_is_named(address: str, said: str) -> None:
    from evals.executors.ray import cluster

    with pytest.raises(ClusterError, match=said), cluster(address):
        pass


def test_a_file_store_is_refused_on_several_machines(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evals.executors.ray import Drive

    nodes = [{"NodeID": a, "Alive": True, "NodeManagerAddress": a, "Resources": {}} for a in ("10.0.0.1", "10.0.0.2")]
    monkeypatch.setattr("ray.nodes", lambda: nodes)
    store = Store()
    run = runs.start(PLAN, store, "ray")
    with pytest.raises(ClusterError, match=r"spans several machines.*BITBUDGET_DB"):
        Drive(store, run, {}, print).go()
