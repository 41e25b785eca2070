"""Bad JSON and JSON lines: refused or noted as the table of bad inputs says, by its number there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.importing.taking import take
from evals.store import Store
from tests.evals.importing.examples import TIME, csv, in_results, lm_eval, read, refusal, sample_file


def test_row_21_one_bad_line_is_named(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    lines = sample_file(folder).read_text().splitlines()
    sample_file(folder).write_text("\n".join([lines[0], "{oops}", *lines[2:]]) + "\n")
    assert "line 2" in refusal(folder)


def test_row_22_single_quotes(tmp_path: Path) -> None:
    assert "single quotes" in refusal(csv(tmp_path, "{'results': {}}", "results.json"))


def test_row_23_an_array_instead_of_lines_is_accepted_and_said(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    rows = [json.loads(line) for line in sample_file(folder).read_text().splitlines()]
    sample_file(folder).write_text(json.dumps(rows))
    run = read(folder)
    assert run.tasks[0].n == 4
    assert any("one JSON array" in warning for warning in run.warnings)


@pytest.mark.parametrize(
    ("content", "what"), [('"text"', "a text"), ("7", "a number"), ("null", "null"), ("[]", "a list")]
)
def test_row_24_another_value_on_top(tmp_path: Path, content: str, what: str) -> None:
    assert f"holds {what}" in refusal(csv(tmp_path, content, "results.json"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_row_25_a_score_that_is_no_number_is_named(tmp_path: Path, value: float) -> None:
    bad = lm_eval(tmp_path / "a", change=in_results("results/gsm8k/acc,none", value))
    assert "results: gsm8k: acc,none is" in refusal(bad)
    assert "line 2: acc is" in refusal(lm_eval(tmp_path / "b", change_rows=lambda rows: rows[1].update(acc=value)))


def test_row_26_a_number_too_large(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    path = folder / f"results_{TIME}.json"
    path.write_text(path.read_text().replace("0.75", "1e999"))
    assert "1e999 is too large" in refusal(folder)


def test_row_27_a_number_with_5000_digits(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    path = sample_file(folder)
    path.write_text(path.read_text().replace('"doc_id": 1', '"doc_id": ' + "1" * 5000))
    assert "5,000 digits" in refusal(folder)


def test_row_28_nested_100000_deep(tmp_path: Path) -> None:
    assert "nested too deeply" in refusal(csv(tmp_path, "[" * 100_000 + "]" * 100_000, "results.json"))


def test_row_29_a_key_twice(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    path = sample_file(folder)
    path.write_text(path.read_text().replace('"filter": "none"', '"acc": 1, "filter": "none"'))
    assert "line 1: key 'acc' stands twice" in refusal(folder)


def test_row_30_half_a_character_is_replaced_and_counted(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    path = sample_file(folder)
    path.write_text(path.read_text().replace("said 1", "said \\ud800"))
    store = Store(tmp_path / "store.sqlite")
    taken = take([folder], store=store)
    assert not taken.refused
    [cell] = store.cells(taken.runs[0].id)
    assert "said \ufffd" in {row["output"] for row in store.items(cell["cell_key"])}
    assert any("half a character" in warning for warning in taken.runs[0].warnings)


def test_row_31_a_truncated_file(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path / "a")
    path = sample_file(folder)
    path.write_bytes(path.read_bytes()[:-40])
    assert f"ends mid-record at byte {path.stat().st_size:,}" in refusal(folder)
    folder = lm_eval(tmp_path / "b", with_samples=False)
    path = folder / f"results_{TIME}.json"
    path.write_bytes(path.read_bytes()[:-40])
    assert f"ends mid-record at byte {path.stat().st_size:,}" in refusal(folder)


def test_row_31_a_file_cut_at_the_end_of_a_line(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    path = sample_file(folder)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    assert "3 items, but its results file counts 4" in refusal(folder)
