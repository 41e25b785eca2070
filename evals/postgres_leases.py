"""Which workers of any machine are alive: a row each, with the time of the server and a token that fences it.

A worker renews its row while it lives. Whoever finds a row run out removes it, and from then on nothing that worker
writes is taken: its token is gone, and a removed row cannot be renewed.
"""

from __future__ import annotations

import logging
import os
from threading import Event, Thread

from sqlalchemy import BigInteger, Column, Connection, DateTime, Engine, Identity, MetaData, Table, delete, func, select
from sqlalchemy import insert as plain_insert
from sqlalchemy import update as plain_update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from evals.schema import TEXT
from evals.store_errors import Fenced

log = logging.getLogger("evals.worker")
START_S = 120.0  # until a process that was just started holds its lease itself
RENEWALS = 5  # tries within one lease
LEASES = Table(
    "leases",
    MetaData(),
    Column("worker", TEXT, primary_key=True),
    Column("run", TEXT, nullable=False),
    Column("token", BigInteger, Identity(), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
_NOW = func.clock_timestamp()


def lease_s() -> float:
    """How long a lease lasts without being renewed."""
    return float(os.environ.get("BITBUDGET_LEASE_S") or 30.0)


class Leases:
    """The table of leases on one server; ``reading`` is an engine that commits every statement."""

    def __init__(self, reading: Engine) -> None:
        self._engine = reading
        self._mine: tuple[str, int] | None = None
        self._over = Event()

    def grant(self, worker: str) -> int:
        """The token of a worker whose process is about to start."""
        row = {"worker": worker, "run": worker.rpartition(".")[0], "until": _later(START_S)}
        with self._engine.connect() as connection:
            return int(connection.execute(plain_insert(LEASES).values(row).returning(LEASES.c.token)).scalar_one())

    def hold(self, worker: str, token: int) -> None:
        """From now on this process is that worker: renews its lease, and writes only while it has it."""
        self._mine, self._over = (worker, token), Event()
        if not self._renewed():
            raise Fenced(f"the lease of worker {worker} ran out before it began; resume the run")
        Thread(target=self._renew, args=(self._over,), daemon=True).start()

    def end(self, worker: str, token: int) -> None:
        """Give the lease back."""
        self._over.set()
        self._mine = None
        with self._engine.connect() as connection:
            connection.execute(delete(LEASES).where(LEASES.c.worker == worker, LEASES.c.token == token))

    def stop(self) -> None:
        """Renew no longer; the lease runs out by itself."""
        self._over.set()

    def alive(self, run: str | None = None) -> list[str]:
        """Workers of a run, or of all, whose lease has not run out; the others are removed for good."""
        of_run = [] if run is None else [LEASES.c.run == run]
        with self._engine.connect() as connection:
            connection.execute(delete(LEASES).where(LEASES.c.until <= _NOW, *of_run))
            return list(connection.execute(select(LEASES.c.worker).where(*of_run)).scalars())

    def admit(self, connection: Connection) -> None:
        """Raise Fenced in the transaction of a worker whose lease is gone; other processes may always write."""
        if self._mine is None:
            return
        alive = select(LEASES.c.token).where(*_is(*self._mine), LEASES.c.until > _NOW)
        if connection.execute(alive).scalar() is None:
            raise Fenced(
                f"the lease of worker {self._mine[0]} ran out: another goes on with its variant, "
                "and nothing of this was written"
            )

    def _renewed(self) -> bool:
        assert self._mine
        longer = plain_update(LEASES).where(*_is(*self._mine), LEASES.c.until > _NOW).values(until=_later(lease_s()))
        with self._engine.connect() as connection:
            return connection.execute(longer).rowcount == 1

    def _renew(self, over: Event) -> None:
        while not over.wait(lease_s() / RENEWALS):
            try:
                if not over.is_set() and not self._renewed():
                    log.error("the lease of this worker ran out; what it writes from now on is refused")
                    return
            except DBAPIError as error:
                log.warning("the lease could not be renewed yet: %s", str(error.orig).strip())


def _is(worker: str, token: int) -> list[ColumnElement[bool]]:
    return [LEASES.c.worker == worker, LEASES.c.token == token]


def _later(seconds: float) -> ColumnElement[object]:
    return _NOW + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
