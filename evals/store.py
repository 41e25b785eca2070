"""Where runs, cells and item results are kept, through SQLAlchemy: one accepted result an item key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from evals.database import DiskFull, StoreError, patient
from evals.databases import configured
from evals.item_rows import Items, stamped
from evals.schema import CELLS, META, RUNS, VARIANTS, Row

__all__ = ["DiskFull", "Row", "Store", "StoreError", "shared_store"]

MANY_ROWS = 1_000  # written at once


class Store(Items):
    """All reads and writes; safe to open from several processes."""

    # Runs and cells

    def add_run(self, run: Row, cells: Iterable[Row]) -> str:
        """Add a run unless the same plan is still active; returns the id of the run that now stands for it.

        Raises Archived where items of its cells were put into a file.
        """
        return self._add_run(run, list(cells))

    @patient
    def _add_run(self, run: Row, cells: list[Row]) -> str:
        with self.writing() as connection:
            active = select(RUNS.c.run).where(RUNS.c.digest == run["digest"], RUNS.c.state == "running")
            found = connection.execute(active).scalar()
            if found:
                return str(found)
            self.require_items(cell["cell_key"] for cell in cells)
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
        found = self._read(select(CELLS) if run is None else select(CELLS).where(CELLS.c.run == run))
        return sorted(self.checked(CELLS, found), key=itemgetter("run", "position"))  # sooner than a database does it

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

    # Variants

    @patient
    def add_variant(self, row: Row) -> None:
        with self.writing() as connection:
            self._insert(connection, VARIANTS, [row])

    def variants(self) -> dict[str, Row]:
        return {row["variant_key"]: row for row in self.checked(VARIANTS, self._read(select(VARIANTS)))}

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
                self.put_items(connection, stamped(part))

    @patient
    def remove_run(self, run: str) -> None:
        """Take a run out with its cells, and with the items that no other run's cell names."""
        with self.writing() as connection:
            keys = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.run == run)).scalars())
            connection.execute(delete(CELLS).where(CELLS.c.run == run))
            connection.execute(delete(RUNS).where(RUNS.c.run == run))
            kept = set(connection.execute(select(CELLS.c.cell_key).where(CELLS.c.cell_key.in_(keys))).scalars())
            self.drop_items(connection, keys - kept)


_shared: dict[Path | str, Store] = {}


def shared_store() -> Store:
    """The store of this installation, opened once a process and again if its file was replaced."""
    where = configured()
    found = _shared.get(where)
    if found is None or not found.backend.is_there():
        found = _shared[where] = Store(where)
    return found
