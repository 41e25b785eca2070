"""A person opens the app, sets an SLA, compares, and takes the report away."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest
from playwright.sync_api import expect

from tests.browser.looking import no_error, sentence, settled


def _reads_pdf(file: Path, sentence: str) -> None:
    assert file.read_bytes().startswith(b"%PDF-")
    if reader := shutil.which("pdftotext"):
        text = subprocess.run([reader, str(file), "-"], capture_output=True, text=True, check=True).stdout
        assert " ".join(sentence.split())[:40] in " ".join(text.split())


def _reads_xlsx(file: Path, sentence: str) -> None:
    with zipfile.ZipFile(file) as book:
        assert sentence in html.unescape(book.read("xl/sharedStrings.xml").decode())


READERS: dict[str, Callable[[Path, str], object]] = {
    "PDF": _reads_pdf,
    "HTML": lambda file, sentence: sentence in html.unescape(file.read_text()) or pytest.fail(file.name),
    "Slides": lambda file, sentence: pptx.Presentation(str(file)).slides[0],
    "Word": lambda file, sentence: docx.Document(str(file)).paragraphs[0],
    "Excel": _reads_xlsx,
    "JSON": lambda file, sentence: json.loads(file.read_text())["sentence"] == sentence or pytest.fail(file.name),
}


def test_setting_the_sla_changes_the_verdict_and_compare_and_report_follow(
    page: Any, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/?p95=none")
    settled(page)
    no_error(page)
    before = sentence(page)
    assert "meets your SLA" in before

    field = page.get_by_role("spinbutton", name="Monthly ≤, $")
    field.fill("20")
    field.press("Enter")
    page.wait_for_function("before => document.querySelector('h2').innerText !== before", arg=before)
    after = sentence(page)
    assert "meets your SLA" not in after
    assert "budget=20" in page.url

    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url("**/Compare**")
    settled(page)
    no_error(page)
    assert "budget=20" in page.url
    assert "70B" in sentence(page)
    assert "8B" in sentence(page)

    page.get_by_role("link", name="Report", exact=True).click()
    page.wait_for_url("**/Report**")
    page.wait_for_selector('[data-testid="stDownloadButton"]')
    settled(page)
    assert sentence(page) == after
    for label, opens in READERS.items():
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label, exact=True).click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        opens(file, after)


def test_clicking_a_mark_explains_that_option(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    page.wait_for_selector(".js-plotly-plot .points path")
    marks = page.locator(".js-plotly-plot .points path")
    first = marks.first.bounding_box()
    assert first
    page.mouse.click(first["x"] + first["width"] / 2, first["y"] + first["height"] / 2)
    page.wait_for_url("**option=**")
    settled(page)
    no_error(page)
    assert page.get_by_text("Why it misses").count() == 1


def test_a_small_eval_is_started_and_watched_to_its_end(page: Any, serve: Callable[..., str]) -> None:
    wanted = "models=tiny-1m&quantizations=bf16,rtn-int2-g128&tasks=shop_math&items=24"
    page.goto(f"{serve()}/Run?{wanted}")
    settled(page)
    assert "Nothing has been measured here yet" in sentence(page)
    assert "2 cells, 48 items" in page.inner_text("body")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h2").first).to_have_text("Measured here: 2 of 2 cells of the last run", timeout=240_000)
    settled(page)
    no_error(page)

    page.get_by_role("link", name="Cliff", exact=True).click()
    page.wait_for_url("**/Cliff**")
    settled(page)
    no_error(page)
