"""The database file of a store: opened, checked for damage, brought to this schema, written in counted transactions.

Damage is looked for, not assumed away: id and number of writes are also kept beside the store (``identity``), so that
a truncated file or a lost write-ahead log is noticed; every row carries a hash that is checked on read.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, inspect, select
from sqlalchemy import insert as plain_insert
from sqlalchemy import update as plain_update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from evals.backups import back_up, latest
from evals.home import home
from evals.identity import Identity
from evals.leases import any_alive
from evals.migrations import steps
from evals.schema import META, METADATA, SCHEMA_VERSION, SEALED, Row, intact, seal


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


class DiskFull(StoreError):
    """Nothing was written, nothing was lost; the same write can be tried again."""


class Database:
    """Opens a store, brings it to the schema of today, and reads and writes it in checked transactions."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "bitbudget.sqlite"
        self._identity = Identity(self.path)
        if self._identity.read() and not (self.path.exists() and self.path.stat().st_size):
            raise StoreError(f"store {self.path.name} is empty although it once held results; {self.remedy()}")
        self._engine = create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 30})
        event.listen(self._engine, "connect", _configure)
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self.close()
            raise

    # Opening, damage, schema

    def _prepare(self) -> None:
        outside = self._identity.read()  # before the store itself, so that it cannot be ahead of it
        known = self._known()
        if not known and outside:
            raise StoreError(f"store {self.path.name} lost its contents; {self.remedy()}")
        known = known or self._create()
        if known["schema"] != str(SCHEMA_VERSION):
            known = self._migrate(known["schema"])
        if (problem := self._problem()) != "ok":
            raise StoreError(f"store {self.path.name} is damaged ({problem}); {self.remedy()}")
        if outside is None:
            self._identity.write(known["store"], int(known["writes"]))
        elif outside[0] != known["store"]:
            raise StoreError(
                f"store {self.path.name} is not the one that was here before; move the .id file away to accept it"
            )
        elif (lost := outside[1] - int(known["writes"])) > 0:
            raise StoreError(
                f"store {self.path.name} lost its last {lost} writes: its -wal file was removed or damaged, or this is "
                f"an older copy. Put it back; or go on without them: python -m evals store accept; or {self.remedy()}"
            )
        self._inode = self.path.stat().st_ino

    def _known(self) -> dict[str, str]:
        if not inspect(self._engine).has_table("meta"):
            return {}
        return {row["name"]: row["value"] for row in self._read(select(META))}

    def _create(self) -> dict[str, str]:
        with self._transaction() as connection:
            METADATA.create_all(connection)
            there = {row.name: row.value for row in connection.execute(select(META))}
            if there:  # another process was first
                return there
            fresh = {"schema": str(SCHEMA_VERSION), "store": uuid.uuid4().hex, "writes": "0"}
            connection.execute(plain_insert(META), [{"name": n, "value": v} for n, v in fresh.items()])
            return fresh

    def _migrate(self, schema: str) -> dict[str, str]:
        """Bring an older store to this schema, a backup first; refuse a newer one and one that is being written."""
        if not schema.isdecimal() or not 0 < int(schema) < SCHEMA_VERSION:
            raise StoreError(
                f"store {self.path.name} has schema {schema}, this version reads up to {SCHEMA_VERSION}; "
                "use the version that wrote it, or move it away"
            )
        if any_alive(self.path.parent):
            raise StoreError(
                f"store {self.path.name} is still written by workers of an older version; wait until they are done"
            )
        back_up(self.path, f"schema-{schema}")
        with self._transaction() as connection:
            known = {row.name: row.value for row in connection.execute(select(META))}
            if known["schema"] == schema:  # otherwise another process was first
                for statement in steps(int(schema), SCHEMA_VERSION):
                    connection.exec_driver_sql(statement)
                changed = plain_update(META).where(META.c.name == "schema").values(value=str(SCHEMA_VERSION))
                connection.execute(changed)
                for table in SEALED:
                    _seal(connection, table, select(table))
            known = {row.name: row.value for row in connection.execute(select(META))}
        return known

    def remedy(self) -> str:
        """What to do about damage; names the newest backup."""
        kept = latest(self.path)
        if kept is None:
            return "restore a copy of your own, or move it away to start anew (it is left as it is)"
        return f"the newest backup is backups/{kept.name}: python -m evals store restore (this file is kept)"

    # Transactions

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            said = str(error.orig)
            if "full" in said:
                raise DiskFull("the disk is full: no result was lost; free some space and resume the run") from error
            if "locked" in said or "readonly" in said or "unable to open" in said:
                raise StoreError(
                    f"store {self.path.name} cannot be used ({said}); check who else uses it, and its access rights"
                ) from error
            raise StoreError(f"store {self.path.name} cannot be read ({said}); {self.remedy()}") from error
        except sqlite3.Error as error:
            raise StoreError(f"store {self.path.name} cannot be backed up ({error})") from error

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Takes the write lock at once, so that two processes cannot decide on the same state."""
        with self._explained(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """A transaction that is counted inside and outside the store."""
        if not self.path.exists() or self.path.stat().st_ino != self._inode:
            raise StoreError(f"store {self.path.name} was removed or replaced while in use; start again")
        with self._transaction() as connection:
            yield connection
            raised = "UPDATE meta SET value = value + 1 WHERE name = 'writes' RETURNING value"
            writes = int(connection.exec_driver_sql(raised).scalar_one())
        self._identity.count(writes)

    def _read(self, statement: Any) -> list[Row]:
        with self._explained(), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _problem(self) -> str:
        """What SQLite finds wrong with tables and indices, "ok" if nothing."""
        with self._engine.connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())

    def _checked(self, table: Table, rows: list[Row]) -> list[Row]:
        """The rows, each as it was written."""
        for row in rows:
            if not intact(table, row):
                what = " ".join(str(row[column.name]) for column in table.primary_key)
                raise StoreError(f"{table.name}: {what[:80]} was altered on disk; {self.remedy()}")
        return rows

    def _insert(self, connection: Connection, table: Table, rows: Iterable[Row]) -> None:
        """Add rows of a ``SEALED`` table, each with its hash; one whose key is there already changes nothing."""
        if listed := [dict(row) for row in rows]:
            connection.execute(insert(table).on_conflict_do_nothing(), listed)
            _seal(connection, table, select(table).where(table.c.row_hash == ""))

    def _change(self, connection: Connection, table: Table, where: Sequence[Any], values: Row) -> None:
        """Change rows of a ``SEALED`` table, which must be intact before, and hash them anew."""
        before = self._checked(table, [dict(r) for r in connection.execute(select(table).where(*where)).mappings()])
        connection.execute(plain_update(table).where(*where).values(dict(values)))
        for row in before:
            _seal(connection, table, select(table).where(*(column == row[column.name] for column in table.primary_key)))

    def close(self) -> None:
        """Let go of the files."""
        self._engine.dispose()

    def back_up(self) -> Path:
        """A copy of the store as it is now, named by the day. Raises StoreError if it cannot be made."""
        with self._explained():
            return back_up(self.path)


def _seal(connection: Connection, table: Table, statement: Any) -> None:
    """Give the selected rows the hash of what they now say, in the transaction that made them say it."""
    for row in connection.execute(statement).mappings().all():
        here = [column == row[column.name] for column in table.primary_key]
        connection.execute(plain_update(table).where(*here).values(row_hash=seal(table, dict(row))))


def _configure(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are opened explicitly, see Database._transaction
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
