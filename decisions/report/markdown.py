"""Document → Markdown that stays text whatever a name or an answer holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from decisions.report.document import Block, Bullets, Chart, Document, Paragraph, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")
_SPACE = re.compile(r"\s+")


def markdown(document: Document) -> str:
    """One text; charts are named, not drawn."""
    lines = [f"# {plain(document.question)}", "", f"**{plain(document.verdict)}**", ""]
    if document.banner:
        lines += [f"> {plain(document.banner)}", ""]
    for section in document.sections:
        if section.id != "decision":
            lines += [f"## {plain(section.title)}", ""]
        for block in section.blocks:
            lines += [*block_lines(block), ""]
    return "\n".join([*lines, f"*{plain(document.footer)}*", ""])


def plain(text: str) -> str:
    """Text without a meaning to Markdown, on one line."""
    return _SPACE.sub(" ", _SPECIAL.sub(r"\\\1", text)).strip()


def block_lines(block: Block) -> Iterator[str]:
    """The lines of one block."""
    if isinstance(block, Paragraph):
        yield f"### {plain(block.text)}" if block.style == "lead" else plain(block.text)
    elif isinstance(block, Bullets):
        yield from (f"- {plain(item)}" for item in block.items)
    elif isinstance(block, Chart):
        yield f"*Chart: {plain(block.alt)}*"
    elif isinstance(block, Table):
        if block.title:
            yield f"### {plain(block.title)}"
            yield ""
        yield _row(plain(name) or " " for name in block.head)
        yield _row("---:" if block.numeric(i) else "---" for i in range(len(block.head)))
        yield from (_row(plain(cell.text) for cell in row) for row in block.rows)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"
