"""The database of a store: opened, brought to this schema, written in counted transactions; each row has a hash.

What differs between a file and a server is left to the backend (``databases``).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, inspect, select
from sqlalchemy import insert as plain_insert
from sqlalchemy import update as plain_update

from evals.databases import backend, configured
from evals.leases import Lease
from evals.schema import META, METADATA, SCHEMA_VERSION, SEALED, Row, intact, seal
from evals.store_errors import Away, DiskFull, StoreError

__all__ = ["Database", "DiskFull", "StoreError", "patient"]

PATIENCE_S = 30.0
ASK_S = 0.25
Self = TypeVar("Self")
Given = ParamSpec("Given")
Made = TypeVar("Made")


def patient(method: Callable[Concatenate[Self, Given], Made]) -> Callable[Concatenate[Self, Given], Made]:
    """Try again while the server is away, for ``PATIENCE_S``. What is done twice must come to the same."""

    @wraps(method)
    def tried(self: Self, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        last = time.monotonic() + PATIENCE_S
        while True:
            try:
                return method(self, *args, **kwargs)
            except Away:
                if time.monotonic() > last:
                    raise
                time.sleep(ASK_S)

    return tried


class Database:
    """Opens a store, brings it to the schema of today, and reads and writes it in checked transactions."""

    def __init__(self, where: Path | str | None = None) -> None:
        self.backend = backend(where or configured())
        try:
            with self.backend.explained():
                self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """The file. Raises StoreError where there is none."""
        return self.backend.path

    @property
    def folder(self) -> Path:
        """Where this machine keeps its files; work waits while its disk is full."""
        return self.backend.folder

    @property
    def store_id(self) -> str:
        """What tells this store from every other, also in its copies."""
        return self._known()["store"]

    # Opening, damage, schema

    def _prepare(self) -> None:
        known = self._known()
        if not known:
            self.backend.require_new()
            known = self._create()
        if known["schema"] != str(SCHEMA_VERSION):
            known = self._migrate(known["schema"])
        self.backend.verify(known)

    def _known(self) -> dict[str, str]:
        if not inspect(self.backend.engine).has_table("meta"):
            return {}
        with self.backend.reading.connect() as connection:
            return {row.name: row.value for row in connection.execute(select(META))}

    def _create(self) -> dict[str, str]:
        with self.backend.transaction() as connection:
            METADATA.create_all(connection)
            self.backend.add_tables(connection)
            there = {row.name: row.value for row in connection.execute(select(META))}
            if there:  # another process was first
                return there
            fresh = {"schema": str(SCHEMA_VERSION), "store": uuid.uuid4().hex, "writes": "0"}
            connection.execute(plain_insert(META), [{"name": n, "value": v} for n, v in fresh.items()])
            return fresh

    def _migrate(self, schema: str) -> dict[str, str]:
        """Bring an older store to this schema; refuse a newer one and one that is being written."""
        if not schema.isdecimal() or not 0 < int(schema) < SCHEMA_VERSION:
            raise StoreError(
                f"{self.backend.name} has schema {schema}, this version reads up to {SCHEMA_VERSION}; "
                "use the version that wrote it, or move it away"
            )
        from evals.migrations import upgrade  # Alembic takes time to load, and is seldom needed

        self.backend.ready_for_migration(schema)
        with self.backend.transaction() as connection:
            known = {row.name: row.value for row in connection.execute(select(META))}
            if known["schema"] == schema:  # otherwise another process was first
                anew = upgrade(connection, int(schema), SCHEMA_VERSION)
                now = plain_update(META).where(META.c.name == "schema").values(value=str(SCHEMA_VERSION))
                connection.execute(now)
                for table in (one for one in SEALED if one.name in anew):
                    _seal(connection, table, select(table))
            known = {row.name: row.value for row in connection.execute(select(META))}
        return known

    # Transactions

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is counted inside and outside the store."""
        self.backend.before_write()
        with self.backend.explained(), self.backend.transaction() as connection:
            self.backend.admit(connection)
            yield connection
            raised = (
                "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR) "
                "WHERE name = 'writes' RETURNING value"
            )
            writes = int(connection.exec_driver_sql(raised).scalar_one())
        self.backend.counted(writes)

    @patient
    def _read(self, statement: Any) -> list[Row]:
        with self.backend.explained(), self.backend.reading.connect() as connection:
            found = connection.execute(statement)
            names = list(found.keys())
            return [dict(zip(names, row, strict=False)) for row in found.all()]  # a third of the time of mappings()

    def checked(self, table: Table, rows: list[Row]) -> list[Row]:
        """The rows, each as it was written."""
        for row, holds in zip(rows, intact(table, rows), strict=True):
            if not holds:
                what = " ".join(str(row[column.name]) for column in table.primary_key)
                raise StoreError(f"{table.name}: {what[:80]} was altered on disk; {self.backend.remedy()}")
        return rows

    def _insert(self, connection: Connection, table: Table, rows: Iterable[Row]) -> None:
        """Add rows of a ``SEALED`` table, each with its hash; one whose key is there already changes nothing."""
        if listed := [dict(row) for row in rows]:
            connection.execute(self.backend.insert(table).on_conflict_do_nothing(), listed)
            _seal(connection, table, select(table).where(table.c.row_hash == ""))

    def _change(self, connection: Connection, table: Table, where: Sequence[Any], values: Row) -> None:
        """Change rows of a ``SEALED`` table, which must be intact before, and hash them anew."""
        before = self.checked(table, [dict(r) for r in connection.execute(select(table).where(*where)).mappings()])
        connection.execute(plain_update(table).where(*where).values(dict(values)))
        for row in before:
            _seal(connection, table, select(table).where(*(column == row[column.name] for column in table.primary_key)))

    def close(self) -> None:
        """Let go of files and connections."""
        self.backend.close()

    @patient
    def stamp(self) -> tuple[int, int]:
        """Changes whenever the store does: for caches of what was read."""
        return self.backend.stamp()

    def back_up(self) -> Path:
        """A copy of the store as it is now, named by the day. Raises StoreError if it cannot be made."""
        with self.backend.explained():
            return self.backend.back_up()

    # Who works on it

    @patient
    def lease(self, worker: str) -> Lease:
        """What the process of a new worker is given; from now on it counts as alive."""
        return self.backend.lease(worker)

    @patient
    def take_up(self, worker: str, given: str) -> None:
        """This process is that worker: it writes only while it has its lease."""
        self.backend.take_up(worker, given)

    @patient
    def let_go(self, worker: str, given: str) -> None:
        """That worker, which was this process, is done."""
        self.backend.let_go(worker, given)

    @patient
    def alive_workers(self, run: str) -> list[str]:
        """Workers of a run that are alive; a dead one can write nothing any more."""
        return self.backend.alive_workers(run)


def _seal(connection: Connection, table: Table, statement: Any) -> None:
    """Give the selected rows the hash of what they now say, in the transaction that made them say it."""
    for row in connection.execute(statement).mappings().all():
        here = [column == row[column.name] for column in table.primary_key]
        connection.execute(plain_update(table).where(*here).values(row_hash=seal(table, dict(row))))
