"""From one schema of the store to the next. A step is plain SQL: it must mean the same whatever the tables become."""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE runs ADD COLUMN reason VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN row_hash VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE cells ADD COLUMN batch_size INTEGER",
        "ALTER TABLE cells ADD COLUMN row_hash VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE variants ADD COLUMN row_hash VARCHAR NOT NULL DEFAULT ''",
        "INSERT INTO meta (name, value) VALUES ('writes', '0')",
    ),
    2: (
        "CREATE TABLE summaries (cell_key VARCHAR NOT NULL PRIMARY KEY, n BIGINT NOT NULL, score FLOAT NOT NULL, "
        "low FLOAT, high FLOAT, unsandboxed BIGINT NOT NULL, asked VARCHAR NOT NULL, written VARCHAR NOT NULL, "
        "statistics BIGINT NOT NULL, archived VARCHAR NOT NULL, trouble VARCHAR NOT NULL, "
        "row_hash VARCHAR NOT NULL DEFAULT '')",
    ),
}
"""What turns a store of schema n into one of n + 1."""

CHANGED: Mapping[int, tuple[str, ...]] = {1: ("runs", "cells", "variants")}
"""Tables that the step from schema n gives new columns: their row hashes are made anew after the last step."""


def steps(old: int, new: int) -> list[str]:
    """The statements from one schema to another. Raises KeyError where no way is known."""
    return [statement for schema in range(old, new) for statement in STEPS[schema]]


def changed(old: int, new: int) -> set[str]:
    """Names of the tables that say something new between one schema and another."""
    return {name for schema in range(old, new) for name in CHANGED.get(schema, ())}
