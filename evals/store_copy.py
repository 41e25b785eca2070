"""A whole store from one database to another, all of it or nothing, every row read back."""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select, tuple_
from sqlalchemy import insert as plain_insert

from evals.schema import ITEMS, META, SEALED, Row
from evals.store import Store
from evals.store_errors import StoreError

TABLES = (*SEALED, ITEMS)
OWN = ("schema", "store", "writes")  # said of one database; everything else in ``meta`` is a note (``Store.note``)
PART = 500  # rows written and read back at once


def copy_store(source: Store, target: Store) -> dict[str, int]:
    """Rows copied by table, hashes and times included, and the notes of runs. Nobody can write to either meanwhile.

    Raises StoreError, and leaves the target as it was, if it holds something, a row is not as written, or workers run.
    """
    if source.backend.any_alive():
        raise StoreError(f"workers are still writing to {source.backend.label}; wait, or cancel their runs first")
    copied = {}
    with source.backend.explained(), source.backend.transaction() as reading, target.writing() as connection:
        if not any(_count(reading, table) for table in TABLES):
            raise StoreError(f"{source.backend.label} holds nothing to copy")
        if there := sum(_count(connection, table) for table in TABLES):
            raise StoreError(f"{target.backend.label} already holds {there} rows; name an empty database or a new file")
        for table in TABLES:
            rows = reading.execution_options(yield_per=PART).execute(select(table).order_by(*table.primary_key))
            for part in rows.mappings().partitions(PART):
                written = source.checked(table, [dict(row) for row in part])
                connection.execute(plain_insert(table), written)
                _compare(connection, table, written, target)
            copied[table.name] = _count(reading, table)
            if (found := _count(connection, table)) != copied[table.name]:
                raise StoreError(f"{table.name}: {copied[table.name]} rows became {found}; nothing was copied")
        if notes := _notes(reading):
            connection.execute(plain_insert(META), notes)
            if _notes(connection) != notes:
                raise StoreError("the notes of runs arrived changed; nothing was copied")
    return copied


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _notes(connection: Connection) -> list[Row]:
    statement = select(META).where(META.c.name.not_in(OWN)).order_by(META.c.name)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _compare(connection: Connection, table: Table, written: list[Row], target: Store) -> None:
    """Every row as it was, to the last digit, and true to its hash."""
    names = [column.name for column in table.primary_key]
    keys = [tuple(row[name] for name in names) for row in written]
    found = connection.execute(select(table).where(tuple_(*table.primary_key).in_(keys))).mappings()
    read = {tuple(row[name] for name in names): dict(row) for row in found}
    for key, row in zip(keys, written, strict=True):
        if read.get(key) != row:
            raise StoreError(f"{table.name}: {' '.join(map(str, key))[:80]} arrived changed; nothing was copied")
    target.checked(table, list(read.values()))
