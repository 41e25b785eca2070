"""Document and report → XLSX: one sheet a table, numbers as numbers, and no text that a spreadsheet would run."""

from __future__ import annotations

import io
import re
from typing import Any

import xlsxwriter

from decisions.report.document import Document, Table
from decisions.report.model import Report

LONGEST_CELL = 32_000  # characters; Excel refuses more than 32,767
_NAME = re.compile(r"[\[\]:*?/\\']")


def xlsx(document: Document, report: Report) -> bytes:
    """The workbook's content. Every text is written as text, never read for a formula or a link."""
    held = io.BytesIO()
    quiet = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(held, quiet)
    book.set_properties({"title": document.question[:255], "author": "Bitbudget"})
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("Answer")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 110, wrap)
    told = {
        "Question": document.question,
        "Answer": document.verdict,
        "Status": document.status,
        "Note": document.banner,
        "Written": document.footer,
    }
    for row, (name, text) in enumerate((n, t) for n, t in told.items() if t):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text[:LONGEST_CELL])
    taken = {"answer"}
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                _sheet(book, _free(block.title or section.title, taken), block, bold, wrap)
    _options(book, _free("All options", taken), report, bold)
    book.close()
    return held.getvalue()


def _sheet(book: Any, name: str, table: Table, bold: Any, wrap: Any) -> None:
    """Texts as printed; where a column holds numbers, the number itself stands in a column beside it."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    column = 0
    for i, head in enumerate(table.head):
        cells = [row[i] for row in table.rows]
        sheet.set_column(column, column, min(60, max(12, *(len(c.text) for c in cells), len(head))), wrap)
        sheet.write_string(0, column, head, bold)
        for row, cell in enumerate(cells, start=1):
            sheet.write_string(row, column, cell.text[:LONGEST_CELL])
        column += 1
        if table.numeric(i):
            sheet.set_column(column, column, 14)
            sheet.write_string(0, column, f"{head}, number", bold)
            for row, cell in enumerate(cells, start=1):
                if cell.value is not None:
                    sheet.write_number(row, column, cell.value)
            column += 1
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), column - 1)


def _options(book: Any, name: str, report: Report, bold: Any) -> None:
    """Every option with its bands and scores as numbers."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 2)
    for row, option in enumerate(report["options"], start=1):
        values: dict[str, Any] = {
            key: option.get(key)
            for key in ("label", "where", "verdict", "model", "quantization", "method", "bits_per_weight", "replicas")
        }
        for band, ends in option["bands"].items():
            for end in ("value", "low", "high"):
                values[band if end == "value" else f"{end}_{band}"] = ends[end] if ends else None
        for task in report["tasks"]:
            seen = option["scores"].get(task) or {}
            for part in ("score", "low", "high", "n_items", "origin"):
                values[f"{task} {part}"] = seen.get(part)
        for column, (head, value) in enumerate(values.items()):
            if row == 1:
                sheet.write_string(0, column, head, bold)
            if isinstance(value, bool | str):
                sheet.write_string(row, column, str(value)[:LONGEST_CELL])
            elif value is not None:
                sheet.write_number(row, column, value)


def _free(title: str, taken: set[str]) -> str:
    """A sheet's name as Excel allows it: 31 characters, each once."""
    base = _NAME.sub(" ", title).strip()[:28] or "Table"
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base} {number}", number + 1
    taken.add(name.casefold())
    return name
