"""Items of old runs move into files and home again: every row as it was, or nothing moves."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from evals import archives
from evals.__main__ import app
from evals.archives import archive, restore, runs_before
from evals.home import home
from evals.measurements import restore_command
from evals.results import item_scores, measured_measurements
from evals.runs import status
from evals.store import Store, StoreError
from evals.store_errors import Archived
from tests.conftest import Place
from tests.evals.test_store_copy import SCORES, TEXTS
from tests.evals.test_summaries import PLAN, RUN, filled, item

DAY_S = 86_400.0


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))


def odd(store: Store) -> Store:
    """Rows that are hard to carry: every text and score of the copying tests."""
    filled(store, cells=2)
    said = [{**item(n + 10, abs(SCORES[n]) % 1, "c1"), "output": TEXTS[n]} for n in range(5)]
    store.add_items(said)
    return store


def test_there_and_back_every_row_is_the_same_and_the_score_never_leaves(place: Place) -> None:
    store = odd(place.open())
    before, rows = measured_measurements(store), [store.items("c"), store.items("c1")]
    [moved] = archive(store, ["r"])
    assert (moved.run, moved.cells, moved.items, moved.left) == ("r", 2, 13, 0)
    note = "items archived in r.parquet; bring them back with: python -m evals archive --restore r.parquet"
    for reader in (store, place.open()):
        shown = measured_measurements(reader)
        assert [(m.score, m.n_items, m.low, m.high) for m in shown] == [
            (m.score, m.n_items, m.low, m.high) for m in before
        ]
        assert {m.note for m in shown} == {note} and {m.archived for m in shown} == {"r.parquet"}
        for read in (reader.items, lambda key: reader.scores([key])):  # noqa: B023
            with pytest.raises(Archived, match=f"m0@bf16 on shop_math: {note}"):
                read("c")
        with pytest.raises(Archived, match=r"r\.parquet"):
            item_scores("m0", "bf16", "shop_math", reader)
    seen = status("r", store)
    assert seen is not None and (seen.cells[0].score, seen.cells[0].note) == (0.75, note)
    back = restore(store, Path("r.parquet"))
    assert (back.cells, back.items) == (2, 13)
    assert [store.items("c"), store.items("c1")] == rows and measured_measurements(store) == before


def test_pandas_reads_an_archive(place: Place) -> None:
    [moved] = archive(filled(place.open()), ["r"])
    frame = pd.read_parquet(moved.file)
    assert frame.groupby("cell_key")["score"].mean().to_dict() == {"c": 0.75}


def test_only_runs_that_ended_long_ago_go_and_only_items_of_no_other_run(place: Place) -> None:
    store, now = filled(place.open(), cells=2), 1000 * DAY_S
    cell = {"model": "m0", "quantization": "bf16", "task": "shop_math", "position": 0, "variant_key": "c"}
    later = {**cell, "run": "later", "cell_key": "c", "state": "done", "items_total": 4}
    store.add_run({**RUN, "run": "later", "digest": "e", "plan": PLAN, "finished": now - DAY_S}, [later])
    assert runs_before(store, now - 2 * DAY_S) == ["r"] and runs_before(store, now) == ["r", "later"]
    [moved] = archive(store, runs_before(store, now - 2 * DAY_S))
    assert (moved.cells, moved.left) == (1, 1) and len(store.items("c")) == 4
    assert list(archive(store, ["r"])) == []
    [rest] = archive(store, ["r", "later"])
    assert (rest.run, rest.cells, Path(rest.file).name) == ("r", 1, "r-2.parquet")


def test_a_run_that_goes_on_and_one_that_is_not_there_are_refused(place: Place) -> None:
    store = filled(place.open())
    with pytest.raises(ValueError, match="run 'x'"):
        list(archive(store, ["r", "x"]))
    store.set_run("r", state="running")
    with pytest.raises(ValueError, match="run r is running and has open cells"):
        list(archive(store, ["r"]))
    assert len(store.items("c")) == 4 and runs_before(store, time.time()) == []


def test_items_that_are_wanted_or_added_meanwhile_stay(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store, write = filled(place.open()), archives._write
    cell = {"model": "m0", "quantization": "bf16", "task": "shop_math", "position": 0, "variant_key": "c"}

    def begun(*given: Any) -> None:
        write(*given)
        row = {**RUN, "run": "new", "digest": "e", "plan": PLAN, "state": "running", "finished": None}
        store.add_run(row, [{**cell, "run": "new", "cell_key": "c", "state": "queued", "items_total": 4}])

    def added(*given: Any) -> None:
        write(*given)
        store.add_items([item(9, 1.0)])

    monkeypatch.setattr(archives, "_write", added)
    with pytest.raises(StoreError, match="got items meanwhile; they stay"):
        list(archive(store, ["r"]))
    monkeypatch.setattr(archives, "_write", begun)
    with pytest.raises(StoreError, match="run new began meanwhile and needs the items"):
        list(archive(store, ["r"]))
    assert len(store.items("c")) == 5


def test_a_file_that_was_not_written_as_given_moves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store, write = filled(place.open(), cells=2), archives._write
    monkeypatch.setattr(archives, "_write", lambda file, of, run, keys: write(file, of, run, keys[:1]))
    with pytest.raises(StoreError, match=r"r\.parquet was not written as it was given"):
        list(archive(store, ["r"]))
    assert len(store.items("c1")) == 4 and list(archives.archive_folder().iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(place.open())
    monkeypatch.setattr(archives, "short_of_disk", lambda _: "only 3 MiB are free")
    with pytest.raises(StoreError, match=r"may need 0 MiB, and .* MiB are free in archive; free some space"):
        list(archive(store, ["r"]))
    assert list(archives.archive_folder().iterdir()) == []


def test_damaged_foreign_and_strange_files_change_nothing(place: Place, tmp_path: Path) -> None:
    store = filled(place.open())
    [moved] = archive(store, ["r"])
    whole = Path(moved.file).read_bytes()
    cut, altered, plain = (tmp_path / name for name in ("cut.parquet", "altered.parquet", "plain.parquet"))
    cut.write_bytes(whole[: len(whole) // 2])
    frame = pd.read_parquet(moved.file)
    frame.to_parquet(plain)
    import pyarrow.parquet as pq

    table = pq.read_table(moved.file)
    better = table.set_column(3, "score", [[1.0] * 4])
    pq.write_table(better, altered)
    for file, said in (
        (cut, "cut.parquet is damaged"),
        (plain, "plain.parquet is no archive of items"),
        (altered, "item c0 was altered"),
        (tmp_path / "none.parquet", "no file"),
    ):
        with pytest.raises(ValueError, match=said):
            restore(store, file)
    other = filled(Store(tmp_path / "other.sqlite"))
    with pytest.raises(ValueError, match="holds items of another store"):
        restore(other, Path(moved.file))
    assert restore(store, Path(moved.file)).items == 4
    with pytest.raises(ValueError, match=r"the store has the items of r\.parquet"):
        restore(store, Path(moved.file))


def test_a_copy_of_the_store_takes_the_file_too(place: Place, tmp_path: Path) -> None:
    from evals.store_copy import copy_store

    source, target = filled(Store(tmp_path / "old.sqlite")), place.open()
    [moved] = archive(source, ["r"])
    copy_store(source, target)
    assert restore(target, Path(moved.file)).items == 4 and len(target.items("c")) == 4


def test_a_new_run_and_new_items_of_archived_cells_are_told_where_they_are(place: Place) -> None:
    store = filled(place.open())
    list(archive(store, ["r"]))
    cell = {"model": "m0", "quantization": "bf16", "task": "shop_math", "position": 0, "variant_key": "c"}
    row = {**RUN, "run": "new", "digest": "e", "plan": PLAN, "state": "running", "finished": None}
    for write in (
        lambda: store.add_run(row, [{**cell, "run": "new", "cell_key": "c", "state": "queued", "items_total": 4}]),
        lambda: store.add_items([item(9, 1.0)]),
    ):
        with pytest.raises(Archived, match=r"--restore r\.parquet"):
            write()
    assert store.run("new") is None
    store.remove_run("r")
    assert store.summaries(["c"]) == {}


def test_the_command_says_what_moved_and_what_was_wrong() -> None:
    filled(Store()).close()

    def told(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, [*words])
        assert result.exit_code == code, result.output
        return result.output

    for words, said in (
        ((), "name runs, or an age"),
        (("r", "--older-than", "90d"), "one of the three"),
        (("--older-than", "soon"), "give days, such as 90d"),
        (("nobody",), "'nobody'"),
    ):
        assert said in told("archive", *words, code=2)
    moved = json.loads(told("archive", "--older-than", "90d", "--json"))["archived"]
    assert [(m["run"], m["items"]) for m in moved] == [("r", 4)] and (home() / "archive" / "r.parquet").exists()
    assert "nothing to archive" in told("archive", "--older-than", "90d")
    checked = json.loads(told("store", "check", "--json"))
    assert (checked["items"], checked["archived"]) == (0, 4)
    assert json.loads(told("archive", "--restore", "r.parquet", "--json"))["restored"]["items"] == 4


def test_the_command_holds_for_any_folder() -> None:
    assert restore_command("/a b/r.parquet") == "python -m evals archive --restore '/a b/r.parquet'"
