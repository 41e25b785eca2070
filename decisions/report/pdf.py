"""Document → PDF/UA-1 through Typst: tagged, fonts inside, no browser, no network."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import typst

from decisions.report.document import Block, Bullets, Chart, Document, Paragraph, Table
from decisions.report.drawing.figure import svg

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
CHART_PX = 760.0
PAGE_ONE_CHART_PX = 400.0
_UNKNOWN = re.compile(
    "[^\x00-\x7e\xa0-\u024f\u0370-\u03ff\u0400-\u04ff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf→←−×≤≥≈✓]"
)


def pdf(document: Document) -> bytes:
    """The report as a PDF. Whatever a text holds, it is printed as text."""
    plain = json.dumps(_plain(document), ensure_ascii=False)
    try:
        return _compiled(plain, pdf_standards="ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    # The fonts inside know Latin, Greek and Cyrillic. A box for every other letter keeps the file accessible.
    return _compiled(_UNKNOWN.sub("\u25a1", plain), pdf_standards="ua-1")


def pages(document: Document, ppi: float = 100) -> list[bytes]:
    """The same pages as PNG pictures."""
    return list(_pages(json.dumps(_plain(document), ensure_ascii=False), ppi))


@lru_cache(maxsize=8)
def _pages(plain: str, ppi: float) -> tuple[bytes, ...]:
    found = _compiler(plain).compile(format="png", ppi=ppi)
    return tuple(found) if isinstance(found, list) else (found or b"",)


def picture(figure: dict[str, Any], alt: str, *, height: float | None = None, ppi: float = 192) -> bytes:
    """A chart as PNG, for formats that take no SVG."""
    source = b'#set page(width: auto, height: auto, margin: 2pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    drawn = svg(go.Figure(figure), width=CHART_PX, height=height, title=alt)
    made = typst.compile(source, format="png", ppi=ppi, sys_inputs={"svg": drawn})
    assert isinstance(made, bytes)
    return made


def _compiled(plain: str, **options: Any) -> bytes:
    made = _compiler(plain).compile(format="pdf", **options)
    assert isinstance(made, bytes)
    return made


def _compiler(plain: str) -> typst.Compiler:
    return typst.Compiler(TEMPLATE, sys_inputs={"document": plain})


def _plain(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "question": document.question,
        "status": document.status,
        "verdict": document.verdict,
        "written": document.written,
        "banner": document.banner,
        "footer": document.footer,
        "sections": [
            {"id": s.id, "title": s.title, "blocks": [_block(b, first=s.id == "decision") for b in s.blocks]}
            for s in document.sections
        ],
    }


def _block(block: Block, *, first: bool) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "style": block.style, "text": block.text}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "items": list(block.items)}
    if isinstance(block, Chart):
        height = PAGE_ONE_CHART_PX if first else None
        return {
            "kind": "chart",
            "alt": block.alt,
            "svg": svg(go.Figure(block.figure), width=CHART_PX, height=height, title=block.alt),
        }
    assert isinstance(block, Table)
    return {
        "kind": "table",
        "title": block.title,
        "head": list(block.head),
        "widths": list(block.widths or [1.0] * len(block.head)),
        "numeric": [block.numeric(i) for i in range(len(block.head))],
        "rows": [[{"text": c.text, "status": c.status} for c in row] for row in block.rows],
    }
