"""A store in a PostgreSQL database, for several machines: the same tables, one writer at a time, leases as rows.

A writing transaction takes one advisory lock, as SQLite's does: what a worker may claim depends on all cells of a run,
so that locking single rows (``SKIP LOCKED``) would part the cells of a variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, TimeoutError

from evals.home import home
from evals.leases import Lease
from evals.postgres_leases import LEASES, Leases
from evals.schema import ITEMS
from evals.store_errors import Away, DiskFull, StoreError

CONNECT_S = 5
LOCK_MS = 30_000
STALLED_MS = 10_000  # a writer that stopped in the middle of a transaction must not keep the lock from others
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('bitbudget ' || current_schema(), 0))"
REFUSED = ("password", "authentication", "pg_hba", "does not exist", "could not translate", "failed to resolve", "SSL")
AWAY = ("08", "57P", "25P03", "40001", "40P01", "53300")  # SQLSTATE: connection, shutdown, serialization, crowded


class PostgresServer:
    """How a database on a server is opened, locked and explained. There is no file to watch or to copy."""

    insert = staticmethod(insert)
    item_order: tuple[Any, ...] = (ITEMS.c.created, ITEMS.c.item_key)
    copies_itself = False

    def __init__(self, url: URL) -> None:
        self.folder = home()  # logs and everything else that is a file
        self.label = f"{url.database} on {url.host or 'this machine'}:{url.port or 5432}"
        self.name = f"store {self.label}"
        waits = f"-c lock_timeout={LOCK_MS} -c idle_in_transaction_session_timeout={STALLED_MS}"
        asked = str(url.query.get("options", ""))
        url = url.set(drivername="postgresql+psycopg").update_query_dict({"options": f"{asked} {waits}".strip()})
        if "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": str(CONNECT_S)})
        try:  # whoever holds the lock may need a second connection, to see who is alive: no limit of the pool
            self.engine = create_engine(url, pool_pre_ping=True, max_overflow=-1)
        except ModuleNotFoundError as error:
            raise StoreError("BITBUDGET_DB needs psycopg: pip install -r requirements-postgres.txt") from error
        self.reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.leases = Leases(self.reading)

    @property
    def path(self) -> Path:
        """There is none."""
        raise StoreError(f"{self.name} is on a server, not in a file")

    def remedy(self) -> str:
        """What to do about damage."""
        return "restore a copy of your own (pg_restore)"

    def require_new(self) -> None:
        """A server that lost its tables says so itself."""

    def add_tables(self, connection: Connection) -> None:
        """The leases, which a file does not need."""
        LEASES.metadata.create_all(connection)

    def ready_for_migration(self, schema: str) -> None:
        """Nobody may write meanwhile; all steps are one transaction, so that no copy is needed."""
        with self.engine.begin() as connection:
            self.add_tables(connection)
        if self.any_alive():
            raise StoreError(f"{self.name} is still written by workers of an older version; wait until they are done")

    def verify(self, known: Mapping[str, str]) -> None:
        """The server checks its own files; every row is checked as it is read."""

    def verify_pages(self, tables: Sequence[str] = ()) -> None:
        """The same: pages are the server's (its data checksums)."""

    def is_there(self) -> bool:
        """A server that is away is expected back."""
        return True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writer at a time, so that two processes cannot decide on the same state."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(LOCK)
            yield connection

    def before_write(self) -> None:
        """Nothing to watch outside the server."""

    def admit(self, connection: Connection) -> None:
        """Raise Fenced where this process is a worker whose lease ran out."""
        self.leases.admit(connection)

    def counted(self, writes: int) -> None:
        """The number is kept in the database alone."""

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the store does: its number of writes."""
        with self.explained(), self.reading.connect() as connection:
            writes = connection.exec_driver_sql("SELECT value FROM meta WHERE name = 'writes'").scalar_one()
            return int(writes), 0

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Troubles of the server in words, without the password."""
        try:
            yield
        except DBAPIError as error:
            said = " ".join(str(error.orig).split())
            code = str(getattr(error.orig, "sqlstate", None) or "")
            if code == "53100":
                raise DiskFull(
                    "the disk of the server is full: no result was lost; free some space and resume the run"
                ) from error
            if (not code and any(word in said for word in REFUSED)) or code.startswith(("28", "3D")):
                raise StoreError(f"{self.name} refused the connection ({said}); correct BITBUDGET_DB") from error
            if code.startswith(AWAY) or not code:
                raise Away(
                    f"{self.name} does not answer ({said}); nothing was lost: check the server, then go on"
                ) from error
            if code in ("55P03", "42501", "25006"):
                raise StoreError(
                    f"{self.name} cannot be used ({said}); check who else uses it, and its access rights"
                ) from error
            raise StoreError(f"{self.name} cannot be read ({said}); {self.remedy()}") from error
        except TimeoutError as error:
            raise Away(f"{self.name} has no free connection; nothing was lost: try again") from error

    def back_up(self) -> Path:
        """Left to the tools of the server."""
        raise StoreError(
            f"{self.name} is on a PostgreSQL server: back it up there with pg_dump --format=custom, restore with "
            "pg_restore; or copy it into a file: python -m evals store copy --to FILE.sqlite"
        )

    def latest_backup(self) -> None:
        """Not known here."""

    def close(self) -> None:
        """Let go of the connections; a lease held here runs out."""
        self.leases.stop()
        self.engine.dispose()

    # Leases: rows

    def lease(self, worker: str) -> Lease:
        """What a new worker is given to be alive: a token."""
        with self.explained():
            return Lease(given=str(self.leases.grant(worker)))

    def take_up(self, worker: str, given: str) -> None:
        """This process is that worker from now on."""
        with self.explained():
            self.leases.hold(worker, int(given))

    def let_go(self, worker: str, given: str) -> None:
        """This worker is done."""
        with self.explained():
            self.leases.end(worker, int(given))

    def alive_workers(self, run: str) -> list[str]:
        """Workers of a run, on whatever machine."""
        with self.explained():
            return self.leases.alive(run)

    def any_alive(self) -> bool:
        """Whether any worker is, on whatever machine."""
        with self.explained():
            return bool(self.leases.alive())
