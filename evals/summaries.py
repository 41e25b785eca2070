"""The sum of a cell's items in one row, bound to them: what an overview shows without reading an item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from evals.schema import SUMMARIES, Row, seal
from evals.statistics.intervals import score_interval

STATISTICS = 1  # raised when a score or an interval would come out otherwise for the same items


def summarized(cell_key: str, rows: Sequence[Row]) -> Row:
    """The row of ``SUMMARIES`` for the items of a cell, which were checked. ValueError for none."""
    scores = [row["score"] for row in rows]
    interval = score_interval(scores)
    return sealed(
        {
            "cell_key": cell_key,
            "n": len(rows),
            "score": sum(scores) / len(scores) + 0.0,  # SQLite keeps no sign of zero
            "low": interval.low + 0.0 if interval else None,
            "high": interval.high + 0.0 if interval else None,
            "unsandboxed": unsandboxed_rows(rows),
            "asked": digest(row["item"] for row in rows),
            "written": digest(row["row_hash"] for row in rows),
            "statistics": STATISTICS,
            "archived": "",
            "trouble": "",
        }
    )


def unsandboxed_rows(rows: Iterable[Row]) -> int:
    """How many of the results ran model-written code without a sandbox."""
    return sum('"unsandboxed"' in row["metrics"] for row in rows)


def sealed(row: Row) -> Row:
    """The row with the hash of what it says."""
    return {**row, "row_hash": seal(SUMMARIES, row)}


def digest(words: Iterable[str]) -> str:
    """SHA-256 of words, in whatever order they come."""
    return hashlib.sha256(json.dumps(sorted(words)).encode()).hexdigest()
