"""Copies of a store, made while it is in use."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

KEPT = 2  # of the daily kind


def back_up(store: Path, label: str = "") -> Path:
    """A whole, consistent copy in ``backups/`` beside the store, named by ``label`` or else by the day.

    Raises OSError or sqlite3.Error if it cannot be made; no half copy is left.
    """
    folder = store.parent / "backups"
    folder.mkdir(exist_ok=True)
    made = folder / f"{store.stem}-{label or time.strftime('%Y-%m-%d')}.sqlite"
    handle, name = tempfile.mkstemp(dir=folder, suffix=".tmp")
    os.close(handle)
    try:
        with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(name)) as copy:
            source.backup(copy)
        handle = os.open(name, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        os.replace(name, made)
    finally:
        Path(name).unlink(missing_ok=True)
    if not label:
        for old in sorted(folder.glob(f"{store.stem}-[0-9]*.sqlite"))[:-KEPT]:
            old.unlink()
    return made


def latest(store: Path) -> Path | None:
    """The newest copy; None if there is none."""
    return max(
        (store.parent / "backups").glob(f"{store.stem}-*.sqlite"), key=lambda p: p.stat().st_mtime, default=None
    )
