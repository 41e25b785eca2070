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
}
"""What turns a store of schema n into one of n + 1. Row hashes are made anew after the last step."""


def steps(old: int, new: int) -> list[str]:
    """The statements from one schema to another. Raises KeyError where no way is known."""
    return [statement for schema in range(old, new) for statement in STEPS[schema]]
