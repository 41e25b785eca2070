"""The tables of the store. A change of any of them raises ``SCHEMA_VERSION`` and adds a file to ``migrations``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Float, Index, Integer, MetaData, String, Table, TypeDecorator

SCHEMA_VERSION = 3
METADATA = MetaData()


class _PostgresText(TypeDecorator[str]):
    """Text compared byte by byte, as SQLite does; PostgreSQL keeps no character 0, so that one is spelled out."""

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x10", "\x101").replace("\0", "\x100") if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value.replace("\x100", "\0").replace("\x101", "\x10") if value else value


TEXT = String().with_variant(_PostgresText(), "postgresql")
COUNT = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's are as long as needed

META = Table("meta", METADATA, Column("name", TEXT, primary_key=True), Column("value", TEXT, nullable=False))
RUNS = Table(
    "runs",
    METADATA,
    Column("run", TEXT, primary_key=True),
    Column("digest", TEXT, nullable=False),
    Column("plan", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("created", Float, nullable=False),
    Column("finished", Float),
    Column("provenance", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False, default="", server_default=""),
    Column("row_hash", TEXT, nullable=False, default="", server_default=""),
)
CELLS = Table(
    "cells",
    METADATA,
    Column("run", TEXT, primary_key=True),
    Column("model", TEXT, primary_key=True),
    Column("quantization", TEXT, primary_key=True),
    Column("task", TEXT, primary_key=True),
    Column("position", COUNT, nullable=False),
    Column("variant_key", TEXT, nullable=False),
    Column("cell_key", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("items_total", COUNT, nullable=False),
    Column("reason", TEXT, nullable=False, default=""),
    Column("worker", TEXT, nullable=False, default=""),
    Column("attempts", COUNT, nullable=False, default=0),
    Column("started", Float),
    Column("seconds", Float),
    Column("batch_size", COUNT),
    Column("row_hash", TEXT, nullable=False, default="", server_default=""),
)
VARIANTS = Table(
    "variants",
    METADATA,
    Column("variant_key", TEXT, primary_key=True),
    Column("model", TEXT, nullable=False),
    Column("quantization", TEXT, nullable=False),
    Column("weight_bytes", COUNT, nullable=False),
    Column("bits_per_weight", Float, nullable=False),
    Column("facts", TEXT, nullable=False),
    Column("row_hash", TEXT, nullable=False, default="", server_default=""),
)
ITEMS = Table(
    "items",
    METADATA,
    Column("item_key", TEXT, primary_key=True),
    Column("cell_key", TEXT, nullable=False),
    Column("item", TEXT, nullable=False),
    Column("score", Float, nullable=False),
    Column("metrics", TEXT, nullable=False),
    Column("output", TEXT, nullable=False),
    Column("created", Float, nullable=False),
    Column("row_hash", TEXT, nullable=False),
    Index("items_of_cell", "cell_key"),
)
SUMMARIES = Table(
    "summaries",
    METADATA,
    Column("cell_key", TEXT, primary_key=True),
    Column("n", COUNT, nullable=False),
    Column("score", Float, nullable=False),
    Column("low", Float),
    Column("high", Float),
    Column("unsandboxed", COUNT, nullable=False),
    Column("asked", TEXT, nullable=False),  # digest of the items' names
    Column("written", TEXT, nullable=False),  # digest of the items' row hashes
    Column("statistics", COUNT, nullable=False),
    Column("archived", TEXT, nullable=False, default=""),  # the file that holds the items; "" while the store does
    Column("trouble", TEXT, nullable=False, default=""),
    Column("row_hash", TEXT, nullable=False, default="", server_default=""),
)
SEALED = (RUNS, CELLS, VARIANTS, SUMMARIES)
SAID = {table.name: itemgetter(*(c.name for c in table.columns if c.name != "row_hash")) for table in SEALED}
Row = Mapping[str, Any]
_json = json.JSONEncoder(check_circular=False).encode  # as json.dumps, quicker: there is a hash for every row


def row_hash(row: Row) -> str:
    """SHA-256 over what an item row says."""
    score = repr(float(row["score"]) + 0.0)  # SQLite keeps no sign of zero
    said = [row["item_key"], row["cell_key"], row["item"], score, row["metrics"], row["output"]]
    return hashlib.sha256(_json(said).encode()).hexdigest()


def seal(table: Table, row: Row) -> str:
    """SHA-256 over every column of a row of ``SEALED``, as read."""
    said = [table.name, *SAID[table.name](row)]
    return hashlib.sha256(_json(said).encode()).hexdigest()


def intact(table: Table, row: Row) -> bool:
    """Whether a row still says what was written."""
    return bool(row["row_hash"] == (row_hash(row) if table is ITEMS else seal(table, row)))
