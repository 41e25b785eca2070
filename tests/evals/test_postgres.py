"""What a server adds: addresses, leases with tokens, several machines, and a server that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evals import database
from evals.home import ROOT
from evals.store import Store, StoreError
from evals.store_errors import Away, Fenced
from tests.conftest import Place
from tests.evals.test_store import ITEM, new_run
from tests.postgres import Server, private_server

CROWD = 8


@pytest.fixture
def place(postgres: Server, tmp_path: Path) -> Place:
    return Place(tmp_path / "unused.sqlite", postgres)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://h/x", "begins with 'mysql'"),
        ("postgresql://h", "names no database"),
        ("://", "is not a URL"),
        ("postgresql://anna@host.invalid/x", r"store x on host.invalid:5432 refused .*correct BITBUDGET_DB"),
    ],
)
def test_an_address_that_cannot_be_is_named(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        Store(url)


def test_a_refusal_says_why_and_never_the_password(postgres: Server) -> None:
    for url, said in (
        (postgres.url(password="wrong-secret"), 'password authentication failed for user "anna".*BITBUDGET_DB'),
        (postgres.url().replace("/postgres", "/nowhere"), 'database "nowhere" does not exist'),
        (postgres.url(port=1), "does not answer .*check the server"),
    ):
        with pytest.raises(StoreError, match=said) as refused:
            Store(url)
        assert "secret" not in str(refused.value)


def test_without_an_address_nothing_of_postgresql_is_loaded(tmp_path: Path) -> None:
    code = "import sys; from evals.store import shared_store; shared_store().runs(); print('psycopg' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != "BITBUDGET_DB"} | {"BITBUDGET_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)},
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert run.stdout == "False\n" and (tmp_path / "bitbudget.sqlite").exists()


def test_apps_that_open_a_new_database_at_once_make_one_store(place: Place) -> None:
    with ThreadPoolExecutor(CROWD) as crowd:
        stores = list(crowd.map(lambda _: place.open(), range(CROWD)))
        assert len(set(crowd.map(lambda n: new_run(stores[n], f"r{n}"), range(CROWD)))) == 1
    assert len(stores[0].runs()) == 1
    place.close()


def test_a_variant_is_never_given_to_two_of_eight_workers(place: Place) -> None:
    stores = [place.open() for _ in range(CROWD)]
    variants = 20
    row = {"run": "r", "digest": "d", "plan": "{}", "state": "running", "created": 1.0, "provenance": "{}"}
    cells = [
        {"run": "r", "model": "m", "quantization": f"q{n:02d}", "task": t, "position": n, "variant_key": f"{n}"}
        | {"cell_key": f"{n}{t}", "state": "queued", "items_total": 2}
        for n in range(variants)
        for t in "xy"
    ]
    stores[0].add_run(row, cells)
    for n in range(CROWD):
        stores[n].take_up(f"r.{n}", stores[n].lease(f"r.{n}").given)

    def work(n: int) -> list[str]:
        mine = []
        while claimed := stores[n].claim_variant("r", f"r.{n}", lambda: stores[n].alive_workers("r")):
            assert len(claimed) == 2
            mine.append(claimed[0]["quantization"])
            stores[n].add_items([{**ITEM, "item_key": c["cell_key"], "cell_key": c["cell_key"]} for c in claimed])
            stores[n].set_cells("r", {"state": "done", "worker": ""}, {"quantization": mine[-1]})
        return mine

    with ThreadPoolExecutor(CROWD) as crowd:
        taken = [quantization for mine in crowd.map(work, range(CROWD)) for quantization in mine]
    assert sorted(taken) == sorted({c["quantization"] for c in cells})
    assert {c["attempts"] for c in stores[0].cells("r")} == {1}
    place.close()


def test_many_writers_of_one_key_leave_one_result(place: Place) -> None:
    stores = [place.open() for _ in range(CROWD)]

    def write(n: int) -> None:
        rows = [{**ITEM, "item_key": f"k{k}", "item": f"i{k}", "score": float(n)} for k in range(25)]
        for row in rows if n % 2 else reversed(rows):
            stores[n].add_items([row])

    with ThreadPoolExecutor(CROWD) as crowd:
        list(crowd.map(write, range(CROWD)))
    assert len(stores[0].items("c")) == 25
    assert stores[0].stamp() == (CROWD * 25, 0)
    place.close()


def test_a_worker_whose_lease_ran_out_cannot_finish_and_cannot_come_back(place: Place) -> None:
    late, other = place.open(), place.open()
    new_run(late)
    late.take_up("r1.late", late.lease("r1.late").given)
    other.take_up("r1.other", other.lease("r1.other").given)
    assert other.alive_workers("r1") == ["r1.late", "r1.other"]
    assert late.claim_variant("r1", "r1.late", lambda: late.alive_workers("r1"))[0]["quantization"] == "a"
    place.sql("UPDATE leases SET until = clock_timestamp() - interval '1 second' WHERE worker = 'r1.late'")
    with pytest.raises(Fenced, match=r"lease of worker r1\.late ran out"):
        late.set_cells("r1", {"state": "done"}, {"quantization": "a"})
    taken = other.claim_variant("r1", "r1.other", lambda: other.alive_workers("r1"))
    assert [(c["quantization"], c["worker"], c["attempts"]) for c in taken] == [("a", "r1.late", 1)] * 2
    for refused in (
        lambda: late.add_items([ITEM]),
        lambda: late.claim_variant("r1", "r1.late", lambda: []),
        lambda: late.set_run("r1", state="done"),
        lambda: late.take_up("r1.late", "1"),
    ):
        with pytest.raises(Fenced):
            refused()
    assert late.items("c") == []
    assert {c["worker"] for c in other.cells("r1") if c["quantization"] == "a"} == {"r1.other"}
    place.close()


def test_the_same_name_with_an_older_token_is_refused(place: Place) -> None:
    store, again = place.open(), place.open()
    first = store.lease("r1.one").given
    store.take_up("r1.one", first)
    store.let_go("r1.one", first)
    again.take_up("r1.one", again.lease("r1.one").given)
    with pytest.raises(Fenced):
        store.take_up("r1.one", first)
    again.add_items([ITEM])
    place.close()


def test_a_lease_is_renewed_while_its_worker_lives(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_LEASE_S", "1.5")
    store = place.open()
    given = store.lease("r1.one").given
    store.take_up("r1.one", given)
    monkeypatch.setattr(time, "time", lambda: 0.0)  # the clock of this machine decides nothing
    time.sleep(2.5)
    assert store.alive_workers("r1") == ["r1.one"]
    store.let_go("r1.one", given)
    assert store.alive_workers("r1") == []
    place.close()


def test_a_writer_that_stops_in_the_middle_does_not_keep_the_others_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.postgres.STALLED_MS", 300)
    stalled, other = place.open(), place.open()
    waiting, began = threading.Event(), time.monotonic()

    def stall() -> None:
        with stalled.writing() as connection:
            connection.exec_driver_sql("SELECT 1")
            waiting.set()
            time.sleep(1.0)

    with ThreadPoolExecutor(1) as one:
        failed = one.submit(stall)
        assert waiting.wait(10)
        other.add_items([ITEM])
        assert time.monotonic() - began < 10 and len(other.items("c")) == 1
        assert isinstance(failed.exception(), Away)
    place.close()


def test_a_server_that_goes_away_for_a_while_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with private_server() as server:
        store = Store(server.url())
        store.add_items([ITEM])
        server.stop("fast")
        back = threading.Timer(1.0, server.start)
        back.start()
        store.add_items([{**ITEM, "item_key": "k2", "item": "i2"}])  # waits
        back.join()
        assert [row["item"] for row in store.items("c")] == ["i1", "i2"]
        server.stop("fast")
        monkeypatch.setattr(database, "PATIENCE_S", 0.5)
        with pytest.raises(Away, match=r"does not answer .*nothing was lost"):
            store.items("c")
        server.start()
        assert len(store.items("c")) == 2
        store.close()


def test_a_backup_is_left_to_the_server(place: Place) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        place.open().back_up()
    place.close()
