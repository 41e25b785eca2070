"""Report → the content of a file in any of its formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from decisions.fields import BadInput, nearest
from decisions.report.markdown import markdown
from decisions.report.model import Report, upgraded
from decisions.report.sections import document

FORMATS = {
    "pdf": "application/pdf",
    "html": "text/html",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def check_format(format: str) -> str:
    """The format's lower-case name. Raises BadInput for an unknown one."""
    name = format.strip().casefold().removeprefix(".")
    if name in FORMATS:
        return name
    raise BadInput(f"unknown format {format!r}; {nearest(format, FORMATS)}")


def render(report: Report, format: str, parts: Sequence[str] | None = None) -> bytes:
    """The file's content; ``parts`` as decisions/report/sections.py names them, all if left out. JSON and CSV hold
    everything always. Raises BadInput for an unknown format or part.
    """
    name = check_format(format)
    whole = upgraded(report)
    if name == "json":
        return (json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()
    if name == "csv":
        return _csv(whole).encode()
    printed = document(whole, parts)
    if name == "md":
        return markdown(printed).encode()
    # Each of these opens a library that most readers of this module never need.
    if name == "html":
        from decisions.report.web import html

        return html(printed).encode()
    if name == "pdf":
        from decisions.report.pdf import pdf

        return pdf(printed)
    if name == "pptx":
        from decisions.report.slides import pptx

        return pptx(printed)
    if name == "docx":
        from decisions.report.word import docx

        return docx(printed)
    from decisions.report.workbook import xlsx

    return xlsx(printed, whole)


def safe_cell(text: str) -> str:
    """Text that a spreadsheet will not run: a leading formula sign is quoted."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv(report: Report) -> str:
    tasks = list(report["tasks"])
    head = [
        "id",
        "label",
        "kind",
        "model",
        "quantization",
        "method",
        "bits_per_weight",
        "verdict",
        "where",
        "provider",
        "replicas",
    ]
    bands = ["usd_per_month", "usd_per_query", "ttft_p95_s", "tpot_p95_s", "e2e_p95_s"]
    numbers = [f"{end}{name}" for name in bands for end in ("", "low_", "high_")]
    scores = [f"{task} {part}" for task in tasks for part in ("score", "low", "high", "n_items", "origin")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [safe_cell(h) for h in [*head, *numbers, *scores, "on_frontier", "is_status_quo", "price_date", "reasons"]]
    )
    for option in report["options"]:
        cells: list[Any] = [option[name] for name in head]
        for name in bands:
            band = option["bands"][name]
            cells += [band[end] if band else None for end in ("value", "low", "high")]
        for task in tasks:
            seen = option["scores"].get(task)
            cells += [seen[part] if seen else None for part in ("score", "low", "high", "n_items", "origin")]
        cells += [option["on_frontier"], option["is_status_quo"], option["price_date"], "; ".join(option["reasons"])]
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells])
    return out.getvalue()
