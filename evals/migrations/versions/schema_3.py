"""A summary of each finished cell."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Float

from evals.schema import COUNT, TEXT

revision = "3"
down_revision = "2"
says_more: set[str] = set()


def upgrade() -> None:
    op.create_table(
        "summaries",
        Column("cell_key", TEXT, primary_key=True),
        Column("n", COUNT, nullable=False),
        Column("score", Float, nullable=False),
        Column("low", Float),
        Column("high", Float),
        Column("unsandboxed", COUNT, nullable=False),
        Column("asked", TEXT, nullable=False),
        Column("written", TEXT, nullable=False),
        Column("statistics", COUNT, nullable=False),
        Column("archived", TEXT, nullable=False),
        Column("trouble", TEXT, nullable=False),
        Column("row_hash", TEXT, nullable=False, server_default=""),
    )
