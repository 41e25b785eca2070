"""Document → DOCX memo."""

from __future__ import annotations

import io

import docx as python_docx
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.run import Run

from decisions.report.document import Block, Bullets, Cell, Chart, Document, Paragraph, Table
from decisions.report.pdf import picture

TEXT_WIDTH_CM = 17.0
COLOURS = {"meets": RGBColor(0, 0x72, 0xB2), "misses": RGBColor(0xB3, 0x47, 0), "unproven": RGBColor(0x5B, 0x66, 0x75)}
MARKS = {"meets": "✔ ", "misses": "✖ ", "unproven": "? "}


def docx(document: Document) -> bytes:
    """The memo as a file's content."""
    out = python_docx.Document()
    page = out.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)
    out.core_properties.title, out.core_properties.author = document.question, "Bitbudget"
    out.styles["Normal"].font.name, out.styles["Normal"].font.size = "Calibri", Pt(10)
    page.footer.paragraphs[0].text = document.footer
    if document.banner:
        page.header.paragraphs[0].text = document.banner
    out.add_heading(document.question, level=0)
    out.add_paragraph().add_run(document.verdict).bold = True
    for section in document.sections:
        if section.id != "decision":
            out.add_heading(section.title, level=1)
        for block in section.blocks:
            _add(out, block)
    held = io.BytesIO()
    out.save(held)
    return held.getvalue()


def _add(out: Docx, block: Block) -> None:
    if isinstance(block, Paragraph):
        if block.style == "lead":
            out.add_heading(block.text, level=2)
        else:
            out.add_paragraph(block.text)
    elif isinstance(block, Bullets):
        for item in block.items:
            out.add_paragraph(item, style="List Bullet")
    elif isinstance(block, Chart):
        shape = out.add_picture(io.BytesIO(picture(block.figure, block.alt)), width=Cm(TEXT_WIDTH_CM))
        shape._inline.docPr.set("descr", block.alt)  # python-docx has no name for an alternative text
    elif isinstance(block, Table):
        _table(out, block)


def _table(out: Docx, block: Table) -> None:
    if block.title:
        out.add_heading(block.title, level=2)
    table = out.add_table(rows=1, cols=len(block.head), style="Light List Accent 1")
    table.autofit = False
    for cell, name in zip(table.rows[0].cells, block.head, strict=True):
        _write(cell.paragraphs[0].add_run(name), bold=True)
    _repeat_head(table)
    for row in block.rows:
        cells = table.add_row().cells
        for i, (cell, said) in enumerate(zip(cells, row, strict=True)):
            _write(cell.paragraphs[0].add_run(_text(said)), bold=False, status=said.status)
            if block.numeric(i):
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for i, share in enumerate(block.shares):
        width = Cm(TEXT_WIDTH_CM * share / 100)
        table.columns[i].width = width
        for cell in table.columns[i].cells:  # Word reads the cells, LibreOffice the columns
            cell.width = width


def _text(cell: Cell) -> str:
    return MARKS.get(cell.status or "", "") + cell.text


def _write(run: Run, *, bold: bool, status: str | None = None) -> None:
    run.font.size = Pt(8)
    run.bold = bold or status is not None
    if status:
        run.font.color.rgb = COLOURS[status]


def _repeat_head(table: object) -> None:
    """The first row again on every page, which also tells readers that it is the head."""
    properties = table.rows[0]._tr.get_or_add_trPr()  # type: ignore[attr-defined]
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    properties.append(mark)
