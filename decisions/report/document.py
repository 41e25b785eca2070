"""What every format prints: sections of paragraphs, lists, tables and charts, with all numbers already in words.

No format computes or rounds anything, so the same number reads the same in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from decisions.verdicts import Status

Style = Literal["lead", "body", "note", "warning"]


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    text: str
    style: Style = "body"


@dataclass(frozen=True, kw_only=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """``text`` is printed; ``value`` is the number behind it for spreadsheets; ``status`` a verdict to mark."""

    text: str
    value: float | None = None
    status: Status | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """``widths`` are relative; columns of numbers stand to the right."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"table {self.title!r} has {len(self.head)} columns and a row of {len(row)}")

    @property
    def shares(self) -> tuple[float, ...]:
        """Width of each column in percent."""
        widths = self.widths or (1.0,) * len(self.head)
        return tuple(round(100 * width / sum(widths), 2) for width in widths)

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers."""
        cells = [row[column] for row in self.rows if row[column].text]
        return bool(cells) and sum(cell.value is not None for cell in cells) > len(cells) / 2


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Plotly figure as plain data; ``alt`` says its point to who cannot see it."""

    name: str
    figure: dict[str, Any]
    alt: str


Block = Paragraph | Bullets | Table | Chart


@dataclass(frozen=True, kw_only=True)
class Section:
    """``id`` is what a reader chooses parts by."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    appendix: bool = False


@dataclass(frozen=True, kw_only=True)
class Document:
    """``verdict`` is the sentence that answers ``question``; ``banner`` is shown on every page if not empty."""

    title: str
    question: str
    status: str
    verdict: str
    written: str
    banner: str
    sections: tuple[Section, ...]
    footer: str


def at_start(text: str) -> str:
    """A name at the start of a line."""
    return text[:1].upper() + text[1:] if text[1:2].islower() and not text.startswith("p95") else text
