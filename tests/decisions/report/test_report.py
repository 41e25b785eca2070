from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from decisions.decision import decide
from decisions.options import Option
from decisions.report.findings import figures
from decisions.report.formats import render, safe_cell
from decisions.report.model import Report, build_report
from pricing.quotes import Quote
from tests.decisions.conftest import API, measured, quote, scenario

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
    rows = list(csv.DictReader(io.StringIO(render(report, "csv").decode())))
    assert len(rows) == 2 and rows[0]["usd_per_month"] == "400.0" and rows[1]["usd_per_month"] == ""
    assert rows[0]["label"].startswith("'=HYPERLINK")
    assert all(safe_cell(sign + "1").startswith("'") for sign in ("=", "+", "-", "@", "\t", "\r"))
    assert safe_cell("70B Q4") == "70B Q4"


def test_before_the_first_score_the_report_is_about_the_option_that_its_sentence_names(priced: Priced) -> None:
    priced({"hosted": quote(50.0, 0.2, kind="api", parts={"tokens": 50.0}), "big q4": quote(400.0)})
    place, book = scenario(api=(API,), models={}), None
    found = build_report(place, decide(place, [], book))  # type: ignore[arg-type]
    assert "By cost alone Hosted is the cheapest" in found["sentence"]
    assert (found["choice"], found["shown"]) == (None, "hosted")
    assert figures(place, decide(place, [], book), []) == {}  # type: ignore[arg-type]
    text = render(found, "md").decode()
    assert "Hosted: $50 ($45–55) a month" in text and "| Tokens | $50 |" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_markdown_tables_keep_their_columns(report: Report) -> None:
    lines = render(report, "md").decode().splitlines()
    rules = [number for number, line in enumerate(lines) if line.startswith("| ---")]
    assert len(rules) >= 3
    for number in rules:
        table = [lines[number - 1]]
        table += [line for line in lines[number:] if line.startswith("|")][: lines[number:].index("")]
        assert len({line.replace("\\|", "").count("|") for line in table}) == 1  # whatever stands in a name
    assert "<script>" not in "\n".join(lines).replace("\\<script\\>", "")
    assert "| Accelerators | $390 |" in lines


def test_a_report_before_the_first_result_says_so(priced: Priced) -> None:
    priced({})
    place = scenario(evidence="measured")
    book: Any = None
    empty = build_report(place, decide(place, [], book))
    for name in ("html", "md", "csv", "json"):
        text = render(empty, name).decode()
        assert ("Nothing is measured on this machine yet" in text) == (name != "csv")
    assert "Options" not in render(empty, "md").decode() and len(render(empty, "csv").decode().splitlines()) == 1


def test_rows_62_and_64_another_model_and_old_prices_stand_among_the_caveats(report: Report) -> None:
    seen = measured("big", "q4", 0.9, origin="measured", note="asked for 'tiny', it says that 'cheaper' answered")
    old = quote(400.0, price_age_days=91, price_date="2026-08-22")
    option = Option(
        id="one", kind="deployment", label="Big q4", model="big", quantization="q4", method="", quote=old,
        measurements={"quiz": seen}, on_frontier=True,
    )  # fmt: skip
    decision = replace(decide(scenario(), [], None), options=(option,))  # type: ignore[arg-type]
    caveats = build_report(scenario(), decision)["caveats"]
    assert "big @ q4: asked for 'tiny', it says that 'cheaper' answered." in caveats
    assert "Prices older than 90 days: Big q4 (2026-08-22)." in caveats
