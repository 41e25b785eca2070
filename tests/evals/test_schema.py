"""The hash of a row: over what it says, whatever stands beside it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import Table

from evals.schema import ENCODED_AT_ONCE, SEALED, intact, seal, seals

# What the rows of one text are parted by, and everything that could pass for it.
ODD = [
    'x", ["cells", "y', '\\", ["cells", ', "]", ", [", '["cells", ',
    "\x00\x10\ud800", "é\u2028", None, 1, 0.1, -0.0, "",
]  # fmt: skip


def rows(table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [{name: ODD[(n + place) % len(ODD)] for place, name in enumerate(names)} for n in range(600)]


@pytest.mark.parametrize("table", SEALED, ids=lambda table: table.name)
def test_many_rows_have_the_hashes_that_each_has_alone(table: Table) -> None:
    many = rows(table)
    assert len(many) > 2 * ENCODED_AT_ONCE
    said = [json.dumps([table.name, *(v for name, v in row.items() if name != "row_hash")]) for row in many]
    expected = [hashlib.sha256(one.encode()).hexdigest() for one in said]
    assert list(seals(table, many)) == expected == [seal(table, row) for row in many]
    assert list(seals(table, [])) == []


@pytest.mark.parametrize("table", SEALED, ids=lambda table: table.name)
def test_the_altered_row_is_found_among_many(table: Table) -> None:
    many = [{**row, "row_hash": sealed} for row, sealed in zip(rows(table), seals(table, rows(table)), strict=True)]
    first = table.columns[0].name
    many[300] = {**many[300], first: f"{many[300][first]}."}
    assert [n for n, holds in enumerate(intact(table, many)) if not holds] == [300]
