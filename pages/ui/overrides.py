"""The user's own prices, kept in ``price-overrides.json`` beside the results."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.home import home

Row = Mapping[str, Any]
IDENTITY = ("kind", "provider", "accelerator", "model", "count", "tier", "region")


def path() -> Path:
    """The file; it need not exist."""
    return home() / "price-overrides.json"


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
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".price-overrides-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as temporary:
            json.dump(list(rows), temporary, indent=1)
            temporary.flush()
            os.fsync(temporary.fileno())
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def put(rows: Sequence[Row], row: Row) -> list[Row]:
    """``rows`` with ``row`` in the place of the one that prices the same thing."""
    return [old for old in rows if identity(old) != identity(row)] + [row]


def identity(row: Row) -> tuple[str, ...]:
    """What a row prices."""
    return tuple(str(row.get(field, "")).lower() for field in IDENTITY)
