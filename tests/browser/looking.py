"""What a person waits for and looks at on a page."""

from __future__ import annotations

from typing import Any


def settled(page: Any) -> None:
    """Wait until the page has drawn its sentence and stopped running."""
    page.wait_for_selector("h2")
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")


def sentence(page: Any) -> str:
    """The answer."""
    return str(page.locator("h2").first.inner_text())


def no_error(page: Any) -> None:
    """No traceback and no raw failure on the page."""
    assert page.locator('[data-testid="stException"]').count() == 0
    assert "Traceback" not in page.inner_text("body")
