"""From one schema of the store to the next, with Alembic: a file of ``versions`` each, its revision is the schema.

Which schema a store has is written in its ``meta``, changed in the same transaction as the tables, not in a table of
Alembic's own. Types are those of ``evals.schema``; tables are spelled out, because a step must mean the same whatever
the tables become.
"""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection


def steps(old: int, new: int) -> list[Script]:
    """What leads from one schema to another, in order; schema 0 has no tables yet."""
    directory = ScriptDirectory(str(Path(__file__).parent))
    return [*reversed([*directory.iterate_revisions(str(new), str(old) if old else None)])]


def upgrade(connection: Connection, old: int, new: int) -> set[str]:
    """Change the tables within the caller's transaction.

    Returns the names of those that say something new, whose row hashes must be made anew.
    """
    anew: set[str] = set()
    with Operations.context(MigrationContext.configure(connection)):
        for step in steps(old, new):
            step.module.upgrade()
            anew |= step.module.says_more
    return anew
