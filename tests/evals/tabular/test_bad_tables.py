"""Files as people bring them, numbered as the rows of the list of bad inputs: what is refused, converted or kept."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest
from openpyxl import Workbook

from evals.tabular import Options, Table, TableError, read_table
from evals.tabular.reading import parse
from evals.tabular.table import MAX_COLUMNS, MAX_ROWS


def read(raw: bytes | str, name: str = "file.csv", **options: object) -> Table:
    data = raw.encode() if isinstance(raw, str) else raw
    return parse(data, name, Options(**options))  # type: ignore[arg-type]


def refused(raw: bytes | str, name: str = "file.csv", **options: object) -> TableError:
    with pytest.raises(TableError) as caught:
        read(raw, name, **options)
    return caught.value


def test_row_01_an_empty_file_is_refused() -> None:
    assert "file is empty" in str(refused(""))
    assert "file is empty" in str(refused("\n \n"))


def test_row_02_a_header_alone_has_0_rows() -> None:
    assert "0 rows" in str(refused("question,answer\n"))


def test_row_03_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert read(b"\xef\xbb\xbfquestion,answer\na,b\n").columns == ("question", "answer")


def test_row_04_utf_16_is_converted_and_said() -> None:
    table = read("question,answer\nä,b\n".encode("utf-16"))
    assert table.rows == (("ä", "b"),)
    assert "saved as UTF-16" in table.notes[0]
    unmarked = refused("question,answer\na,b\n".encode("utf-16-le"))
    assert unmarked.offers == {"encoding": "utf-16-le"}


def test_row_05_latin_1_is_refused_with_the_byte_and_read_when_told() -> None:
    raw = "question,answer\ncafé,1\n".encode("latin-1")
    error = refused(raw)
    assert "byte 19 (line 2)" in str(error)
    assert error.offers == {"encoding": "windows-1252"}
    assert read(raw, **error.offers).rows == (("café", "1"),)


def test_row_06_nul_bytes_are_refused_with_their_line() -> None:
    assert "line 3 holds a NUL byte" in str(refused("question,answer\na,b\nc\0,d\n"))


def test_row_07_a_ragged_row_is_refused_and_shifts_nothing() -> None:
    rows = "".join(f"q{n},a{n}\n" for n in range(5))
    assert "line 7 has 3 fields, header has 2" in str(refused(f"question,answer\n{rows}q,a,more\n"))


def test_row_08_an_unclosed_quote_is_refused_with_the_line_it_opens_on() -> None:
    assert "a quote opened on line 3 is never closed" in str(refused('q,a\n1,2\n3,"4\n5,6\n'))


def test_row_09_semicolons_are_asked_about() -> None:
    error = refused("question;answer\na;1,5\n")
    assert "semicolons" in str(error)
    assert error.offers == {"delimiter": ";"}
    assert read("question;answer\na;1,5\n", **error.offers).rows == (("a", "1,5"),)


def test_row_10_a_doubled_column_is_named() -> None:
    assert "'answer' twice" in str(refused("question,answer,answer\na,b,c\n"))


def test_row_12_words_for_nothing_stay_words() -> None:
    table = read("q,a\n1,NA\n2,None\n3,nan\n4,null\n")
    assert table.column("a") == ["NA", "None", "nan", "null"]


def test_row_13_numbers_keep_their_spelling() -> None:
    assert read('q,a\n1,007\n2,1e5\n3,"1,5"\n').column("a") == ["007", "1e5", "1,5"]


def test_row_15_a_line_break_in_a_cell_is_kept() -> None:
    assert read('q,a\r\n"one\r\ntwo",b\r\n').rows == (("one\r\ntwo", "b"),)


def test_row_16_too_many_rows_are_refused_with_the_offer_of_a_sample() -> None:
    raw = "q,a\n" + "x,y\n" * (MAX_ROWS + 1)
    error = refused(raw)
    assert "more than 100,000 rows" in str(error)
    sample = read(raw, sample=10)
    assert len(sample.rows) == 10
    assert sample.notes == ("a random sample of 10 of 100,001 rows",)


def test_row_17_too_many_columns_are_refused() -> None:
    names = ",".join(f"c{n}" for n in range(10_000))
    assert f"10,000 columns; at most {MAX_COLUMNS}" in str(refused(f"{names}\n{names}\n"))


def test_row_20_formulas_stay_text_in_csv_and_xlsx() -> None:
    assert read('q,a\n"=HYPERLINK(""http://x"")",b\n').rows[0][0] == '=HYPERLINK("http://x")'
    table = read(workbook([["q", "a"], ["=1+1", "b"]]), "file.xlsx")
    assert table.rows == (("=1+1", "b"),)
    assert "1 cells hold formulas" in table.notes[0]


def test_row_21_a_bad_line_is_named() -> None:
    assert "line 2 is not valid JSON" in str(refused('{"q":1}\n{oh}\n{"q":2}\n', "file.jsonl"))


def test_row_22_single_quotes_are_explained() -> None:
    assert "double quotes" in str(refused("{'q': 'a'}\n", "file.jsonl"))


def test_row_23_an_array_is_read_and_said() -> None:
    table = read('[{"q": "a", "n": 1.50}, {"q": "b", "n": null}]', "file.json")
    assert table.rows == (("a", "1.50"), ("b", ""))
    assert "array" in table.notes[0]


@pytest.mark.parametrize("line", ['"text"', "5", "null", "[1]"])
def test_row_24_a_bare_value_is_refused(line: str) -> None:
    assert "expected an object" in str(refused(f'{{"q":1}}\n{line}\n', "file.jsonl"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_row_25_what_is_no_number_is_named_with_its_path(number: str) -> None:
    assert f"scores[1].acc is {number}" in str(refused(f'{{"scores":[1,{{"acc":{number}}}]}}\n', "file.jsonl"))


def test_row_26_an_endless_number_is_refused() -> None:
    assert "a is 1e999" in str(refused('{"a":1e999}\n', "file.jsonl"))


def test_row_27_a_number_of_5000_digits_is_refused() -> None:
    assert "5,000 digits" in str(refused('{"a":' + "9" * 5000 + "}\n", "file.jsonl"))


def test_row_28_deep_nesting_is_refused() -> None:
    assert "too deeply" in str(refused('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "file.jsonl"))
    assert "too deeply" in str(refused('{"a":' + "[" * 100 + "]" * 100 + "}", "file.jsonl"))


def test_row_29_a_doubled_key_is_refused() -> None:
    assert "key 'a' stands twice" in str(refused('{"a":1,"a":2}\n', "file.jsonl"))


def test_row_30_half_a_character_pair_is_replaced_and_said() -> None:
    table = read('{"a":"x\\ud800y"}\n', "file.jsonl")
    assert table.rows == (("x\ufffdy",),)
    assert "replaced" in table.notes[0]


def test_row_31_a_file_cut_short_says_where() -> None:
    raw = '{"q":"a"}\n{"q":"b'
    assert f"ends mid-record at byte {len(raw)}" in str(refused(raw, "file.jsonl"))


def test_row_39_a_zip_bomb_is_refused_by_its_directory() -> None:
    assert "times its size" in str(refused(archive({"xl/worksheets/sheet1.xml": b"0" * 20_000_000}), "file.xlsx"))


def test_row_40_a_huge_sheet_in_a_small_file_is_refused_before_it_is_parsed() -> None:
    cells = b'<row><c t="inlineStr"><is><t>a</t></is></c></row>' * 200_000
    sheet = b'<worksheet><dimension ref="A1:B1500000"/><sheetData>' + cells
    assert "times its size" in str(refused(archive({"xl/worksheets/sheet1.xml": sheet}), "file.xlsx"))
    stored = archive({"xl/worksheets/sheet1.xml": sheet}, zipfile.ZIP_STORED)
    assert "a sheet of 1,500,000 rows" in str(refused(stored, "file.xlsx"))


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "xl\\..\\..\\x", "C:/x"])
def test_row_41_a_member_outside_the_archive_is_refused(name: str) -> None:
    assert "outside of itself" in str(refused(archive({name: b"x"}), "file.xlsx"))


def test_row_42_an_encrypted_workbook_is_refused() -> None:
    assert "encrypted" in str(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file.xlsx"))
    raw = bytearray(archive({"a": b"x"}, zipfile.ZIP_STORED))
    at = raw.index(b"PK\x01\x02") + 8
    raw[at : at + 2] = struct.pack("<H", 1)
    assert "encrypted" in str(refused(bytes(raw), "file.xlsx"))


def test_row_43_macros_are_refused() -> None:
    assert "macros" in str(refused(workbook([["q"], ["a"]]), "file.xlsm"))
    assert "macros" in str(refused(archive({"xl/vbaProject.bin": b"x"}), "file.xlsx"))


@pytest.mark.parametrize(
    ("start", "kind"), [(b"\x89PNG\r\n", "PNG"), (b"MZ\x90", "program"), (b"\x7fELF", "program"), (b"%PDF-1.7", "PDF")]
)
def test_row_44_another_kind_of_file_named_csv_is_refused(start: bytes, kind: str) -> None:
    assert kind in str(refused(start + b"\0" * 100, "file.csv"))


def test_row_44_a_workbook_named_csv_says_so() -> None:
    assert "name it .xlsx" in str(refused(workbook([["q"], ["a"]]), "file.csv"))


def test_row_45_links_to_other_workbooks_are_dropped() -> None:
    raw = io.BytesIO(workbook([["q", "a"], ["x", "y"]]))
    with zipfile.ZipFile(raw, "a") as more:
        more.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    assert read(raw.getvalue(), "file.xlsx").rows == (("x", "y"),)


def test_a_workbook_keeps_text_numbers_and_dates_as_they_read() -> None:
    from datetime import date

    table = read(workbook([["q", "n", "d"], ["007", 7, date(2026, 11, 21)], ["b", 1.5, None]]), "file.xlsx")
    assert table.rows == (("007", "7", "2026-11-21"), ("b", "1.5", ""))
    assert table.lines == (2, 3)


def test_a_file_is_read_in_a_process_of_its_own() -> None:
    assert read_table(b"q,a\n1,2\n", "file.csv").rows == (("1", "2"),)
    with pytest.raises(TableError, match="semicolons") as caught:
        read_table(b"q;a\n1;2\n", "file.csv")
    assert caught.value.offers == {"delimiter": ";"}


def test_nested_values_become_json_with_their_numbers() -> None:
    table = read('{"steps": ["a", "b"], "pairs": [[1, 2.5]], "yes": true}\n', "file.jsonl")
    assert [json.loads(cell) for cell in table.rows[0]] == [["a", "b"], [[1, 2.5]], True]


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def archive(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", how) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return raw.getvalue()
