"""Tables in memory and a fresh home."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.tabular import Table


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


def table(columns: str, *rows: tuple[str, ...]) -> Table:
    """``table("question answer", ("a", "b"))``, its rows on lines 2, 3 …"""
    return Table(columns=tuple(columns.split()), rows=rows, lines=tuple(range(2, len(rows) + 2)))
