"""Locators of sources become web addresses."""

from __future__ import annotations

import pytest

from evals.published import sources
from pages.ui.links import address
from pages.ui.wording import md


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("https://example.org/a README.md@ee33201", "https://example.org/a"),
        ("github:owner/repo docs/a.md@0123abc, section 3", "https://github.com/owner/repo/blob/0123abc/docs/a.md"),
        ("github:owner/repo results/<system>/x@0123abc", "https://github.com/owner/repo"),
        ("arXiv:2411.02355; numbers read from a note", "https://arxiv.org/abs/2411.02355"),
        ("run 20261121-1", ""),
    ],
)
def test_address(place: str, url: str) -> None:
    assert address(place) == url


def test_every_published_source_leads_somewhere() -> None:
    assert [one.id for one in sources().values() if not address(one.locator)] == []


def test_dollars_and_underscores_are_not_markup() -> None:
    assert md("$5 for Q4_K_M: [x]") == r"\$5 for Q4\_K\_M\: \[x\]"
