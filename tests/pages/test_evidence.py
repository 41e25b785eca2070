"""The Evidence page: everything that is known, what is missing, and runs brought from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from decisions.charts.coverage import coverage_chart
from decisions.charts.palette import LIGHT
from decisions.coverage import coverage
from decisions.evidence import every_measurement
from evals.importing.keeping import imports
from evals.importing.taking import take
from pages.ui import evidence_imports
from tests.evals.importing.examples import TIME, lm_eval, report
from tests.pages.conftest import opened, words


@pytest.fixture
def imported(tmp_path: Path) -> None:
    lm_eval(tmp_path / "files" / "a")
    other = lm_eval(
        tmp_path / "files" / "b", (1, 1, 0, 1), change=lambda r: r["config"]["model_args"].update(load_in_8bit=True)
    )
    (other / "speed.json").write_text(json.dumps(report()))
    assert not take([tmp_path / "files"]).refused


def test_it_opens_with_published_evidence_alone() -> None:
    app = opened("Evidence")
    assert not app.exception
    assert "measurements: 1," in words(app) and "published" in words(app)
    assert "are missing" in words(app)
    assert "Nothing is imported yet" in words(app)


@pytest.mark.usefixtures("imported")
def test_imports_are_counted_listed_and_searchable() -> None:
    app = opened("Evidence", scenario="imported", search="gsm8k int8", origin="imported")
    assert not app.exception
    assert "2 imported" in words(app)
    assert "1 of 1," in words(app)
    tables = [table.value for table in app.dataframe]
    assert any("p95 end to end, s" in table and table["p95 end to end, s"].tolist() == [3.0] for table in tables)
    assert any("Files" in table and len(table) == 3 for table in tables)


@pytest.mark.usefixtures("imported")
def test_an_import_is_taken_out_with_a_click() -> None:
    app = opened("Evidence", scenario="imported")
    next(button for button in app.button if button.label == "Take out").click().run()
    assert not app.exception
    assert len(imports()) == 2


@pytest.mark.parametrize("page", ["", "Compare", "Cliff", "Run"])
@pytest.mark.usefixtures("imported")
def test_imported_runs_are_a_scenario_on_the_other_pages(page: str) -> None:
    app = opened(page, scenario="imported")
    assert not app.exception
    assert "scores imported from your files" in words(app)


def test_a_missing_cell_of_a_model_that_is_here_links_to_its_measurement(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["model_name"] = "tiny-1m"

    take([lm_eval(tmp_path / "files", change=change)])
    app = opened("Evidence", scenario="imported", cell="tiny-1m|bf16|math")
    assert not app.exception
    [link] = [e.proto for e in app.get("page_link") if e.proto.label == "Measure this cell"]
    assert all(f"{name}=" in link.query_string for name in ("models", "quantizations", "tasks"))


def test_uploads_keep_their_names_so_that_samples_find_their_results(tmp_path: Path) -> None:
    class Upload:
        def __init__(self, path: Path) -> None:
            self.name, self._path = f"../{path.name}", path

        def getbuffer(self) -> memoryview:
            return memoryview(self._path.read_bytes())

    folder = lm_eval(tmp_path / "files")
    taken = evidence_imports._taken([Upload(p) for p in folder.iterdir()], None, None, "")
    assert taken.refused == ()
    assert taken.runs[0].tasks == (("gsm8k", 4),)
    assert not (tmp_path.parent / f"results_{TIME}.json").exists()


def test_row_34_files_with_other_limits_are_compared_only_by_choice(tmp_path: Path) -> None:
    lm_eval(tmp_path / "files" / "a", [1.0] * 30)

    def change(whole: dict[str, Any]) -> None:
        whole["config"].update(limit=20)
        whole["config"]["model_args"].update(load_in_8bit=True)

    lm_eval(tmp_path / "files" / "b", [0.0] * 5 + [1.0] * 15, change=change)
    assert not take([tmp_path / "files"]).refused
    app = opened("Compare", scenario="imported")
    assert not app.exception
    notes = [note for table in app.dataframe for note in table.value.get("Note", [])]
    assert any("limit differs (" in note and "only the common ones" in note for note in notes)
    next(box for box in app.selectbox if box.label == "Items of your files").select("common").run()
    assert not app.exception
    notes = [note for table in app.dataframe for note in table.value.get("Note", [])]
    assert "paired, 20 items, 5 flips" in notes


@pytest.mark.usefixtures("imported")
def test_the_map_has_a_panel_a_model_and_a_mark_a_cell() -> None:
    cells = coverage(every_measurement(), ["org/llama-8b", "Meta-Llama-3-8B-Instruct"])
    figure = coverage_chart(cells, LIGHT)
    assert sum(len(trace.x) for trace in figure.data) == len(cells)
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
