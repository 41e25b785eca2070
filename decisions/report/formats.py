"""Report → Markdown, HTML, CSV, JSON text."""

from __future__ import annotations

from decisions.report.model import Report

FORMATS = ("md", "html", "csv", "json")


def render(report: Report, format: str) -> str:
    """The report as text. Raises BadInput for a format that is not one of FORMATS."""
    raise NotImplementedError
