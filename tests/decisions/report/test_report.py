from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from decisions.decision import decide
from decisions.fields import BadInput
from decisions.report.formats import FORMATS, check_format, render, safe_cell
from decisions.report.model import Report, build_report
from pricing.quotes import Quote
from tests.decisions.conftest import measured, quote, scenario

Priced = Callable[[Mapping[str, Quote]], None]
EVIL = '=HYPERLINK("http://x")|<script>alert(1)</script>'


@pytest.fixture
def report(priced: Priced) -> Report:
    priced({"big q4": quote(400.0, 1.0, parts={"accelerators": 390.0, "storage": 10.0}), "small bf16": quote(None)})
    place = scenario(models={"big": EVIL, "small": "Small"})
    variants = [measured("big", "q4", 0.9), measured("small", "bf16", 0.9, None)]
    book: Any = None
    return build_report(place, decide(place, variants, book), written=date(2026, 11, 22))


def test_the_report_is_plain_json_with_every_option_and_check(report: Report) -> None:
    again = json.loads(render(report, "json"))
    assert again == report
    assert (again["status"], again["choice"], again["written"]) == ("meets", report["options"][0]["id"], "2026-11-22")
    by_verdict = {o["verdict"]: o for o in again["options"]}
    assert by_verdict["unproven"]["usd_per_month"] is None  # unknown is not zero
    assert by_verdict["meets"]["bands"]["usd_per_month"] == pytest.approx({"value": 400, "low": 360, "high": 440})
    assert [c["name"] for c in by_verdict["meets"]["checks"]] == ["Quiz", "p95 latency", "monthly cost"]


def test_csv_is_safe_to_open_in_a_spreadsheet(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(render(report, "csv"))))
    assert len(rows) == 2 and rows[0]["usd_per_month"] == "400.0" and rows[1]["usd_per_month"] == ""
    assert rows[0]["label"].startswith("'=HYPERLINK")
    assert all(safe_cell(sign + "1").startswith("'") for sign in ("=", "+", "-", "@", "\t", "\r"))
    assert safe_cell("70B Q4") == "70B Q4"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_is_one_escaped_file_that_fetches_nothing(report: Report) -> None:
    page = render(report, "html")
    parser = Tags()
    parser.feed(page)
    assert "script" not in {tag for tag, _ in parser.tags} and "&lt;script&gt;" in page
    assert not [tag for tag, attrs in parser.tags if "src" in attrs or "href" in attrs]
    assert "$400 ($360–440)" in page and "Status: meets" in page


def test_markdown_tables_keep_their_columns(report: Report) -> None:
    lines = render(report, "md").splitlines()
    table = [line for line in lines if line.startswith("| ") and ("meets" in line or "unproven" in line)]
    assert len(table) == 2
    for line in table:
        assert line.replace("\\|", "").count("|") == 8  # seven columns, whatever stands in a name
    assert "<script>" not in "\n".join(lines).replace("\\<script\\>", "")
    assert "| accelerators | $390 |" in lines


def test_unknown_formats_say_which_exist_and_which_come_later() -> None:
    assert check_format(" .MD") == "md" and set(FORMATS) == {"md", "html", "csv", "json"}
    with pytest.raises(BadInput, match="not written yet; choose from md, html, csv, json"):
        check_format("pdf")
    with pytest.raises(BadInput, match="did you mean html"):
        check_format("htlm")


def test_a_report_before_the_first_result_says_so(priced: Priced) -> None:
    priced({})
    place = scenario(evidence="measured")
    book: Any = None
    empty = build_report(place, decide(place, [], book))
    for name in FORMATS:
        text = render(empty, name)
        assert ("Nothing is measured on this machine yet" in text) == (name != "csv")
    assert "Options" not in render(empty, "md") and len(render(empty, "csv").splitlines()) == 1
