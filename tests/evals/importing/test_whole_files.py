"""A file goes in whole and once, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals.importing.discovery import read_paths
from evals.importing.taking import take
from evals.store import Store
from tests.evals.importing.examples import csv, eval_archive, inspect_log, lm_eval


def test_row_38_the_same_file_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    first = take([lm_eval(tmp_path / "run")], store=store)
    before = (store.runs(), store.cells())
    again = take([tmp_path / "run"], store=store)
    assert again.runs[0].id == first.runs[0].id
    assert again.runs[0].warnings == ("already imported",)
    assert (store.runs(), store.cells()) == before


def test_a_file_that_fails_late_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    log = inspect_log(["C", "I", 7.0])
    taken = take([eval_archive(tmp_path / "log.eval", log)], store=store)
    assert "sample 2: match is 7" in taken.refused[0].reason
    assert (taken.runs, store.runs(), store.cells(), store.cell_keys()) == ((), [], [], [])


def test_a_write_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store.sqlite")
    monkeypatch.setattr("evals.store.MANY_ROWS", 1)
    written = []

    def fails_later(row: dict[str, Any]) -> str:
        written.append(row)
        if len(written) == 3:
            raise OSError("the disk is gone")
        return "hash"

    monkeypatch.setattr("evals.item_rows.row_hash", fails_later)
    taken = take([lm_eval(tmp_path / "run")], store=store)
    assert "the disk is gone" in taken.refused[0].reason
    assert (store.runs(), store.cells(), store.cell_keys()) == ([], [], [])


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    lm_eval(tmp_path / "good")
    csv(tmp_path, "{", "bad.json")
    reading = read_paths([tmp_path])
    assert len(reading.files) == 1
    assert [Path(each.file).name for each in reading.refused] == ["bad.json"]
