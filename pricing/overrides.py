"""The user's own prices, kept with their dates in ``price-overrides.json`` of the product's home.

The pages and the command line read the same file. ``BITBUDGET_HOME`` names the home; ``.bitbudget`` beside ``app.py``
is the default.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.files import write_atomically

Row = Mapping[str, Any]
IDENTITY = ("kind", "provider", "accelerator", "model", "count", "tier", "region", "instance", "commitment_months")


def path() -> Path:
    """The file; neither it nor its folder need exist."""
    home = os.environ.get("BITBUDGET_HOME") or Path(__file__).resolve().parent.parent / ".bitbudget"
    return Path(home) / "price-overrides.json"


def read() -> list[dict[str, Any]]:
    """Saved overrides. Raises ValueError naming the file where it is not a list of rows."""
    file = path()
    if not file.exists():
        return []
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not valid JSON ({error}); mend or delete it") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{file} holds no list of prices; mend or delete it")
    return rows


def write(rows: Sequence[Row]) -> None:
    """Replace the saved overrides in one step; a reader sees the old file or the new one."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(list(rows), indent=1))


def put(rows: Sequence[Row], *new: Row) -> list[Row]:
    """``rows`` with each new row in the place of the one that prices the same thing; the last of two wins."""
    latest = {identity(row): row for row in new}
    return [old for old in rows if identity(old) not in latest] + list(latest.values())


def identity(row: Row) -> tuple[str, ...]:
    """What a row prices. A field left out is its default."""
    defaults = {"kind": "rental", "tier": "on-demand", "count": 1}
    found = (row.get(field) or defaults.get(field, "") for field in IDENTITY)
    return tuple(str(value).lower() for value in found)
