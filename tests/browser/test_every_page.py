"""Each page on its own: opened by its address on a fresh server, and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pages.ui.menu import MORE
from pages.ui.menu import PAGES as FIRST
from tests.browser.looking import no_error, settled

PAGES = tuple("" if file == "app.py" else Path(file).stem for file, _ in (*FIRST, *MORE))


@pytest.mark.parametrize("name", PAGES)
def test_a_deep_link_opens_each_page_on_a_fresh_server(page: Any, serve: Callable[..., str], name: str) -> None:
    page.goto(f"{serve()}/{name}?budget=1234")
    settled(page)
    no_error(page)
    expect(page.get_by_role("spinbutton", name="Monthly ≤, $")).to_have_value("1234")


def test_nothing_overflows_a_phone(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, user_agent="Mozilla/5.0 (Android) Mobile")
    context.set_default_timeout(90_000)
    page = context.new_page()
    for name in PAGES:
        page.goto(f"{address}/{name}")
        settled(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{name or 'Decide'} is {wide} px wide"
    context.close()
