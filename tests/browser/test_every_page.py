"""Each page on its own: opened by its address on a fresh server, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pages.ui.menu import MORE
from pages.ui.menu import PAGES as FIRST
from tests.browser.looking import no_error, settled

PAGES = tuple("" if file == "app.py" else Path(file).stem for file, _ in (*FIRST, *MORE))


@pytest.fixture(scope="module")
def desk(browser: Any) -> Iterator[Any]:
    """A browser of 1440 × 900."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(90_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Any) -> Iterator[Any]:
    """A telephone of 390 × 844."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, user_agent="Mozilla/5.0 (Android) Mobile")
    context.set_default_timeout(90_000)
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_deep_link_opens_each_page_on_a_fresh_server_and_fits_a_phone(
    desk: Any, phone: Any, fresh: str, name: str
) -> None:
    page = _opened(desk, f"{fresh}/{name}?budget=1234")
    expect(page.get_by_role("spinbutton", name="Monthly ≤, $")).to_have_value("1234")
    page.close()

    page = _opened(phone, f"{fresh}/{name}?budget=1234")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{name or 'Decide'} is {wide} px wide"
    page.close()


def _opened(context: Any, address: str) -> Any:
    page = context.new_page()
    page.goto(address)
    settled(page)
    no_error(page)
    return page
