"""Bad CSV of item results: refused or noted as the table of bad inputs says, by its number there."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.importing.measurements import imported_measurements, imported_texts
from evals.importing.taking import take
from evals.store import Store
from tests.evals.importing.examples import HEADER, csv, lm_eval, read, refusal, sample_file


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


def test_row_16_too_many_rows_are_refused_with_the_offer_of_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.importing.item_csv.MOST_ROWS", 1000)
    rows = [f"item{n},{n % 2},m,bf16\n" for n in range(1001)]
    whole = csv(tmp_path, HEADER + "".join(rows))
    assert "more than 1,000 rows; take a sample" in refusal(whole)
    run = read(whole, sample=100)
    kept = {item.item for item in run.tasks[0].items()}
    assert (len(kept), run.tasks[0].n, run.warnings) == (100, 100, ("runs: a sample of 100 of 1,001 rows",))
    other = csv(tmp_path, HEADER + "".join(reversed(rows)).replace("bf16", "nf4"), "other.csv")
    assert {item.item for item in read(other, sample=100).tasks[0].items()} == kept
    assert read(csv(tmp_path, HEADER + "".join(rows[:1000]), "fits.csv")).tasks[0].n == 1000


def test_row_16_a_sample_of_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sample is 0; keep at least 1 item"):
        take([tmp_path], sample=0, store=Store(tmp_path / "store.sqlite"))


def test_row_17_too_many_columns(tmp_path: Path) -> None:
    assert "10,000 columns" in refusal(csv(tmp_path, ",".join(f"c{i}" for i in range(10_000)) + "\n"))


def test_row_18_the_same_item_with_two_results_is_refused(tmp_path: Path) -> None:
    assert "line 3: item 'a'" in refusal(csv(tmp_path, HEADER + "a,1,m,bf16\na,0,m,bf16\n"))
    other = lm_eval(tmp_path / "run", change_rows=lambda rows: rows[1].update(doc_id=0))
    assert "doc_id 0 stands there twice" in refusal(other)


def test_row_20_formulas_stay_text(tmp_path: Path) -> None:
    header = "item,score,model,quantization,task,prompt,expected,output\n"
    path = csv(tmp_path, header + '=1+1,1,=cmd,bf16,+task,@sum(A1),-2,"=HYPERLINK(""http://x"")"\n')
    store = Store(tmp_path / "store.sqlite")
    [run] = take([path], store=store).runs
    [seen] = imported_measurements(store)
    assert (run.model, seen.model, seen.task) == ("=cmd", "=cmd", "+task")
    texts = imported_texts("=cmd", "bf16", "+task", store=store)
    assert list(texts) == ["=1+1"]
    one = texts["=1+1"]
    assert (one.prompt, one.expected, one.output) == ("@sum(A1)", "-2", '=HYPERLINK("http://x")')


def test_row_44_a_picture_called_csv(tmp_path: Path) -> None:
    assert "a PNG image" in refusal(csv(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(100)))
