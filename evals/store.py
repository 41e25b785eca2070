"""Where runs, cells and item results are kept, through SQLAlchemy: one accepted result an item key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from evals.database import Database, DiskFull, StoreError, patient
from evals.databases import configured
from evals.schema import CELLS, ITEMS, META, RUNS, VARIANTS, Row, row_hash

__all__ = ["DiskFull", "Row", "Store", "StoreError", "shared_store"]

MANY_ROWS = 1_000  # written at once
FEW_CELLS = 200  # named one by one in a query


class Store(Database):
    """All reads and writes; safe to open from several processes."""

    def __init__(self, where: Path | str | None = None) -> None:
        super().__init__(where)
        self._scores: dict[str, dict[str, float]] = {}
        self._marked: dict[str, int] = {}

    # Runs and cells

    def add_run(self, run: Row, cells: Iterable[Row]) -> str:
        """Add a run unless the same plan is still active; returns the id of the run that now stands for it."""
        return self._add_run(run, list(cells))

    @patient
    def _add_run(self, run: Row, cells: list[Row]) -> str:
        with self.writing() as connection:
            active = select(RUNS.c.run).where(RUNS.c.digest == run["digest"], RUNS.c.state == "running")
            found = connection.execute(active).scalar()
            if found:
                return str(found)
            self._insert(connection, RUNS, [run])
            self._insert(connection, CELLS, cells)
        return str(run["run"])

    def runs(self) -> list[Row]:
        """All runs, newest first."""
        return self.checked(RUNS, self._read(select(RUNS).order_by(RUNS.c.created.desc())))

    def run(self, run: str) -> Row | None:
        return next(iter(self.checked(RUNS, self._read(select(RUNS).where(RUNS.c.run == run)))), None)

    def cells(self, run: str | None = None) -> list[Row]:
        """Cells of a run, or of all runs, in planned order."""
        statement = select(CELLS).order_by(CELLS.c.run, CELLS.c.position)
        return self.checked(CELLS, self._read(statement if run is None else statement.where(CELLS.c.run == run)))

    def finished(self, model: str, quantization: str, task: str) -> list[Row]:
        """Finished cells of one variant and task, of all runs."""
        wanted = {"model": model, "quantization": quantization, "task": task, "state": "done"}
        statement = select(CELLS).where(*(CELLS.c[name] == value for name, value in wanted.items()))
        return self.checked(CELLS, self._read(statement.order_by(CELLS.c.run, CELLS.c.position)))

    @patient
    def set_run(self, run: str, states: Iterable[str] | None = None, **values: Any) -> None:
        """Change a run, if given only one that is in one of ``states``."""
        where = [RUNS.c.run == run, *([RUNS.c.state.in_(list(states))] if states is not None else [])]
        with self.writing() as connection:
            self._change(connection, RUNS, where, values)

    @patient
    def set_cells(self, run: str, values: Row, where: Row, states: Iterable[str] | None = None) -> None:
        """Change the cells of a run that match ``where`` and, if given, are in one of ``states``."""
        matching = [CELLS.c.run == run, *(CELLS.c[name] == value for name, value in where.items())]
        if states is not None:
            matching.append(CELLS.c.state.in_(list(states)))
        with self.writing() as connection:
            self._change(connection, CELLS, matching, values)

    @patient
    def claim_variant(
        self, run: str, worker: str, alive: Callable[[], Iterable[str]], only: tuple[str, str] | None = None
    ) -> list[Row]:
        """Give this worker the next variant of a running run that nobody alive works on; [] when none is left.

        ``only``: no other than this model and quantization.

        ``alive`` is asked under the write lock: a worker that claimed a moment ago must not be taken for a dead one.
        """
        with self.writing() as connection:
            if connection.execute(select(RUNS.c.state).where(RUNS.c.run == run)).scalar() != "running":
                return []
            statement = select(CELLS).where(CELLS.c.run == run, CELLS.c.state.in_(("queued", "running")))
            held = {worker, *alive()}
            taken: set[tuple[str, str]] = set()
            found = connection.execute(statement.order_by(CELLS.c.position)).mappings()
            waiting = self.checked(CELLS, [dict(row) for row in found])
            for cell in waiting:
                if cell["worker"] in held:
                    taken.add((cell["model"], cell["quantization"]))
            free = [c for c in waiting if (c["model"], c["quantization"]) not in taken]
            if only is not None:
                free = [c for c in free if (c["model"], c["quantization"]) == only]
            if not free:
                return []
            variant = (free[0]["model"], free[0]["quantization"])
            mine = [c for c in free if (c["model"], c["quantization"]) == variant]
            theirs = [CELLS.c.run == run, CELLS.c.model == variant[0], CELLS.c.quantization == variant[1]]
            theirs.append(CELLS.c.state.in_(("queued", "running")))
            values = {"worker": worker, "state": "queued", "attempts": CELLS.c.attempts + 1}
            self._change(connection, CELLS, theirs, values)
            return mine

    # Notes: what is shown of a run and decides nothing

    @patient
    def note(self, name: str, value: str) -> None:
        """Keep a text under a name of its own; a later one takes its place."""
        kept = self.backend.insert(META).values(name=name, value=value)
        with self.writing() as connection:
            connection.execute(kept.on_conflict_do_update(index_elements=[META.c.name], set_={"value": value}))

    def noted(self, name: str) -> str:
        """The text kept under a name, "" if there is none."""
        return str(next((row["value"] for row in self._read(select(META).where(META.c.name == name))), ""))

    # Variants and items

    @patient
    def add_variant(self, row: Row) -> None:
        with self.writing() as connection:
            self._insert(connection, VARIANTS, [row])

    def variants(self) -> dict[str, Row]:
        return {row["variant_key"]: row for row in self.checked(VARIANTS, self._read(select(VARIANTS)))}

    def add_items(self, rows: Iterable[Row]) -> None:
        """Append results; a key that is already there keeps its first result."""
        stamped = [{**row, "created": time.time(), "row_hash": row_hash(row)} for row in rows]
        if stamped:
            self._add_items(stamped)

    @patient
    def _add_items(self, stamped: Sequence[Row]) -> None:
        with self.writing() as connection:
            connection.execute(self.backend.insert(ITEMS).on_conflict_do_nothing(), stamped)

    def items(self, cell_key: str) -> list[Row]:
        """Results of a cell, each checked against its hash."""
        statement = select(ITEMS).where(ITEMS.c.cell_key == cell_key).order_by(*self.backend.item_order)
        return self.checked(ITEMS, self._read(statement))

    def cell_keys(self) -> list[str]:
        """Every cell that has results, whether or not a run still names it."""
        return [row["cell_key"] for row in self._read(select(ITEMS.c.cell_key).distinct())]

    def scores(self, cell_keys: Iterable[str]) -> dict[str, dict[str, float]]:
        """Score by item for each cell, checked against the row hashes; only cells that grew are read again."""
        keys = list(cell_keys)
        counting = select(ITEMS.c.cell_key, func.count().label("n")).group_by(ITEMS.c.cell_key)
        if len(keys) <= FEW_CELLS:  # of the others not even the index is read
            counting = counting.where(ITEMS.c.cell_key.in_(keys))
        counts = {row["cell_key"]: row["n"] for row in self._read(counting)}
        for key in keys:
            if len(self._scores.get(key, ())) != counts.get(key, 0):
                rows = self.items(key)
                self._scores[key] = {row["item"]: row["score"] for row in rows}
                self._marked[key] = sum('"unsandboxed"' in row["metrics"] for row in rows)
        return {key: self._scores.get(key, {}) for key in keys}

    def unsandboxed(self, cell_key: str) -> int:
        """Of the results last read by ``scores``: how many ran model-written code without a sandbox."""
        return self._marked.get(cell_key, 0)

    # Runs of other tools

    def add_imported(self, runs: Iterable[Row], cells: Iterable[Row], items: Iterable[Row]) -> None:
        """Runs of other tools with their cells and items, all of it or nothing; what is there already stays."""
        with self.writing() as connection:
            there = set(connection.execute(select(RUNS.c.run)).scalars())
            new = [run for run in runs if run["run"] not in there]
            if not new:
                return
            names = {run["run"] for run in new}
            self._insert(connection, RUNS, new)
            self._insert(connection, CELLS, [cell for cell in cells if cell["run"] in names])
            rows = iter(items)
            while part := list(islice(rows, MANY_ROWS)):
                stamped = [{**row, "created": time.time(), "row_hash": row_hash(row)} for row in part]
                connection.execute(self.backend.insert(ITEMS).on_conflict_do_nothing(), stamped)

    @patient
    def remove_run(self, run: str) -> None:
        """Take a run out with its cells, and with the items that no other run's cell names."""
        with self.writing() as connection:
            keys = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.run == run)).scalars())
            connection.execute(delete(CELLS).where(CELLS.c.run == run))
            connection.execute(delete(RUNS).where(RUNS.c.run == run))
            kept = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.cell_key.in_(keys))).scalars())
            connection.execute(delete(ITEMS).where(ITEMS.c.cell_key.in_(keys - kept)))


_shared: dict[Path | str, Store] = {}


def shared_store() -> Store:
    """The store of this installation, opened once a process and again if its file was replaced."""
    where = configured()
    found = _shared.get(where)
    if found is None or not found.backend.is_there():
        found = _shared[where] = Store(where)
    return found
