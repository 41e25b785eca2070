"""One document, eight formats: the same numbers in each, page one on one page, and nothing foreign that runs."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import docx as python_docx
import pytest
from pptx import Presentation

from data import files
from decisions.charts.decide import decide_chart
from decisions.charts.palette import LIGHT
from decisions.decision import decide
from decisions.fields import BadInput
from decisions.report.clean import clean_text
from decisions.report.files import write_all
from decisions.report.findings import plain_figure
from decisions.report.formats import FORMATS, check_format, render
from decisions.report.model import Report, build_report, upgraded
from decisions.report.pdf import pages
from decisions.report.sections import document
from pricing.quotes import Quote
from tests.decisions.conftest import measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
NASTY = '=HYPERLINK("http://x")<script>alert(1)</script>\x1b[31m\u202ereversed\u202c' + "e" + "\u0301" * 50



@pytest.fixture
def report(priced: Priced) -> Report:
    priced({"big q4": quote(1234.0, 1.0, parts={"accelerators": 1200.0, "storage": 34.0}), "small bf16": quote(None)})
    place = scenario(models={"big": "Big " + NASTY, "small": "Small"})
    variants = [measured("big", "q4", 0.9), measured("small", "bf16", 0.8, None)]
    book: Any = None
    decision = decide(place, variants, book)
    figure = decide_chart(decision, LIGHT, line=0.75, budget_usd=2000, task_title="Quiz")
    return build_report(
        place,
        decision,
        written=date(2026, 11, 22),
        people={"owner": "Anna", "dissent": NASTY},
        figures={"accuracy_cost": plain_figure(figure)},
    )


def text_of(report: Report, name: str) -> str:
    """What a reader of the format sees."""
    content = render(report, name)
    if name == "pdf":
        reader = shutil.which("pdftotext")
        if reader is None and "CI" not in os.environ:
            pytest.skip("pdftotext is not installed")
        return subprocess.run([str(reader), "-layout", "-", "-"], input=content, capture_output=True).stdout.decode()
    if name == "docx":
        memo = python_docx.Document(io.BytesIO(content))
        cells = [cell.text for table in memo.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(p.text for p in memo.paragraphs), *cells, memo.sections[0].footer.paragraphs[0].text])
    if name == "pptx":
        shapes = [shape for slide in Presentation(io.BytesIO(content)).slides for shape in slide.shapes]
        cells = [c.text for s in shapes if s.has_table for row in s.table.rows for c in row.cells]
        return "\n".join([*(s.text_frame.text for s in shapes if s.has_text_frame), *cells])
    if name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return book.read("xl/sharedStrings.xml").decode()
    return content.decode()


@pytest.mark.parametrize("name", ["pdf", "html", "docx", "pptx", "xlsx", "md", "json"])
def test_the_same_numbers_read_the_same_everywhere(report: Report, name: str) -> None:
    said = text_of(report, name).replace("\\", "")
    for number in ("$1,230 ($1,110–1,360)", "90 % ± 2.0", "2026-11-22"):
        assert number in said, f"{number} in {name}"


def test_the_pdf_is_tagged_and_its_first_page_is_one_page(report: Report) -> None:
    content = render(report, "pdf")
    assert content.startswith(b"%PDF-") and b"/MarkInfo" in content and b"pdfuaid" in content
    first = document(report, [])
    assert [section.id for section in first.sections] == ["decision"]
    assert len(pages(first)) == 1


def test_nothing_of_a_model_runs_in_the_page(report: Report) -> None:
    page = render(report, "html").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy and "default-src 'none'" in policy[1] and "unsafe-eval" not in policy[1]
    assert policy[1].count("sha256-") == 2 and "unsafe-inline" not in policy[1].split("style-src")[0]
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert not re.search(r'(src|href)="http', page.split("<script>")[0])


def test_no_text_becomes_a_formula_or_a_link_and_numbers_are_numbers(report: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(render(report, "xlsx"))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    assert any("<v>1234</v>" in sheet for sheet in sheets)


def test_answers_with_odd_characters_are_shown_safely_in_all(report: Report) -> None:
    for name in FORMATS:
        assert render(report, name)


def test_slides_are_five_and_pictures_have_a_text(report: Report) -> None:
    deck = Presentation(io.BytesIO(render(report, "pptx")))
    assert len(deck.slides) == 5
    pictures = [s for slide in deck.slides for s in slide.shapes if s.shape_type == 13]
    assert len(pictures) == 1
    assert pictures[0]._element.nvPicPr.cNvPr.get("descr") == clean_text(report["sentence"])


def test_parts_are_chosen_and_the_first_page_always_stays(report: Report) -> None:
    said = render(report, "md", ["people"]).decode()
    assert "Anna" in said and "## Candidates" not in said
    with pytest.raises(BadInput, match=r"'candidate'.*candidates"):
        render(report, "md", ["candidate"])


def test_a_report_of_the_first_version_still_opens(report: Report) -> None:
    old = {k: v for k, v in report.items() if k not in ("view", "figures", "people", "sla_rows", "app_version")}
    old |= {"schema": 1, "options": [{k: v for k, v in o.items() if k != "why"} for o in report["options"]]}
    for name in FORMATS:
        assert render(json.loads(json.dumps(old)), name)


def test_a_report_of_a_later_version_is_refused(report: Report) -> None:
    with pytest.raises(BadInput, match="schema 99"):
        upgraded({**report, "schema": 99})


def test_an_empty_decision_is_a_report_too() -> None:
    place = scenario()
    book: Any = None
    empty = build_report(place, decide(place, [], book))
    for name in FORMATS:
        assert render(empty, name)


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    assert check_format(" .PDF") == "pdf"
    with pytest.raises(BadInput, match=r"'pdff'.*pdf"):
        check_format("pdff")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(BadInput, match="No space left"):
        write_all({tmp_path / "report.pdf": b"x" * 1000})
    assert list(tmp_path.iterdir()) == []


def test_row_70_what_moves_or_hides_other_text_is_shown_by_its_code() -> None:
    assert clean_text("a\x1b[31mred\x00") == "a[U+001B][31mred[U+0000]"
    assert clean_text("\u202egnp.exe\u202c") == "[U+202E]gnp.exe[U+202C]"
    assert clean_text("ad\u200bmin") == "ad[U+200B]min"
    assert clean_text("one\r\ntwo\rthree") == "one\ntwo[U+000D]three"
    assert clean_text("e" + "\u0301" * 5000) == "e" + "\u0301" * 3
    assert len(clean_text("x" * 1_000_000)) < 5_000
    assert clean_text("naïve 中文 ok\n") == "naïve 中文 ok\n"


def test_a_script_the_fonts_lack_still_gives_an_accessible_pdf(report: Report) -> None:
    assert b"pdfuaid" in render({**report, "title": "模型 عربى"}, "pdf")
