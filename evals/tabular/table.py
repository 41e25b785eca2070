"""A table of text, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 200 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 4 * 2**20


class TableError(ValueError):
    """A file that cannot be used as it is. ``offers`` are options with which it could be: ``{"delimiter": ";"}``."""

    def __init__(self, message: str, offers: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.offers = dict(offers or {})


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to read a file; an empty value means "find out". ``sample`` keeps that many rows, drawn by ``seed``."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sample: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.sample is not None and not 1 <= self.sample <= MAX_ROWS:
            raise TableError(f"sample is {self.sample}; give a whole number from 1 to {MAX_ROWS:,}")
        if len(self.delimiter) > 1:
            raise TableError(f"delimiter is {self.delimiter!r}; give one character, such as ';'")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under named columns. ``lines`` says where each row stood in the file, ``notes`` what was noticed."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """The cells of one column, in order."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def checked_header(header: list[str], where: str) -> list[str]:
    """Column names without outer spaces; TableError names a column that is doubled, nameless or one too many."""
    names = [name.strip() for name in header]
    if len(names) > MAX_COLUMNS:
        raise TableError(f"{where}: {len(names):,} columns; at most {MAX_COLUMNS} are read: keep those you need")
    for at, name in enumerate(names):
        if not name:
            raise TableError(f"{where}: column {at + 1} has no name in the header; name it or remove it")
        if name in names[:at]:
            raise TableError(f"{where}: the header names column {name!r} twice; rename one of them")
    return names


def finished(
    columns: list[str], rows: list[tuple[int, tuple[str, ...]]], where: str, notes: list[str]
) -> Table:
    """The table of numbered rows. Refuses one without rows and cells beyond the cap."""
    if not rows:
        raise TableError(f"{where}: 0 rows under the header; add some")
    lines, cells = zip(*sorted(rows), strict=True)
    for line, row in zip(lines, cells, strict=True):
        for name, cell in zip(columns, row, strict=True):
            if len(cell) > MAX_CELL_CHARACTERS:
                raise TableError(f"{where}: line {line}: {name} has {len(cell):,} characters; cut it below 4 million")
    return Table(columns=tuple(columns), rows=cells, lines=lines, notes=tuple(notes))
