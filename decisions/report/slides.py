"""Document → PPTX: five slides with native tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import shorten

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.slide import Slide
from pptx.util import Cm, Emu, Pt

from decisions.report.document import Block, Bullets, Chart, Document, Paragraph, Section, Table
from decisions.report.pdf import picture
from decisions.report.word import MARKS

WIDTH_CM, HEIGHT_CM, EDGE_CM = 33.87, 19.05, 1.5
COLOURS = {"meets": RGBColor(0, 0x72, 0xB2), "misses": RGBColor(0xB3, 0x47, 0), "unproven": RGBColor(0x5B, 0x66, 0x75)}
QUIET = RGBColor(0x5B, 0x66, 0x75)
ROWS_SHOWN, BULLETS_SHOWN = 9, 6
LONGEST_CELL = 60  # characters: a slide is not read, it is seen


def pptx(document: Document) -> bytes:
    """The answer, the chart, the candidates, what would change it, two options side by side."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(WIDTH_CM), Cm(HEIGHT_CM)
    deck.core_properties.title, deck.core_properties.author = document.question, "Bitbudget"
    first = _section(document, "decision")
    bills = [b for b in first.blocks if isinstance(b, Table)]
    charts = [b for b in first.blocks if isinstance(b, Chart)]
    notes = [b for b in first.blocks if isinstance(b, Paragraph) and b.style == "body"]
    _slide(deck, document, document.question, [Paragraph(text=document.verdict, style="lead"), *notes[:1], *bills])
    _slide(deck, document, "Accuracy against monthly cost", charts[:1] or [Paragraph(text="Nothing is priced yet.")])
    _slide(deck, document, "Candidates", _first(_section(document, "candidates"), Table))
    change = [*_section(document, "change").blocks, *_section(document, "rollback").blocks]
    told = [b for b in change if isinstance(b, Bullets | Paragraph)]
    _slide(deck, document, "What would change our mind", told[:2])
    compared = _section(document, "comparison")
    sentence = _first(compared, Paragraph) or [Paragraph(text="There is only one option.")]
    _slide(deck, document, "Two options side by side", [*sentence, *_first(compared, Table)])
    held = io.BytesIO()
    deck.save(held)
    return held.getvalue()


def _section(document: Document, name: str) -> Section:
    return next((s for s in document.sections if s.id == name), Section(id=name, title="", blocks=()))


def _first(section: Section, kind: type[Block]) -> list[Block]:
    return [block for block in section.blocks if isinstance(block, kind)][:1]


def _slide(deck: object, document: Document, title: str, blocks: Sequence[Block]) -> None:
    slide: Slide = deck.slides.add_slide(deck.slide_layouts[5])  # type: ignore[attr-defined]
    head = slide.shapes.title
    assert head is not None  # this layout has one
    head.left, head.top, head.width, head.height = Cm(EDGE_CM), Cm(0.8), Cm(WIDTH_CM - 2 * EDGE_CM), Cm(2.2)
    head.text_frame.text = title
    head.text_frame.word_wrap = True
    head.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    _set(head.text_frame.paragraphs[0], size=26, bold=True)
    top = 3.3
    for block in blocks:
        top = _place(slide, block, top)
    foot = f"{document.banner} · {document.footer}" if document.banner else document.footer
    _text(slide, [foot], top=HEIGHT_CM - 1.2, height=0.8, size=10, colour=QUIET)


def _place(slide: Slide, block: Block, top: float) -> float:
    """Put a block under ``top`` cm; where the next may start."""
    if isinstance(block, Paragraph):
        lines = 1 + len(block.text) // (75 if block.style == "lead" else 120)
        height = lines * (1.0 if block.style == "lead" else 0.75)
        _text(slide, [block.text], top=top, height=height, size=22 if block.style == "lead" else 15)
        return top + height + 0.3
    if isinstance(block, Bullets):
        items = [f"•  {item}" for item in block.items[:BULLETS_SHOWN]]
        height = sum(0.35 + 0.62 * (1 + len(item) // 125) for item in items)
        _text(slide, items, top=top, height=height, size=14)
        return top + height + 0.3
    if isinstance(block, Chart):
        room = HEIGHT_CM - top - 1.5
        shape = slide.shapes.add_picture(io.BytesIO(picture(block.figure, block.alt, height=400)), Cm(EDGE_CM), Cm(top))
        scale = min(Cm(room) / shape.height, Cm(WIDTH_CM - 2 * EDGE_CM) / shape.width)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
        shape.left = Emu(int((Cm(WIDTH_CM) - shape.width) / 2))
        # python-pptx has no name for an alternative text.
        shape._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", block.alt)
        return top + room
    return _table(slide, block, top)


def _table(slide: Slide, block: Table, top: float) -> float:
    rows = block.rows[:ROWS_SHOWN]
    width = WIDTH_CM - 2 * EDGE_CM
    height = 0.8 * (len(rows) + 1)
    shape = slide.shapes.add_table(len(rows) + 1, len(block.head), Cm(EDGE_CM), Cm(top), Cm(width), Cm(height))
    shape._element.nvGraphicFramePr.cNvPr.set("descr", block.title or ", ".join(block.head))
    table = shape.table
    for i, share in enumerate(block.shares):
        table.columns[i].width = Cm(width * share / 100)
    for i, name in enumerate(block.head):
        table.cell(0, i).text = name
        _set(table.cell(0, i).text_frame.paragraphs[0], size=11, bold=True)
    for number, row in enumerate(rows, start=1):
        for i, said in enumerate(row):
            cell = table.cell(number, i)
            cell.text = MARKS.get(said.status or "", "") + shorten(said.text, LONGEST_CELL, placeholder=" …")
            _set(
                cell.text_frame.paragraphs[0],
                size=11,
                bold=said.status is not None,
                colour=COLOURS.get(said.status or ""),
            )
    return top + height + 0.4


def _text(
    slide: Slide, lines: Sequence[str], *, top: float, height: float, size: int, colour: RGBColor | None = None
) -> None:
    box = slide.shapes.add_textbox(Cm(EDGE_CM), Cm(top), Cm(WIDTH_CM - 2 * EDGE_CM), Cm(height))
    box.text_frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
        paragraph.text = line
        paragraph.space_after = Pt(4)
        _set(paragraph, size=size, bold=size >= 20, colour=colour)


def _set(paragraph: object, *, size: int, bold: bool, colour: RGBColor | None = None) -> None:
    for run in paragraph.runs:  # type: ignore[attr-defined]
        run.font.size, run.font.bold = Pt(size), bold
        if colour is not None:
            run.font.color.rgb = colour
