"""The tables of the store. A change of any of them raises ``SCHEMA_VERSION``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table

SCHEMA_VERSION = 1
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
Row = Mapping[str, Any]


def row_hash(row: Row) -> str:
    """SHA-256 over what an item row says."""
    said = [row["item_key"], row["cell_key"], row["item"], repr(float(row["score"])), row["metrics"], row["output"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
