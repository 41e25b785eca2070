"""The tables of the store. A change of any of them raises ``SCHEMA_VERSION`` and adds a file to ``migrations``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
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

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        return _as_written  # and not process_result_value, which costs every value of a large store a further call


def _as_written(value: str | None) -> str | None:
    return value if value is None or "\x10" not in value else value.replace("\x100", "\0").replace("\x101", "\x10")


TEXT = String().with_variant(_PostgresText(), "postgresql")
DIGEST = String().with_variant(String(collation="C"), "postgresql")  # hexadecimal: nothing to spell out
COUNT = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's are as long as needed

META = Table("meta", METADATA, Column("name", TEXT, primary_key=True), Column("value", TEXT, nullable=False))
RUNS = Table(
    "runs",
    METADATA,
    Column("run", TEXT, primary_key=True),
    Column("digest", DIGEST, nullable=False),
    Column("plan", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("created", Float, nullable=False),
    Column("finished", Float),
    Column("provenance", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False, default="", server_default=""),
    Column("row_hash", DIGEST, nullable=False, default="", server_default=""),
)
CELLS = Table(
    "cells",
    METADATA,
    Column("run", TEXT, primary_key=True),
    Column("model", TEXT, primary_key=True),
    Column("quantization", TEXT, primary_key=True),
    Column("task", TEXT, primary_key=True),
    Column("position", COUNT, nullable=False),
    Column("variant_key", DIGEST, nullable=False),
    Column("cell_key", DIGEST, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("items_total", COUNT, nullable=False),
    Column("reason", TEXT, nullable=False, default=""),
    Column("worker", TEXT, nullable=False, default=""),
    Column("attempts", COUNT, nullable=False, default=0),
    Column("started", Float),
    Column("seconds", Float),
    Column("batch_size", COUNT),
    Column("row_hash", DIGEST, nullable=False, default="", server_default=""),
)
VARIANTS = Table(
    "variants",
    METADATA,
    Column("variant_key", DIGEST, primary_key=True),
    Column("model", TEXT, nullable=False),
    Column("quantization", TEXT, nullable=False),
    Column("weight_bytes", COUNT, nullable=False),
    Column("bits_per_weight", Float, nullable=False),
    Column("facts", TEXT, nullable=False),
    Column("row_hash", DIGEST, nullable=False, default="", server_default=""),
)
ITEMS = Table(
    "items",
    METADATA,
    Column("item_key", DIGEST, primary_key=True),
    Column("cell_key", DIGEST, nullable=False),
    Column("item", TEXT, nullable=False),
    Column("score", Float, nullable=False),
    Column("metrics", TEXT, nullable=False),
    Column("output", TEXT, nullable=False),
    Column("created", Float, nullable=False),
    Column("row_hash", DIGEST, nullable=False),
    Index("items_of_cell", "cell_key"),
)
SUMMARIES = Table(
    "summaries",
    METADATA,
    Column("cell_key", DIGEST, primary_key=True),
    Column("n", COUNT, nullable=False),
    Column("score", Float, nullable=False),
    Column("low", Float),
    Column("high", Float),
    Column("unsandboxed", COUNT, nullable=False),
    Column("asked", DIGEST, nullable=False),  # digest of the items' names
    Column("written", DIGEST, nullable=False),  # digest of the items' row hashes
    Column("statistics", COUNT, nullable=False),
    Column("archived", TEXT, nullable=False, default=""),  # the file that holds the items; "" while the store does
    Column("trouble", TEXT, nullable=False, default=""),
    Column("row_hash", DIGEST, nullable=False, default="", server_default=""),
)
SEALED = (RUNS, CELLS, VARIANTS, SUMMARIES)
SAID = {table.name: itemgetter(*(c.name for c in table.columns if c.name != "row_hash")) for table in SEALED}
Row = Mapping[str, Any]
ENCODED_AT_ONCE = 256  # one text for some rows takes half the time of one each, and fits a processor's own memory
# As json.dumps, quicker. What damage made of a text or a number is spelled out, so that its row is found and named.
_json = json.JSONEncoder(check_circular=False, default=repr).encode


def row_hash(row: Row) -> str:
    """SHA-256 over what an item row says."""
    try:
        score = repr(float(row["score"]) + 0.0)  # SQLite keeps no sign of zero
    except (TypeError, ValueError):
        score = repr(row["score"])  # damaged: no hash was ever taken of it
    said = [row["item_key"], row["cell_key"], row["item"], score, row["metrics"], row["output"]]
    return hashlib.sha256(_json(said).encode()).hexdigest()


def seals(table: Table, rows: Sequence[Row]) -> Iterator[str]:
    """SHA-256 over every column of each row of ``SEALED``, as read."""
    begin, said = f'["{table.name}", ', SAID[table.name]
    for at in range(0, len(rows), ENCODED_AT_ONCE):
        text = _json([[table.name, *said(row)] for row in rows[at : at + ENCODED_AT_ONCE]])
        for one in text[len(begin) + 1 : -1].split(f", {begin}"):  # only rows begin so: a quote in a text is escaped
            yield hashlib.sha256(f"{begin}{one}".encode()).hexdigest()


def seal(table: Table, row: Row) -> str:
    """SHA-256 over every column of a row of ``SEALED``, as read."""
    return next(seals(table, [row]))


def intact(table: Table, rows: Sequence[Row]) -> list[bool]:
    """Of each row, whether it still says what was written."""
    said = map(row_hash, rows) if table is ITEMS else seals(table, rows)
    return [row["row_hash"] == one for row, one in zip(rows, said, strict=True)]
