"""A store is moved between file and server whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.__main__ import app
from evals.leases import lease
from evals.store import Row, Store, StoreError
from evals.store_copy import copy_store
from tests.conftest import Place
from tests.evals.test_store import ITEM, new_run

TEXTS = ("plain", "ünïcode 🙂 \u202e", "zero \0 and \x10 and \x100 and \x101", "", "line\r\nline\t'\"\\ %s :name")
SCORES = (1.0, 0.1 + 0.2, 1e-308, 123456789.123456789, -0.0)


def filled(store: Store) -> Store:
    new_run(store)
    store.set_cells("r1", {"state": "done", "seconds": 1 / 3}, {"quantization": "a"})
    facts = {"model": "m", "quantization": "a", "weight_bytes": 141_000_000_000, "bits_per_weight": 16 / 3}
    store.note("nodes of r1", TEXTS[1])
    store.add_variant({"variant_key": "a", **facts, "facts": "{}"})
    store.add_items(
        [
            {**ITEM, "item_key": f"k{number:04d}", "item": TEXTS[number % 5], "output": TEXTS[number % 5]}
            | {"score": SCORES[number % 5]}
            for number in range(1200)
        ]
    )
    return store


def said(store: Store) -> list[list[Row]]:
    items = sorted(store.items("c"), key=lambda row: row["item_key"])
    notes: list[Row] = [{"nodes of r1": store.noted("nodes of r1")}] if store.runs() else []
    return [store.runs(), store.cells(), list(store.variants().values()), items, notes]


def test_there_and_back_every_row_is_the_same(place: Place, tmp_path: Path) -> None:
    source = filled(Store(tmp_path / "old.sqlite"))
    there = place.open() if place.server else Store(tmp_path / "new.sqlite")
    back = Store(tmp_path / "back.sqlite")
    assert copy_store(source, there) == {"runs": 1, "cells": 3, "variants": 1, "summaries": 0, "items": 1200}
    assert said(there) == said(source)
    copy_store(there, back)
    assert said(back) == said(source)
    with pytest.raises(StoreError, match="already holds 1205 rows"):
        copy_store(source, there)


def test_an_altered_row_is_not_carried_on(place: Place, tmp_path: Path) -> None:
    source = filled(place.open())
    place.sql("UPDATE items SET output = 'other' WHERE item_key = 'k0900'")
    target = Store(tmp_path / "new.sqlite")
    with pytest.raises(StoreError, match="items: k0900 was altered"):
        copy_store(source, target)
    assert said(target) == [[], [], [], [], []]


def test_a_row_that_arrives_changed_undoes_the_copy(postgres: object, tmp_path: Path) -> None:
    place = Place(tmp_path / "unused", postgres)  # type: ignore[arg-type]
    target = place.open()
    place.sql(
        "CREATE FUNCTION worse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.score = 0.5; RETURN NEW; END $$; "
        "CREATE TRIGGER worse BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION worse()"
    )
    with pytest.raises(StoreError, match="items: k0000 arrived changed; nothing was copied"):
        copy_store(filled(Store(tmp_path / "old.sqlite")), target)
    assert said(target) == [[], [], [], [], []]
    place.close()


def test_nothing_and_a_store_in_use_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="holds nothing to copy"):
        copy_store(Store(tmp_path / "old.sqlite"), Store(tmp_path / "new.sqlite"))
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    lease("r.one")
    with pytest.raises(StoreError, match=r"still writing to bitbudget\.sqlite"):
        copy_store(Store(), Store(tmp_path / "new.sqlite"))


def test_the_command_copies_and_the_address_alone_switches_over(
    postgres: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "unused", postgres)  # type: ignore[arg-type]
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    filled(Store()).close()
    told = CliRunner().invoke(app, ["store", "copy", "--to", str(place.where), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["rows"] == {"runs": 1, "cells": 3, "variants": 1, "summaries": 0, "items": 1200}
    (tmp_path / "bitbudget.sqlite").unlink()
    monkeypatch.setenv("BITBUDGET_DB", str(place.where))
    checked = CliRunner().invoke(app, ["store", "check", "--json"])
    assert json.loads(checked.stdout)["rows"] == 1205 and "only-for-tests" not in told.output + checked.output
    for words, why in ((["backup"], "pg_dump"), (["restore"], "pg_restore"), (["accept"], "pg_restore")):
        refused = CliRunner().invoke(app, ["store", *words])
        assert refused.exit_code == 2 and why in refused.output
