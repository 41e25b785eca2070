"""The first schema: runs, their cells, the variants, and an item a result."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Float

from evals.schema import COUNT, TEXT

revision = "1"
down_revision = None
says_more: set[str] = set()


def upgrade() -> None:
    op.create_table("meta", Column("name", TEXT, primary_key=True), Column("value", TEXT, nullable=False))
    op.create_table(
        "runs",
        Column("run", TEXT, primary_key=True),
        Column("digest", TEXT, nullable=False),
        Column("plan", TEXT, nullable=False),
        Column("state", TEXT, nullable=False),
        Column("created", Float, nullable=False),
        Column("finished", Float),
        Column("provenance", TEXT, nullable=False),
    )
    op.create_table(
        "cells",
        *(Column(name, TEXT, primary_key=True) for name in ("run", "model", "quantization", "task")),
        Column("position", COUNT, nullable=False),
        *(Column(name, TEXT, nullable=False) for name in ("variant_key", "cell_key", "state")),
        Column("items_total", COUNT, nullable=False),
        Column("reason", TEXT, nullable=False),
        Column("worker", TEXT, nullable=False),
        Column("attempts", COUNT, nullable=False),
        Column("started", Float),
        Column("seconds", Float),
    )
    op.create_table(
        "variants",
        Column("variant_key", TEXT, primary_key=True),
        Column("model", TEXT, nullable=False),
        Column("quantization", TEXT, nullable=False),
        Column("weight_bytes", COUNT, nullable=False),
        Column("bits_per_weight", Float, nullable=False),
        Column("facts", TEXT, nullable=False),
    )
    op.create_table(
        "items",
        Column("item_key", TEXT, primary_key=True),
        Column("cell_key", TEXT, nullable=False),
        Column("item", TEXT, nullable=False),
        Column("score", Float, nullable=False),
        Column("metrics", TEXT, nullable=False),
        Column("output", TEXT, nullable=False),
        Column("created", Float, nullable=False),
        Column("row_hash", TEXT, nullable=False),
    )
    op.create_index("items_of_cell", "items", ["cell_key"])
