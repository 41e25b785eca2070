"""A person brings a spreadsheet, saves it as a task, runs two variants on it and reads the paired result."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.looking import no_error, settled

ITEMS = Path(__file__).resolve().parents[2] / "data" / "items" / "shop_classification.jsonl"
ROWS = 1000
expect.set_options(timeout=90_000)


def spreadsheet(path: Path) -> Path:
    """A thousand tickets with their intents, no question twice."""
    listed = [json.loads(line) for line in ITEMS.read_text().splitlines()]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["ticket", "intent"])
        for at in range(ROWS):
            item = listed[at % len(listed)]
            ticket = item["prompt"].removeprefix("Ticket: ").removesuffix("\nIntent:")
            rows.writerow([ticket + " thanks" * (at // len(listed)), item["answer"].strip()])
    return path


def test_a_spreadsheet_becomes_a_paired_result_in_under_ten_clicks(
    page: Any, serve: Callable[..., str], tmp_path: Path
) -> None:
    clicks = 0

    def click(target: Any) -> None:
        nonlocal clicks
        clicks += 1
        target.click()

    page.goto(serve())
    settled(page)
    click(page.get_by_role("button", name="More"))
    click(page.get_by_role("link", name="Your data", exact=True))
    page.wait_for_url("**/Data**")
    settled(page)
    page.set_input_files("input[type=file]", spreadsheet(tmp_path / "Our tickets.csv"))
    clicks += 2  # the button, and the file in the window it opens
    expect(page.locator("h2").first).to_contain_text("Our tickets.csv: 1,000 items, classification by labels")
    click(page.get_by_role("button", name="Save the task"))
    click(page.get_by_role("link", name="Evaluate two variants on it"))
    page.wait_for_url("**/Run**")
    settled(page)
    expect(page.get_by_text("2 cells, 2,000 items")).to_be_visible()
    items = page.get_by_role("spinbutton", name="Items a task")
    click(items)
    items.fill("24")
    items.press("Enter")
    expect(page.get_by_text("2 cells, 48 items")).to_be_visible()
    click(page.get_by_role("button", name="Start"))
    assert clicks < 10
    expect(page.locator("h2").first).to_have_text("Measured here: 2 of 2 cells of the last run", timeout=400_000)
    no_error(page)

    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url("**/Compare**scenario=task-our-tickets**")
    settled(page)
    no_error(page)
    expect(page.get_by_text("Answers that changed, item by item")).to_be_visible()
    expect(page.get_by_text("exact McNemar")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
