"""Where runs, cells and item results are kept: SQLite through SQLAlchemy, one accepted result an item key.

Damage is looked for, not assumed away: a store carries an identity that is also written beside it, so a truncated
file is not taken for a new one; every item row carries a hash that is checked on read.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, delete, event, func, inspect, select
from sqlalchemy import insert as plain_insert
from sqlalchemy import update as plain_update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError

from evals.home import home
from evals.schema import CELLS, ITEMS, META, METADATA, RUNS, SCHEMA_VERSION, VARIANTS, Row, row_hash

MANY_ROWS = 1_000  # written at once


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


class Store:
    """All reads and writes; safe to open from several processes."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "bitbudget.sqlite"
        self._identity = self.path.with_suffix(".id")
        if self.path.exists() and self.path.stat().st_size == 0 and self._identity.exists():
            raise StoreError(
                f"store {self.path.name} is empty although it once held results; restore it or move it away"
            )
        self._scores: dict[str, dict[str, float]] = {}
        self._engine = create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 30})
        event.listen(self._engine, "connect", _configure)
        try:
            self._prepare()
        except DatabaseError as error:
            raise StoreError(
                f"store {self.path.name} cannot be read ({error.orig}); restore it or move it away"
            ) from error

    def _prepare(self) -> None:
        known = self._known()
        if not known:
            if self._identity.exists():
                raise StoreError(f"store {self.path.name} lost its contents; restore it or move it away")
            known = self._create()
        if known["schema"] != str(SCHEMA_VERSION):
            raise StoreError(
                f"store {self.path.name} has schema {known['schema']}, this version reads {SCHEMA_VERSION}; "
                "move it away or use the version that wrote it"
            )
        if not self._identity.exists():
            temporary = self._identity.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(known["store"])
            os.replace(temporary, self._identity)
        elif self._identity.read_text() != known["store"]:
            raise StoreError(
                f"store {self.path.name} is not the one that was here before; move the .id file away to accept it"
            )

    def _known(self) -> dict[str, str]:
        if not inspect(self._engine).has_table("meta"):
            return {}
        return {row["name"]: row["value"] for row in self._read(select(META))}

    def _create(self) -> dict[str, str]:
        with self._write() as connection:
            METADATA.create_all(connection)
            there = {row.name: row.value for row in connection.execute(select(META))}
            if there:  # another process was first
                return there
            fresh = {"schema": str(SCHEMA_VERSION), "store": uuid.uuid4().hex}
            connection.execute(plain_insert(META), [{"name": n, "value": v} for n, v in fresh.items()])
            return fresh

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """A transaction that takes the write lock at once, so that two processes cannot decide on the same state."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.exec_driver_sql("ROLLBACK")
                    raise
                connection.exec_driver_sql("COMMIT")
        except OperationalError as error:
            if "full" in str(error.orig):
                raise StoreError("the disk is full: no result was lost; free some space and resume the run") from error
            raise

    def _read(self, statement: Any) -> list[Row]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    # Runs and cells

    def add_run(self, run: Row, cells: Iterable[Row]) -> str:
        """Add a run unless the same plan is still active; returns the id of the run that now stands for it."""
        with self._write() as connection:
            active = select(RUNS.c.run).where(RUNS.c.digest == run["digest"], RUNS.c.state == "running")
            found = connection.execute(active).scalar()
            if found:
                return str(found)
            connection.execute(plain_insert(RUNS), [dict(run)])
            connection.execute(plain_insert(CELLS), [dict(cell) for cell in cells])
        return str(run["run"])

    def runs(self) -> list[Row]:
        """All runs, newest first."""
        return self._read(select(RUNS).order_by(RUNS.c.created.desc()))

    def run(self, run: str) -> Row | None:
        return next(iter(self._read(select(RUNS).where(RUNS.c.run == run))), None)

    def cells(self, run: str | None = None) -> list[Row]:
        """Cells of a run, or of all runs, in planned order."""
        statement = select(CELLS).order_by(CELLS.c.run, CELLS.c.position)
        return self._read(statement if run is None else statement.where(CELLS.c.run == run))

    def set_run(self, run: str, **values: Any) -> None:
        with self._write() as connection:
            connection.execute(plain_update(RUNS).where(RUNS.c.run == run), values)

    def set_cells(self, run: str, values: Row, where: Row, states: Iterable[str] | None = None) -> None:
        """Change the cells of a run that match ``where`` and, if given, are in one of ``states``."""
        statement = plain_update(CELLS).where(CELLS.c.run == run)
        for name, value in where.items():
            statement = statement.where(CELLS.c[name] == value)
        if states is not None:
            statement = statement.where(CELLS.c.state.in_(list(states)))
        with self._write() as connection:
            connection.execute(statement, dict(values))

    def claim_variant(self, run: str, worker: str, alive: Iterable[str]) -> list[Row]:
        """Give this worker the next variant of a running run that nobody alive works on; [] when none is left."""
        with self._write() as connection:
            if connection.execute(select(RUNS.c.state).where(RUNS.c.run == run)).scalar() != "running":
                return []
            statement = select(CELLS).where(CELLS.c.run == run, CELLS.c.state.in_(("queued", "running")))
            held = {worker, *alive}
            taken: set[tuple[str, str]] = set()
            waiting: list[Row] = [dict(r) for r in connection.execute(statement.order_by(CELLS.c.position)).mappings()]
            for cell in waiting:
                if cell["worker"] in held:
                    taken.add((cell["model"], cell["quantization"]))
            free = [c for c in waiting if (c["model"], c["quantization"]) not in taken]
            if not free:
                return []
            variant = (free[0]["model"], free[0]["quantization"])
            mine = [c for c in free if (c["model"], c["quantization"]) == variant]
            connection.execute(
                plain_update(CELLS)
                .where(CELLS.c.run == run, CELLS.c.model == variant[0], CELLS.c.quantization == variant[1])
                .where(CELLS.c.state.in_(("queued", "running")))
                .values(worker=worker, state="queued", attempts=CELLS.c.attempts + 1)
            )
            return mine

    # Variants and items

    def add_variant(self, row: Row) -> None:
        with self._write() as connection:
            connection.execute(insert(VARIANTS).values(dict(row)).on_conflict_do_nothing())

    def variants(self) -> dict[str, Row]:
        return {row["variant_key"]: row for row in self._read(select(VARIANTS))}

    def add_items(self, rows: Iterable[Row]) -> None:
        """Append results; a key that is already there keeps its first result."""
        stamped = [{**row, "created": time.time(), "row_hash": row_hash(row)} for row in rows]
        if stamped:
            with self._write() as connection:
                connection.execute(insert(ITEMS).on_conflict_do_nothing(), stamped)

    def items(self, cell_key: str) -> list[Row]:
        """Results of a cell, each checked against its hash."""
        rows = self._read(select(ITEMS).where(ITEMS.c.cell_key == cell_key))
        for row in rows:
            if row["row_hash"] != row_hash(row):
                raise StoreError(
                    f"item {row['item']} of cell {cell_key[:12]} was altered on disk; restore the store or delete it"
                )
        return rows

    def scores(self, cell_keys: Iterable[str]) -> dict[str, dict[str, float]]:
        """Score by item for each cell, checked against the row hashes; only cells that grew are read again."""
        counted = self._read(select(ITEMS.c.cell_key, func.count().label("n")).group_by(ITEMS.c.cell_key))
        counts = {row["cell_key"]: row["n"] for row in counted}
        for key in cell_keys:
            if len(self._scores.get(key, ())) != counts.get(key, 0):
                self._scores[key] = {row["item"]: row["score"] for row in self.items(key)}
        return {key: self._scores.get(key, {}) for key in cell_keys}

    # Runs of other tools

    def add_imported(self, runs: Iterable[Row], cells: Iterable[Row], items: Iterable[Row]) -> None:
        """Runs of other tools with their cells and items, all of it or nothing; what is there already stays."""
        with self._write() as connection:
            there = set(connection.execute(select(RUNS.c.run)).scalars())
            new = [dict(run) for run in runs if run["run"] not in there]
            if not new:
                return
            names = {run["run"] for run in new}
            connection.execute(plain_insert(RUNS), new)
            if mine := [dict(cell) for cell in cells if cell["run"] in names]:
                connection.execute(plain_insert(CELLS), mine)
            rows = iter(items)
            while part := list(islice(rows, MANY_ROWS)):
                stamped = [{**row, "created": time.time(), "row_hash": row_hash(row)} for row in part]
                connection.execute(insert(ITEMS).on_conflict_do_nothing(), stamped)

    def remove_run(self, run: str) -> None:
        """Take a run out with its cells, and with the items that no other run's cell names."""
        with self._write() as connection:
            keys = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.run == run)).scalars())
            connection.execute(delete(CELLS).where(CELLS.c.run == run))
            connection.execute(delete(RUNS).where(RUNS.c.run == run))
            kept = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.cell_key.in_(keys))).scalars())
            connection.execute(delete(ITEMS).where(ITEMS.c.cell_key.in_(keys - kept)))

    def close(self) -> None:
        """Let go of the files."""
        self._engine.dispose()

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the store does: for caches of what was read."""
        wal = self.path.with_name(self.path.name + "-wal")
        return tuple(p.stat().st_mtime_ns if p.exists() else 0 for p in (self.path, wal))  # type: ignore[return-value]


_shared: dict[Path, Store] = {}


def shared_store() -> Store:
    """The store of ``BITBUDGET_HOME``, opened once a process and again if its file was replaced."""
    path = home() / "bitbudget.sqlite"
    found = _shared.get(path)
    if found is None or not path.exists():
        found = _shared[path] = Store(path)
    return found


def _configure(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are opened explicitly, see Store._write
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
