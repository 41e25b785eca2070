"""Reasons of runs, batch sizes of cells, a hash over every row, and a count of the writes."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column

from evals.schema import COUNT, TEXT

revision = "2"
down_revision = "1"
says_more = {"runs", "cells", "variants"}


def upgrade() -> None:
    op.add_column("runs", Column("reason", TEXT, nullable=False, server_default=""))
    op.add_column("cells", Column("batch_size", COUNT))
    for table in ("runs", "cells", "variants"):
        op.add_column(table, Column("row_hash", TEXT, nullable=False, server_default=""))
    op.execute("INSERT INTO meta (name, value) VALUES ('writes', '0')")
