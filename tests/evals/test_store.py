from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from evals.store import Store, StoreError

ITEM = {"item_key": "k1", "cell_key": "c", "item": "i1", "score": 1.0, "metrics": "{}", "output": "yes"}


def new_run(store: Store, run: str = "r1", digest: str = "d") -> str:
    row = {"run": run, "digest": digest, "plan": "{}", "state": "running", "created": 1.0, "provenance": "{}"}
    cells = [
        {"run": run, "model": "m", "quantization": q, "task": t, "position": i, "variant_key": q, "cell_key": q + t}
        | {"state": "queued", "items_total": 2}
        for i, (q, t) in enumerate([("a", "x"), ("a", "y"), ("b", "x")])
    ]
    return store.add_run(row, cells)


def test_one_accepted_result_a_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.add_items([ITEM])
    store.add_items([{**ITEM, "score": 0.0}])
    assert [row["score"] for row in store.items("c")] == [1.0]


def test_an_altered_row_is_refused_not_shown(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.add_items([ITEM])
    with sqlite3.connect(tmp_path / "s.sqlite") as raw:
        raw.execute("UPDATE items SET score = 0.0")
    with pytest.raises(StoreError, match=r"item i1 .* was altered"):
        store.items("c")


def test_a_truncated_store_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    Store(tmp_path / "s.sqlite").close()
    (tmp_path / "s.sqlite").write_bytes(b"")
    with pytest.raises(StoreError, match="held results"):
        Store(tmp_path / "s.sqlite")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        Store(tmp_path / "s.sqlite")


def test_another_schema_is_named(tmp_path: Path) -> None:
    Store(tmp_path / "s.sqlite")
    with sqlite3.connect(tmp_path / "s.sqlite") as raw:
        raw.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match="schema 99, this version reads 1"):
        Store(tmp_path / "s.sqlite")


def test_the_same_running_plan_is_joined(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    assert new_run(store, "r1") == "r1"
    assert new_run(store, "r2") == "r1"
    store.set_run("r1", state="done")
    assert new_run(store, "r3") == "r3"


def test_a_variant_is_given_to_one_live_worker_and_to_another_once_that_died(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    new_run(store)
    assert [(c["quantization"], c["task"]) for c in store.claim_variant("r1", "w1", ["w1"])] == [("a", "x"), ("a", "y")]
    assert [c["quantization"] for c in store.claim_variant("r1", "w2", ["w1", "w2"])] == ["b"]
    assert store.claim_variant("r1", "w3", ["w1", "w2", "w3"]) == []
    assert [c["attempts"] for c in store.claim_variant("r1", "w4", ["w2", "w4"])] == [1, 1]


def test_a_cancelled_run_gives_out_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    new_run(store)
    store.set_run("r1", state="cancelled")
    assert store.claim_variant("r1", "w1", ["w1"]) == []
