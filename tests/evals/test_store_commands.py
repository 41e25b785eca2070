"""Checking, backing up and restoring the store from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.__main__ import app
from evals.store import Store

ITEM = {"item_key": "k1", "cell_key": "c", "item": "i1", "score": 1.0, "metrics": "{}", "output": "yes"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    store = Store()
    store.add_items([ITEM])
    store.close()
    return store.path


def told(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["store", *words, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_check_counts_what_it_read(path: Path) -> None:
    assert told("check") == {"store": "bitbudget.sqlite", "items": 1, "rows": 1, "archived": 0, "backup": None}


def test_a_damaged_store_is_restored_and_the_damaged_file_kept(path: Path) -> None:
    told("backup")
    path.write_bytes(b"damaged" * 1000)
    assert CliRunner().invoke(app, ["store", "check"]).exit_code == 2
    kept = str(told("restore")["kept"])
    assert (path.parent / f"{kept}.sqlite").read_bytes() == b"damaged" * 1000
    assert len(Store().items("c")) == 1


def test_a_store_that_lost_writes_can_be_accepted(path: Path) -> None:
    whole = path.read_bytes()
    store = Store()
    store.add_items([{**ITEM, "item_key": "k2", "item": "i2"}])
    store.close()
    path.write_bytes(whole)
    assert "lost its last 1 writes" in CliRunner().invoke(app, ["store", "check"]).output
    told("accept")
    assert told("check")["items"] == 1


def test_an_empty_store_is_not_accepted(path: Path) -> None:
    path.write_bytes(b"")
    result = CliRunner().invoke(app, ["store", "accept"])
    assert result.exit_code == 2 and "restore a backup" in result.output
