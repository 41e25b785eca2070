"""Results that read well and cannot be so: refused or noted as the table of bad inputs says, by its number there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals.importing.keeping import imports
from evals.importing.taking import take
from evals.store import Store
from tests.evals.importing.examples import HEADER, csv, in_results, lm_eval, read, refusal


def test_row_18_duplicate_questions_are_noted(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path, change_rows=lambda rows: rows[1].update(doc_hash="doc0"))
    run = read(folder)
    assert any("1 duplicate questions" in warning for warning in run.warnings)
    assert sorted(item.item for item in run.tasks[0].items()) == ["doc0", "doc0#2", "doc2", "doc3"]


def test_row_32_results_without_samples_are_a_summary(tmp_path: Path) -> None:
    run = read(lm_eval(tmp_path, with_samples=False))
    assert any("summary only: no paired test" in warning for warning in run.warnings)
    assert (run.tasks[0].score, run.tasks[0].n, run.tasks[0].items) == (0.75, 4, None)


def test_row_33_an_unknown_version_is_noted(tmp_path: Path) -> None:
    run = read(lm_eval(tmp_path, change=in_results("lm_eval_version", "0.9.0")))
    assert any("0.9.0" in warning for warning in run.warnings)


@pytest.mark.parametrize("value", [101, -1])
def test_row_35_an_accuracy_that_is_none(tmp_path: Path, value: float) -> None:
    bad = lm_eval(tmp_path / "a", change=in_results("results/gsm8k/acc,none", value))
    assert "lies between 0 and 1" in refusal(bad)
    assert f"line 2: score is {value}" in refusal(csv(tmp_path, f"{HEADER}a,{value},m,bf16\n"))


def test_row_36_a_task_with_no_items(tmp_path: Path) -> None:
    assert "0 items" in refusal(lm_eval(tmp_path, change=in_results("n-samples/gsm8k/effective", 0)))


@pytest.mark.parametrize(
    ("name", "shown"), [("", "unnamed model"), ("x" * 500, "x" * 79 + "…"), ("🦙 llama", "🦙 llama")]
)
def test_row_37_odd_names_of_models(tmp_path: Path, name: str, shown: str) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["model_name"] = name
        del whole["config"]["model_args"]["pretrained"]

    run = read(lm_eval(tmp_path, change=change))
    assert run.model == shown
    assert bool(run.warnings) == (name != "🦙 llama")


def test_row_56_an_unknown_quantization_lists_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown quantization 'nf44'.*nf4"):
        take([tmp_path], quantization="nf44", store=Store(tmp_path / "store.sqlite"))


@pytest.mark.parametrize("trick", ['"; DROP TABLE items; --', "%s", "${7*7}", "{{7*7}}"])
def test_row_81_a_name_that_is_code_elsewhere_is_a_name_here(tmp_path: Path, trick: str) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["model_name"] = whole["config"]["model_args"]["pretrained"] = trick

    store = Store(tmp_path / "store.sqlite")
    found = take([lm_eval(tmp_path / "files", change=change)], store=store)
    assert [run.model for run in found.runs] == [trick]
    assert {run.model for run in imports(Store(tmp_path / "store.sqlite"))} == {trick}
    assert len(store.items(store.cell_keys()[0])) == 4
