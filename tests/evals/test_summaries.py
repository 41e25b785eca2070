"""An overview reads one row a cell, and that row is never of other items than those that are there."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from sqlalchemy import event
from typer.testing import CliRunner

from evals import summaries
from evals.__main__ import app
from evals.results import measured_measurements
from evals.runs import status
from evals.statistics.intervals import wilson
from evals.store import Row, Store, StoreError
from evals.store_copy import copy_store
from evals.summaries import digest
from tests.conftest import Place
from tests.evals.test_store import schema_1

RUN = {"run": "r", "digest": "d", "state": "done", "created": 1.0, "finished": 2.0, "provenance": "{}"}
PLAN = json.dumps({"limit": 4, "seed": 0})


def item(number: int, score: float, cell_key: str = "c") -> Row:
    key = {"item_key": f"{cell_key}{number}", "cell_key": cell_key, "item": f"i{number}"}
    return {**key, "score": score, "metrics": "{}", "output": "yes"}


def filled(store: Store, cells: int = 1) -> Store:
    """Cells of four items, three of them right."""
    keys = ["c", *(f"c{n}" for n in range(1, cells))]
    store.add_run({**RUN, "plan": PLAN}, [
        {"run": "r", "model": f"m{n}", "quantization": "bf16", "task": "shop_math", "position": n, "variant_key": key,
         "cell_key": key, "state": "done", "items_total": 4}
        for n, key in enumerate(keys)
    ])  # fmt: skip
    for key in keys:
        store.add_items([item(n, float(n > 0), key) for n in range(4)])
    return store


def read_tables(store: Store) -> list[str]:
    """The statements that are sent from now on."""
    sent: list[str] = []
    event.listen(store.backend.engine, "before_cursor_execute", lambda c, cur, statement, *_: sent.append(statement))
    return sent


def test_an_overview_reads_no_item_once_the_cells_are_summed_up(place: Place) -> None:
    store = filled(place.open(), cells=3)
    first = measured_measurements(store)
    ends = wilson(3, 4)
    assert ends is not None
    assert {(m.score, m.n_items, m.low, m.high) for m in first} == {(0.75, 4, ends.low, ends.high)}
    sent = read_tables(store)
    assert measured_measurements(store) == first
    assert sent and not any("items" in statement.split("FROM")[1] for statement in sent if "FROM" in statement)


def test_every_way_to_change_items_drops_the_summary_with_it(place: Place) -> None:
    store = filled(place.open())
    before = store.summaries(["c"])["c"]
    store.add_items([item(4, 0.0)])
    after = store.summaries(["c"])["c"]
    assert (before["n"], before["score"], after["n"], after["score"]) == (4, 0.75, 5, 0.6)
    assert after["asked"] == digest(f"i{n}" for n in range(5)) != before["asked"]
    store.add_imported([{**RUN, "run": "i", "plan": PLAN, "digest": "i"}], [], [item(5, 0.0)])
    assert store.summaries(["c"])["c"]["score"] == 0.5
    store.remove_run("r")
    assert store.summaries(["c"]) == {}


def test_only_modules_that_mind_summaries_name_the_table_of_items(house: Path) -> None:
    naming = set()
    for path in (house / "evals").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        if any(isinstance(n, ast.ImportFrom) and any(a.name == "ITEMS" for a in n.names) for n in nodes):
            naming.add(path.name)
    assert naming == {"item_rows.py", "archives.py", "store_copy.py", "postgres.py"}


def test_items_altered_beneath_a_summary_are_found_when_read_and_then_not_shown(place: Place) -> None:
    store = filled(place.open())
    measured_measurements(store)
    place.sql("UPDATE items SET score = 1.0 WHERE item_key = 'c0'")
    assert measured_measurements(store)[0].score == 0.75  # as it was written
    with pytest.raises(StoreError, match="items: c0 was altered on disk"):
        store.items("c")
    for reader in (store, place.open()):
        with pytest.raises(StoreError, match="items: c0 was altered on disk"):
            measured_measurements(reader)
    place.sql("UPDATE items SET score = 0.0 WHERE item_key = 'c0'")
    assert len(store.items("c")) == 4 and store.forget_troubles() == 1
    assert measured_measurements(store)[0].score == 0.75


@pytest.mark.parametrize("statement", ["DELETE FROM items WHERE item_key = 'c0'", "DELETE FROM items"])
def test_items_that_are_gone_are_missed(place: Place, statement: str) -> None:
    store = filled(place.open())
    store.summaries(["c"])
    place.sql(statement)
    for read in (store.items, lambda key: place.open().scores([key]), lambda key: store.summaries([key])):
        with pytest.raises(StoreError, match="the items of m0@bf16 on shop_math are not those that were summed up"):
            read("c")
    store.forget_troubles()
    assert len(store.items("c")) in (0, 3)


def test_an_altered_summary_is_made_anew(place: Place) -> None:
    store = filled(place.open())
    store.summaries(["c"])
    place.sql("UPDATE summaries SET score = 1.0")
    assert measured_measurements(store)[0].score == 0.75
    assert place.open().summaries(["c"])["c"]["score"] == 0.75


def test_a_summary_of_older_statistics_is_made_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(place.open())
    store.summaries(["c"])
    for module in ("evals.summaries", "evals.item_rows"):
        monkeypatch.setattr(f"{module}.STATISTICS", summaries.STATISTICS + 1)
    assert store.summaries(["c"])["c"]["statistics"] == 2


def test_items_written_while_a_summary_is_made_win(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other = filled(place.open()), place.open()
    keep = store._keep

    def late(made: dict[str, Row]) -> None:
        other.add_items([item(4, 0.0)])
        keep(made)

    monkeypatch.setattr(store, "_keep", late)
    assert store.summaries(["c"])["c"]["n"] == 4
    assert other._summed(["c"]) == {} and other.summaries(["c"])["c"]["n"] == 5


def test_a_store_that_cannot_be_written_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(Store(tmp_path / "s.sqlite"))
    monkeypatch.setattr(store.backend, "before_write", lambda: (_ for _ in ()).throw(StoreError("read-only")))
    assert measured_measurements(store)[0].score == 0.75
    assert store._summed(["c"]) == {}


def test_a_run_counts_only_the_items_it_planned(place: Place) -> None:
    from evals.tasks import items, task

    store = place.open()
    listed = [one["id"] for one in items(task("shop_math").config["metadata"]["items"])][:5]
    store.add_run({**RUN, "plan": PLAN}, [
        {"run": "r", "model": "m0", "quantization": "bf16", "task": "shop_math", "position": 0, "variant_key": "c",
         "cell_key": "c", "state": "done", "items_total": 4}
    ])  # fmt: skip
    store.add_items([{**item(n, float(n > 0)), "item": name} for n, name in enumerate(listed[:4])])
    sent = read_tables(store)
    for more, score in ((0, 0.75), (1, 0.75)):  # with a fifth item, of another run, the four planned ones are read
        if more:
            store.add_items([{**item(4, 0.0), "item": listed[4]}])
        status("r", store)
        sent.clear()
        found = status("r", store)
        assert found is not None and (found.cells[0].score, found.cells[0].items_done) == (score, 4)
        assert bool(more) == any("FROM items" in statement for statement in sent)


def test_summaries_are_copied_with_the_store(place: Place, tmp_path: Path) -> None:
    source, target = filled(Store(tmp_path / "old.sqlite")), place.open()
    kept = source.summaries(["c"])
    assert copy_store(source, target)["summaries"] == 1
    assert target._summed(["c"]) == kept


def test_a_store_of_the_first_schema_is_summed_up_when_first_read(tmp_path: Path) -> None:
    schema_1(tmp_path / "s.sqlite")
    store = Store(tmp_path / "s.sqlite")
    assert store.summaries(["c"])["c"]["score"] == 1.0
    assert (tmp_path / "backups" / "s-schema-1.sqlite").exists()


def test_a_step_that_changes_no_row_gives_none_a_new_hash(place: Place) -> None:
    """Otherwise what was altered before would count as written."""
    filled(place.open()).close()
    place.sql("DROP TABLE summaries; UPDATE meta SET value = '2' WHERE name = 'schema'")
    place.sql("UPDATE cells SET task = 'other'")
    store = place.open()
    assert store.summaries(["c"])["c"]["score"] == 0.75
    with pytest.raises(StoreError, match="cells: r m0 bf16 other was altered on disk"):
        store.cells()


def test_scores_in_memory_stay_within_their_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(place.open(), cells=3)
    monkeypatch.setattr("evals.item_rows.MOST_SCORES", 8)
    assert len(store.scores(["c", "c1", "c2"])) == 3
    assert list(store._scores) == ["c1", "c2"]
    assert store.scores(["c"])["c"]["i1"] == 1.0 and list(store._scores) == ["c2", "c"]


def test_check_compares_every_summary_with_its_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    store = filled(Store())
    store.summaries(["c"])
    store.close()
    place = Place(tmp_path / "bitbudget.sqlite", None)
    place.sql("DELETE FROM items")
    told = CliRunner().invoke(app, ["store", "check"])
    assert told.exit_code == 2 and "m0@bf16 on shop_math are not those that were summed up" in told.output
