from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, String

from evals.backups import latest
from evals.leases import lease
from evals.migrations import upgrade
from evals.schema import METADATA, SCHEMA_VERSION, row_hash
from evals.store import Store, StoreError
from tests.conftest import Place

ITEM = {"item_key": "k1", "cell_key": "c", "item": "i1", "score": 1.0, "metrics": "{}", "output": "yes"}


def new_run(store: Store, run: str = "r1", digest: str = "d") -> str:
    row = {"run": run, "digest": digest, "plan": "{}", "state": "running", "created": 1.0, "provenance": "{}"}
    cells = [
        {"run": run, "model": "m", "quantization": q, "task": t, "position": i, "variant_key": q, "cell_key": q + t}
        | {"state": "queued", "items_total": 2}
        for i, (q, t) in enumerate([("a", "x"), ("a", "y"), ("b", "x")])
    ]
    return store.add_run(row, cells)


def test_one_accepted_result_a_key(place: Place) -> None:
    store = place.open()
    store.add_items([ITEM])
    store.add_items([{**ITEM, "score": 0.0}])
    assert [row["score"] for row in store.items("c")] == [1.0]


def test_an_altered_row_is_refused_not_shown(place: Place) -> None:
    store = place.open()
    store.add_items([ITEM])
    place.sql("UPDATE items SET score = 0.0")
    with pytest.raises(StoreError, match="items: k1 was altered"):
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


def test_another_schema_is_named(place: Place) -> None:
    place.open()
    place.sql("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match="schema 99, this version reads up to 3"):
        place.open()


def test_the_same_running_plan_is_joined(place: Place) -> None:
    store = place.open()
    assert new_run(store, "r1") == "r1"
    assert new_run(store, "r2") == "r1"
    store.set_run("r1", state="done")
    assert new_run(store, "r3") == "r3"


def test_a_variant_is_given_to_one_live_worker_and_to_another_once_that_died(place: Place) -> None:
    store = place.open()
    new_run(store)
    first = store.claim_variant("r1", "w1", lambda: ["w1"])
    assert [(c["quantization"], c["task"]) for c in first] == [("a", "x"), ("a", "y")]
    assert [c["quantization"] for c in store.claim_variant("r1", "w2", lambda: ["w1", "w2"])] == ["b"]
    assert store.claim_variant("r1", "w3", lambda: ["w1", "w2", "w3"]) == []
    assert [c["attempts"] for c in store.claim_variant("r1", "w4", lambda: ["w2", "w4"])] == [1, 1]


def test_a_cancelled_run_gives_out_nothing(place: Place) -> None:
    store = place.open()
    new_run(store)
    store.set_run("r1", state="cancelled")
    assert store.claim_variant("r1", "w1", lambda: ["w1"]) == []


SCHEMA_1 = """
    CREATE TABLE meta (name VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL);
    CREATE TABLE runs (run VARCHAR NOT NULL PRIMARY KEY, digest VARCHAR NOT NULL, plan VARCHAR NOT NULL,
        state VARCHAR NOT NULL, created FLOAT NOT NULL, finished FLOAT, provenance VARCHAR NOT NULL);
    CREATE TABLE cells (run VARCHAR NOT NULL, model VARCHAR NOT NULL, quantization VARCHAR NOT NULL,
        task VARCHAR NOT NULL, position INTEGER NOT NULL, variant_key VARCHAR NOT NULL,
        cell_key VARCHAR NOT NULL, state VARCHAR NOT NULL, items_total INTEGER NOT NULL,
        reason VARCHAR NOT NULL, worker VARCHAR NOT NULL, attempts INTEGER NOT NULL, started FLOAT,
        seconds FLOAT, PRIMARY KEY (run, model, quantization, task));
    CREATE TABLE variants (variant_key VARCHAR NOT NULL PRIMARY KEY, model VARCHAR NOT NULL,
        quantization VARCHAR NOT NULL, weight_bytes INTEGER NOT NULL, bits_per_weight FLOAT NOT NULL,
        facts VARCHAR NOT NULL);
    CREATE TABLE items (item_key VARCHAR NOT NULL PRIMARY KEY, cell_key VARCHAR NOT NULL,
        item VARCHAR NOT NULL, score FLOAT NOT NULL, metrics VARCHAR NOT NULL, output VARCHAR NOT NULL,
        created FLOAT NOT NULL, row_hash VARCHAR NOT NULL);
    CREATE INDEX items_of_cell ON items (cell_key);
    INSERT INTO meta VALUES ('schema', '1'), ('store', '0123456789abcdef0123456789abcdef');
    INSERT INTO runs VALUES ('r', 'd', '{}', 'done', 1.5, 2.5, '{}');
    INSERT INTO cells VALUES ('r', 'm', 'a', 'x', 0, 'v', 'c', 'done', 1, '', '', 1, 1.5, 1.0);
    INSERT INTO variants VALUES ('v', 'm', 'a', 100, 4.5, '{}');
    INSERT INTO items VALUES ('k1', 'c', 'i1', 1.0, '{}', 'yes', 1.5, '%s');
"""


def schema_1(path: Path) -> None:
    """A store as the first schema made it, with one run, cell, variant and item."""
    with sqlite3.connect(path) as raw:
        raw.executescript(SCHEMA_1 % row_hash(ITEM))
    path.with_suffix(".id").write_text("0123456789abcdef0123456789abcdef")


def test_an_older_schema_becomes_this_one_on_either_database(place: Place) -> None:
    place.sql(SCHEMA_1 % row_hash(ITEM))
    store = place.open()
    assert store.run("r")["finished"] == 2.5 and store.run("r")["reason"] == ""  # type: ignore[index]
    assert [(c["model"], c["state"], c["batch_size"]) for c in store.cells()] == [("m", "done", None)]
    assert store.scores(["c"]) == {"c": {"i1": 1.0}}
    store.set_run("r", state="cancelled")
    assert place.open().run("r")["state"] == "cancelled"  # type: ignore[index]


def test_the_steps_make_the_tables_that_a_new_store_has(place: Place) -> None:
    with place.open().backend.transaction() as connection:
        METADATA.drop_all(connection)
        upgrade(connection, 0, SCHEMA_VERSION)
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables}
        # Alembic reads an empty default back from SQLite as another one.
        opts = {"compare_type": True, "compare_server_default": place.server is not None, **ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), METADATA) == []


def test_an_older_store_is_backed_up_and_brought_to_this_schema(tmp_path: Path) -> None:
    schema_1(tmp_path / "s.sqlite")
    store = Store(tmp_path / "s.sqlite")
    assert store.run("r")["finished"] == 2.5 and store.run("r")["reason"] == ""  # type: ignore[index]
    assert [(c["model"], c["state"], c["batch_size"]) for c in store.cells()] == [("m", "done", None)]
    assert store.variants()["v"]["bits_per_weight"] == 4.5
    assert store.scores(["c"]) == {"c": {"i1": 1.0}}
    with sqlite3.connect(tmp_path / "backups" / "s-schema-1.sqlite") as kept:
        assert kept.execute("SELECT value FROM meta WHERE name = 'schema'").fetchall() == [("1",)]
        assert kept.execute("SELECT count(*) FROM items").fetchall() == [(1,)]
    store.add_items([{**ITEM, "item_key": "k2", "item": "i2"}])
    store.close()
    assert len(Store(tmp_path / "s.sqlite").items("c")) == 2


class Half:
    """A step that fails when half of it is done."""

    says_more: frozenset[str] = frozenset()

    @property
    def module(self) -> Half:
        return self

    def upgrade(self) -> None:
        op.add_column("runs", Column("x", String))
        op.execute("nonsense")


def test_a_migration_that_fails_leaves_the_old_store_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema_1(tmp_path / "s.sqlite")
    monkeypatch.setattr("evals.migrations.steps", lambda *_: [Half()])
    with pytest.raises(StoreError, match="nonsense"):
        Store(tmp_path / "s.sqlite")
    monkeypatch.undo()
    assert Store(tmp_path / "s.sqlite").run("r")["state"] == "done"  # type: ignore[index]


def test_a_store_is_not_migrated_under_workers_of_the_older_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    schema_1(tmp_path / "bitbudget.sqlite")
    held = lease("r.one")
    with pytest.raises(StoreError, match="workers of an older version"):
        Store()
    os.close(held)
    assert Store().run("r")


def test_a_lost_write_ahead_log_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(path).close()
    whole = path.read_bytes()
    store = Store(path)
    for number in range(3):
        store.add_items([{**ITEM, "item_key": f"k{number}", "item": f"i{number}"}])
    store.close()
    path.write_bytes(whole)
    with pytest.raises(StoreError, match=r"lost its last 3 writes.*store accept"):
        Store(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cells SET cell_key = 'other' WHERE quantization = 'b'",
        "UPDATE cells SET state = 'done' WHERE quantization = 'b'",
        "UPDATE runs SET plan = '{\"limit\": 1}'",
        "UPDATE variants SET bits_per_weight = 2.0",
    ],
)
def test_no_row_is_shown_altered_and_a_later_write_does_not_hide_it(place: Place, statement: str) -> None:
    store = place.open()
    new_run(store)
    facts = {"model": "m", "quantization": "a", "weight_bytes": 1, "bits_per_weight": 4.0, "facts": "{}"}
    store.add_variant({"variant_key": "v", **facts})
    place.sql(statement)
    with pytest.raises(StoreError, match="was altered on disk"):
        store.set_cells("r1", {"state": "running"}, {})
        store.set_run("r1", state="done")
        store.cells(), store.runs(), store.variants()


@pytest.mark.parametrize("damage", ["position = 'first'", "task = x'00ff'", "seconds = 'long'"])
def test_a_value_of_another_kind_is_named_as_damage(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    new_run(store)
    with closing(sqlite3.connect(path)) as behind, behind:  # a server refuses to keep such a value
        behind.execute(f"UPDATE cells SET {damage} WHERE quantization = 'b'")
    with pytest.raises(StoreError, match=r"cells: r1 m b .*was altered on disk"):
        store.cells()


@pytest.mark.parametrize("damage", ["score = 'good'", "score = x'00'", "output = x'00ff'"])
def test_an_item_of_another_kind_is_named_as_damage(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    store.add_items([ITEM])
    with closing(sqlite3.connect(path)) as behind, behind:
        behind.execute(f"UPDATE items SET {damage}")
    with pytest.raises(StoreError, match="items: k1 was altered on disk"):
        store.items(ITEM["cell_key"])


def test_a_store_replaced_while_in_use_is_not_written_to(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    (tmp_path / "s.sqlite").rename(tmp_path / "away.sqlite")
    with pytest.raises(StoreError, match="removed or replaced while in use"):
        store.add_items([ITEM])


def test_damage_names_the_newest_backup(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.add_items([ITEM])
    made = store.back_up()
    store.close()
    assert latest(tmp_path / "s.sqlite") == made
    (tmp_path / "s.sqlite").write_bytes(made.read_bytes()[:5000])
    with pytest.raises(StoreError, match=f"backups/{made.name}"):
        Store(tmp_path / "s.sqlite")
