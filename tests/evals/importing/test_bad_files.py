"""Bad results files: each is refused or noted as the table of bad inputs says, by its number there."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from evals.importing.discovery import read_paths
from evals.importing.taking import take
from evals.store import Store
from tests.evals.importing.examples import (
    TIME,
    eval_archive,
    inspect_log,
    lm_eval,
    read,
    refusal,
    sample_file,
)

HEADER = "item,score,model,quantization\n"


def csv(folder: Path, content: str | bytes, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def in_results(where: str, value: Any) -> Any:
    """A change that puts a value under ``a/b/c`` of the results."""

    def change(whole: dict[str, Any]) -> None:
        *path, last = where.split("/")
        for name in path:
            whole = whole[name]
        whole[last] = value

    return change


@pytest.mark.parametrize("name", ["runs.csv", "log.eval", "results.json", "samples_x.jsonl"])
def test_row_1_an_empty_file(tmp_path: Path, name: str) -> None:
    assert "file is empty" in refusal(csv(tmp_path, "", name))


def test_row_2_only_a_header(tmp_path: Path) -> None:
    assert "0 rows" in refusal(csv(tmp_path, HEADER))


def test_row_3_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "\ufeff" + HEADER + "a,1,m,bf16\n")).tasks[0].n == 1
    folder = lm_eval(tmp_path / "run")
    for path in folder.iterdir():
        path.write_text("\ufeff" + path.read_text())
    assert read(folder).tasks[0].n == 4


def test_row_4_utf_16(tmp_path: Path) -> None:
    assert "saved as UTF-16" in refusal(csv(tmp_path, (HEADER + "a,1,m,bf16\n").encode("utf-16")))
    assert "saved as UTF-16" in refusal(csv(tmp_path, '{"results": {}}'.encode("utf-16"), "results.json"))


def test_row_5_latin_1_is_named_with_its_byte(tmp_path: Path) -> None:
    content = HEADER.encode() + b"caf\xe9,1,m,bf16\n"
    assert f"byte {len(HEADER) + 3} is 0xe9" in refusal(csv(tmp_path, content))
    folder = lm_eval(tmp_path / "run")
    whole = sample_file(folder).read_bytes()
    sample_file(folder).write_bytes(whole.replace(b"said 2", b"said \xe9"))
    assert f"byte {whole.index(b'said 2') + 5:,} is 0xe9" in refusal(folder)


def test_row_6_nul_bytes(tmp_path: Path) -> None:
    assert "line 2 holds a NUL byte" in refusal(csv(tmp_path, HEADER + "a\0,1,m,bf16\n"))


def test_row_7_a_ragged_row(tmp_path: Path) -> None:
    assert "line 3 has 3 fields, header has 4" in refusal(csv(tmp_path, HEADER + "a,1,m,bf16\nb,1,m\n"))


def test_row_8_an_unclosed_quote(tmp_path: Path) -> None:
    assert "line 2" in refusal(csv(tmp_path, HEADER + '"a,1,m,bf16\nb,1,m,bf16\n'))


def test_row_9_semicolons(tmp_path: Path) -> None:
    assert "semicolons" in refusal(csv(tmp_path, "item;score\na;1\n"))


def test_row_10_a_doubled_column(tmp_path: Path) -> None:
    assert "'score'" in refusal(csv(tmp_path, "item,score,Score\na,1,1\n"))


def test_row_11_a_missing_column_lists_those_found(tmp_path: Path) -> None:
    said = refusal(csv(tmp_path, "item,grade\na,1\n"))
    assert "column for the score" in said and "item, grade" in said


def test_rows_12_13_cells_stay_the_text_they_are(tmp_path: Path) -> None:
    rows = "".join(f"{name},1,m,bf16\n" for name in ("NA", "None", "nan", "null", "007", "1e5"))
    run = read(csv(tmp_path, HEADER + rows))
    assert [item.item for item in run.tasks[0].items()] == ["NA", "None", "nan", "null", "007", "1e5"]


def test_row_14_a_long_cell_is_cut(tmp_path: Path) -> None:
    run = read(csv(tmp_path, "item,score,model,quant,output\na,1,m,bf16," + "x" * 200_000 + "\n"))
    assert len(next(run.tasks[0].items()).output) == 8_000


def test_row_15_a_line_break_in_a_cell_is_kept(tmp_path: Path) -> None:
    run = read(csv(tmp_path, 'item,score,model,quant,output\r\na,1,m,bf16,"x\r\ny"\r\n'))
    assert next(run.tasks[0].items()).output == "x\r\ny"


def test_row_17_too_many_columns(tmp_path: Path) -> None:
    assert "10,000 columns" in refusal(csv(tmp_path, ",".join(f"c{i}" for i in range(10_000)) + "\n"))


def test_row_18_duplicate_questions_are_noted(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path, change_rows=lambda rows: rows[1].update(doc_hash="doc0"))
    run = read(folder)
    assert any("1 duplicate questions" in warning for warning in run.warnings)
    assert sorted(item.item for item in run.tasks[0].items()) == ["doc0", "doc0#2", "doc2", "doc3"]


def test_row_18_the_same_item_with_two_results_is_refused(tmp_path: Path) -> None:
    assert "line 3: item 'a'" in refusal(csv(tmp_path, HEADER + "a,1,m,bf16\na,0,m,bf16\n"))
    other = lm_eval(tmp_path / "run", change_rows=lambda rows: rows[1].update(doc_id=0))
    assert "doc_id 0 stands there twice" in refusal(other)


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


def test_row_38_the_same_file_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    first = take([lm_eval(tmp_path / "run")], store=store)
    before = (store.runs(), store.cells())
    again = take([tmp_path / "run"], store=store)
    assert again.runs[0].id == first.runs[0].id
    assert again.runs[0].warnings == ("already imported",)
    assert (store.runs(), store.cells()) == before


def test_row_39_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", " " * 20_000_000)
    assert "zip bomb" in refusal(path)


def test_row_39_a_member_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C", "I"]))
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("header.json").file_size
    path.write_bytes(raw.replace(struct.pack("<I", size), struct.pack("<I", size - 9)))
    assert "header.json" in refusal(path)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/../../x", "..\\x", "C:\\x"])
def test_row_41_a_member_outside_the_archive(tmp_path: Path, name: str) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C"]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    assert "leads out of the archive" in refusal(path)


def test_row_42_an_encrypted_member(tmp_path: Path) -> None:
    path = eval_archive(tmp_path / "log.eval", inspect_log(["C"]))
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = raw.index(signature)
        raw[where + at] |= 1
    path.write_bytes(raw)
    assert "is encrypted" in refusal(path)


def test_row_44_a_picture_called_csv(tmp_path: Path) -> None:
    assert "a PNG image" in refusal(csv(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(100)))


def test_row_56_an_unknown_quantization_lists_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown quantization 'nf44'.*nf4"):
        take([tmp_path], quantization="nf44", store=Store(tmp_path / "store.sqlite"))


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

    monkeypatch.setattr("evals.store.row_hash", fails_later)
    taken = take([lm_eval(tmp_path / "run")], store=store)
    assert "the disk is gone" in taken.refused[0].reason
    assert (store.runs(), store.cells(), store.cell_keys()) == ([], [], [])


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    lm_eval(tmp_path / "good")
    csv(tmp_path, "{", "bad.json")
    reading = read_paths([tmp_path])
    assert len(reading.files) == 1
    assert [Path(each.file).name for each in reading.refused] == ["bad.json"]
