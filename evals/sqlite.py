"""A store in an SQLite file. Damage is looked for: id and number of writes are also kept beside it (``identity``)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from evals.backups import back_up, latest
from evals.identity import Identity
from evals.leases import Lease, alive_workers, any_alive, lease
from evals.store_errors import DiskFull, StoreError

WHOLE_BYTES = 128 * 2**20  # up to here every page is looked at when the file is opened
FEW_ROWS = ("meta", "runs", "cells", "variants", "summaries")  # of a larger one, the tables that stay small


class SqliteFile:
    """How a file is opened, locked, watched and copied."""

    insert = staticmethod(insert)
    copies_itself = True
    item_order: tuple[Any, ...] = ()  # as they were written

    def __init__(self, path: Path) -> None:
        self.path, self.folder, self.label = path, path.parent, path.name
        self.name = f"store {self.label}"
        self._identity = Identity(path)
        self._outside = self._identity.read()  # before the store itself, so that it cannot be ahead of it
        if self._outside and not (path.exists() and path.stat().st_size):
            raise StoreError(f"{self.name} is empty although it once held results; {self.remedy()}")
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        self.reading = self.engine
        event.listen(self.engine, "connect", _configure)

    def remedy(self) -> str:
        """What to do about damage; names the newest backup."""
        kept = self.latest_backup()
        if kept is None:
            return "restore a copy of your own, or move it away to start anew (it is left as it is)"
        return f"the newest backup is backups/{kept.name}: python -m evals store restore (this file is kept)"

    def require_new(self) -> None:
        """Before tables are made: there must never have been any."""
        if self._outside:
            raise StoreError(f"{self.name} lost its contents; {self.remedy()}")

    def add_tables(self, connection: Connection) -> None:
        """Nothing but the tables of every store."""

    def ready_for_migration(self, schema: str) -> None:
        """Nobody may write meanwhile, and there is a copy of what was."""
        if self.any_alive():
            raise StoreError(f"{self.name} is still written by workers of an older version; wait until they are done")
        back_up(self.path, f"schema-{schema}")

    def verify(self, known: Mapping[str, str]) -> None:
        """The file is whole, and the one that was here before with all its writes."""
        self.verify_pages(() if self.path.stat().st_size <= WHOLE_BYTES else FEW_ROWS)
        outside = self._outside
        if outside is None:
            self._identity.write(known["store"], int(known["writes"]))
        elif outside[0] != known["store"]:
            raise StoreError(f"{self.name} is not the one that was here before; move the .id file away to accept it")
        elif (lost := outside[1] - int(known["writes"])) > 0:
            raise StoreError(
                f"{self.name} lost its last {lost} writes: its -wal file was removed or damaged, or this is "
                f"an older copy. Put it back; or go on without them: python -m evals store accept; or {self.remedy()}"
            )
        self._inode = self.path.stat().st_ino

    def verify_pages(self, tables: Sequence[str] = ()) -> None:
        """Raises StoreError for what SQLite finds wrong with these tables and their indices, or with the whole file."""
        with self.explained(), self.engine.connect() as connection:
            for asked in [f"'{table}'" for table in tables] or ["1"]:
                problem = str(connection.exec_driver_sql(f"PRAGMA integrity_check({asked})").scalars().first())
                if problem != "ok":
                    raise StoreError(f"{self.name} is damaged ({problem}); {self.remedy()}")

    def is_there(self) -> bool:
        """Whether the file was not taken away since it was opened."""
        return self.path.exists()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Takes the write lock at once, so that two processes cannot decide on the same state."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def before_write(self) -> None:
        """The file must still be the one that was opened."""
        if not self.path.exists() or self.path.stat().st_ino != self._inode:
            raise StoreError(f"{self.name} was removed or replaced while in use; start again")

    def admit(self, connection: Connection) -> None:
        """A worker that holds its lock may write: nobody can have taken its variant."""

    def counted(self, writes: int) -> None:
        """After a write is on the disk: remember how many there were."""
        self._identity.count(writes)

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the store does."""
        wal = self.path.with_name(self.path.name + "-wal")
        return tuple(p.stat().st_mtime_ns if p.exists() else 0 for p in (self.path, wal))  # type: ignore[return-value]

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Troubles of SQLite in words."""
        try:
            yield
        except DatabaseError as error:
            said = str(error.orig)
            if "full" in said:
                raise DiskFull("the disk is full: no result was lost; free some space and resume the run") from error
            if "locked" in said or "readonly" in said or "unable to open" in said:
                raise StoreError(
                    f"{self.name} cannot be used ({said}); check who else uses it, and its access rights"
                ) from error
            raise StoreError(f"{self.name} cannot be read ({said}); {self.remedy()}") from error
        except sqlite3.Error as error:
            raise StoreError(f"{self.name} cannot be backed up ({error})") from error

    def back_up(self) -> Path:
        """A copy beside the store, named by the day; of a damaged store none is made."""
        self.verify_pages()
        return back_up(self.path)

    def latest_backup(self) -> Path | None:
        """The newest copy; None if there is none."""
        return latest(self.path)

    def close(self) -> None:
        """Let go of the files."""
        self.engine.dispose()

    # Leases: locks on files of this machine

    def lease(self, worker: str) -> Lease:
        """What a new worker is given to be alive."""
        file = lease(worker)
        return Lease(given=str(file), files=(file,))

    def take_up(self, worker: str, given: str) -> None:
        """The worker's own process has the lock already."""

    def let_go(self, worker: str, given: str) -> None:
        """At once, so that nobody takes this worker for a live one while Python shuts down."""
        os.close(int(given))

    def alive_workers(self, run: str) -> list[str]:
        """Workers of a run whose lock is held."""
        return alive_workers(run)

    def any_alive(self) -> bool:
        """Whether any worker is."""
        return any_alive(self.folder)


def _configure(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are opened explicitly, see SqliteFile.transaction
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
