"""Reading the shipped tables: CSV rows as dicts, blank cells as None."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent / "tables"


def rows(name: str) -> list[dict[str, str]]:
    """Rows of ``tables/<name>.csv`` as text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str | None) -> float | None:
    """A number, or None for a blank cell."""
    return float(text) if text not in (None, "") else None


def names(text: str | None) -> tuple[str, ...]:
    """A cell of names separated by ``|``."""
    return tuple(name for name in (text or "").split("|") if name)
