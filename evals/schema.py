"""The tables of the store. A change of any of them raises ``SCHEMA_VERSION`` and adds a step to ``migrations``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table

SCHEMA_VERSION = 2
METADATA = MetaData()

META = Table("meta", METADATA, Column("name", String, primary_key=True), Column("value", String, nullable=False))
RUNS = Table(
    "runs",
    METADATA,
    Column("run", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("plan", String, nullable=False),
    Column("state", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("finished", Float),
    Column("provenance", String, nullable=False),
    Column("reason", String, nullable=False, default="", server_default=""),
    Column("row_hash", String, nullable=False, default="", server_default=""),
)
CELLS = Table(
    "cells",
    METADATA,
    Column("run", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("quantization", String, primary_key=True),
    Column("task", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("variant_key", String, nullable=False),
    Column("cell_key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("items_total", Integer, nullable=False),
    Column("reason", String, nullable=False, default=""),
    Column("worker", String, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("started", Float),
    Column("seconds", Float),
    Column("batch_size", Integer),
    Column("row_hash", String, nullable=False, default="", server_default=""),
)
VARIANTS = Table(
    "variants",
    METADATA,
    Column("variant_key", String, primary_key=True),
    Column("model", String, nullable=False),
    Column("quantization", String, nullable=False),
    Column("weight_bytes", Integer, nullable=False),
    Column("bits_per_weight", Float, nullable=False),
    Column("facts", String, nullable=False),
    Column("row_hash", String, nullable=False, default="", server_default=""),
)
ITEMS = Table(
    "items",
    METADATA,
    Column("item_key", String, primary_key=True),
    Column("cell_key", String, nullable=False),
    Column("item", String, nullable=False),
    Column("score", Float, nullable=False),
    Column("metrics", String, nullable=False),
    Column("output", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("row_hash", String, nullable=False),
    Index("items_of_cell", "cell_key"),
)
SEALED = (RUNS, CELLS, VARIANTS)
Row = Mapping[str, Any]


def row_hash(row: Row) -> str:
    """SHA-256 over what an item row says."""
    said = [row["item_key"], row["cell_key"], row["item"], repr(float(row["score"])), row["metrics"], row["output"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def seal(table: Table, row: Row) -> str:
    """SHA-256 over every column of a row of ``SEALED``, as read."""
    said = [table.name, *(row[column.name] for column in table.columns if column.name != "row_hash")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def intact(table: Table, row: Row) -> bool:
    """Whether a row still says what was written."""
    return bool(row["row_hash"] == (row_hash(row) if table is ITEMS else seal(table, row)))
