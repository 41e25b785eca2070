"""Report → Markdown, HTML, CSV, JSON text."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from decisions.fields import BadInput, nearest
from decisions.report.model import Report
from decisions.wording import count, money, points

FORMATS = ("md", "html", "csv", "json")
LATER = ("pdf", "pptx", "docx", "xlsx")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
STATUS_WORDS = {"meets": "meets", "none_meets": "none meets", "unproven": "unproven"}


def check_format(format: str) -> str:
    """The format's lower-case name. Raises BadInput for one that is unknown or not written yet."""
    name = format.strip().casefold().removeprefix(".")
    if name in FORMATS:
        return name
    if name in LATER:
        raise BadInput(f"format {name!r} is not written yet; choose from {', '.join(FORMATS)}")
    raise BadInput(f"unknown format {format!r}; {nearest(format, FORMATS)}")


def render(report: Report, format: str) -> str:
    """The report as text. Raises BadInput for a format that is not one of FORMATS."""
    name = check_format(format)
    if name == "json":
        return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if name == "csv":
        return _csv(report)
    return _template(name).render(report=report, rows=_rows(report), status=STATUS_WORDS[report["status"]])


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


def _rows(report: Report) -> list[dict[str, Any]]:
    """The options as the table shows them: those that meet first, then unproven, then misses, each by cost."""
    order = {"meets": 0, "unproven": 1, "misses": 2}
    task = report["task"]
    rows = []
    for option in sorted(report["options"], key=lambda o: order[o["verdict"]]):
        seen = option["scores"].get(task)
        rows.append(
            {
                **option,
                "score_text": seen["text"] if seen else "not measured",
                "reason_text": "; ".join(option["reasons"]),
            }
        )
    return rows


def _markdown_cell(text: object) -> str:
    """Text that stays text inside a Markdown table."""
    escaped = re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", str(text))
    return re.sub(r"\s+", " ", escaped)


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=folder,
        autoescape=name == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": _markdown_cell, "money": money, "count": count, "points": points}
    return environment.get_template(f"report.{name}.j2")
