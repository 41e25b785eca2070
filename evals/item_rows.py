"""Items of cells, and the summary of each cell that stands for them (``summaries``).

Whoever adds or removes items drops the summary in the same transaction; whoever reads items compares them with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select

from evals.database import Database, StoreError, patient
from evals.measurements import archived_note
from evals.schema import CELLS, ITEMS, SUMMARIES, Row, intact, row_hash
from evals.store_errors import Archived
from evals.summaries import STATISTICS, digest, sealed, summarized, unsandboxed_rows

FEW_CELLS = 200  # named one by one in a query
PART = 20  # cells summarized at once
MOST_SCORES = 200_000  # kept in memory


class Items(Database):
    """Reads and writes of items and summaries."""

    def __init__(self, where: Path | str | None = None) -> None:
        super().__init__(where)
        self._scores: dict[str, dict[str, float]] = {}  # the one read last comes last
        self._marked: dict[str, int] = {}

    # Writing

    def add_items(self, rows: Iterable[Row]) -> None:
        """Append results; a key that is already there keeps its first result."""
        if new := stamped(rows):
            self._add_items(new)

    @patient
    def _add_items(self, rows: Sequence[Row]) -> None:
        with self.writing() as connection:
            self.put_items(connection, rows)

    def put_items(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Append rows that have their hashes; what was summed up of their cells is forgotten."""
        self.outdate(connection, {row["cell_key"] for row in rows})
        connection.execute(self.backend.insert(ITEMS).on_conflict_do_nothing(), rows)

    def drop_items(self, connection: Connection, cell_keys: Iterable[str]) -> None:
        """Take out the items of cells that nobody names any more, and their summaries."""
        for table in (ITEMS, SUMMARIES):
            connection.execute(delete(table).where(table.c.cell_key.in_(list(cell_keys))))

    def outdate(self, connection: Connection, cell_keys: Iterable[str]) -> None:
        """Forget the summaries of cells whose items change. Raises Archived where the items are in a file."""
        there = connection.execute(select(SUMMARIES).where(SUMMARIES.c.cell_key.in_(list(cell_keys)))).mappings().all()
        for row in there:
            self._require_items(row)
        if there:
            stale = [row["cell_key"] for row in there]
            connection.execute(delete(SUMMARIES).where(SUMMARIES.c.cell_key.in_(stale)))

    # Items

    def items(self, cell_key: str) -> list[Row]:
        """Results of a cell, each checked against its hash, and all of them against their summary."""
        statement = select(ITEMS).where(ITEMS.c.cell_key == cell_key).order_by(*self.backend.item_order)
        rows = self._read(statement)
        kept = next(iter(self._read(select(SUMMARIES).where(SUMMARIES.c.cell_key == cell_key))), None)
        if kept is not None:
            self._require_items(kept)
        try:
            self.checked(ITEMS, rows)
        except StoreError as error:
            self._distrust(cell_key, str(error))
            raise
        if kept is not None and all(intact(SUMMARIES, [kept])):
            changed = digest(row["row_hash"] for row in rows) != kept["written"]
            if changed and (why := self._distrust(cell_key, "")):
                raise StoreError(why)
        return rows

    def cell_keys(self) -> list[str]:
        """Every cell that has results here or in an archive, whether or not a run still names it."""
        here = [row["cell_key"] for row in self._read(select(ITEMS.c.cell_key).distinct())]
        summed = [row["cell_key"] for row in self._read(select(SUMMARIES.c.cell_key))]
        return list(dict.fromkeys([*here, *summed]))

    def scores(self, cell_keys: Iterable[str]) -> dict[str, dict[str, float]]:
        """Score by item for each cell, checked against the row hashes; only cells that grew are read again."""
        keys = list(cell_keys)
        if not keys:
            return {}
        counting = select(ITEMS.c.cell_key, func.count().label("n")).group_by(ITEMS.c.cell_key)
        if len(keys) <= FEW_CELLS:  # of the others not even the index is read
            counting = counting.where(ITEMS.c.cell_key.in_(keys))
        counts = {row["cell_key"]: row["n"] for row in self._read(counting)}
        summed = self._summed([key for key in keys if key not in counts])
        found = {}
        for key in keys:
            if len(self._scores.get(key, ())) != counts.get(key, 0) or key in summed:
                rows = self.items(key)
                self._scores[key] = {row["item"]: row["score"] for row in rows}
                self._marked[key] = unsandboxed_rows(rows)
            found[key] = self._scores.pop(key, {})
            if found[key]:
                self._scores[key] = found[key]
        self._make_room()
        return found

    def unsandboxed(self, cell_key: str) -> int:
        """Of the results last read by ``scores``: how many ran model-written code without a sandbox."""
        return self._marked.get(cell_key, 0)

    def _make_room(self) -> None:
        kept = sum(map(len, self._scores.values()))
        for key in list(self._scores):
            if kept <= MOST_SCORES:
                return
            kept -= len(self._scores.pop(key))

    # Summaries

    def summaries(self, cell_keys: Iterable[str]) -> dict[str, Row]:
        """The summary of each cell that has items; those that have none yet are made, and kept where possible.

        Raises StoreError for a cell whose items were found to be other than those summed up.
        """
        keys = list(dict.fromkeys(cell_keys))
        found = self._summed(keys)
        for row in found.values():
            if row["trouble"]:
                raise StoreError(row["trouble"])
        missing = [key for key in keys if key not in found]
        for at in range(0, len(missing), PART):
            made = {key: summarized(key, rows) for key in missing[at : at + PART] if (rows := self.items(key))}
            self._keep(made)
            found |= made
        return found

    def _summed(self, keys: Sequence[str]) -> dict[str, Row]:
        """Summaries that are there and hold."""
        if not keys:
            return {}
        statement = select(SUMMARIES)
        if len(keys) <= FEW_CELLS:
            statement = statement.where(SUMMARIES.c.cell_key.in_(keys))
        wanted = set(keys)
        rows = [row for row in self._read(statement) if row["cell_key"] in wanted]
        self.checked(SUMMARIES, [row for row in rows if row["archived"]])  # which cannot be made anew
        as_written = zip(rows, intact(SUMMARIES, rows), strict=True)
        current = (row for row, holds in as_written if holds and (row["archived"] or row["statistics"] == STATISTICS))
        return {row["cell_key"]: row for row in current}

    def _keep(self, made: Mapping[str, Row]) -> None:
        """Store summaries whose items are still those they were made of; where it cannot, go without."""
        try:
            with self.writing() as connection:
                now = hashes(connection, list(made))
                same = [row for key, row in made.items() if digest(now.get(key, ())) == row["written"]]
                self.put_summaries(connection, same)
        except StoreError:
            pass

    def put_summaries(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Put summaries in the place of those that are there."""
        if rows:
            keys = [row["cell_key"] for row in rows]
            connection.execute(delete(SUMMARIES).where(SUMMARIES.c.cell_key.in_(keys)))
            connection.execute(self.backend.insert(SUMMARIES), [dict(row) for row in rows])

    def _distrust(self, cell_key: str, why: str) -> str:
        """Mark the summary of a cell whose items are not as written, so that its score is no longer shown.

        Without ``why`` the items are compared once more, under the lock. Returns what is wrong, "" for nothing.
        """
        said = why or f"the items of {self.named(cell_key)} are not those that were summed up; {self.backend.remedy()}"
        try:
            with self.writing() as connection:
                kept = connection.execute(select(SUMMARIES).where(SUMMARIES.c.cell_key == cell_key)).mappings().first()
                if kept is None or (not why and digest(hashes(connection, [cell_key])[cell_key]) == kept["written"]):
                    return why
                if not kept["archived"]:
                    self.put_summaries(connection, [sealed({**kept, "trouble": said})])
        except StoreError:  # what cannot be written down is told all the same
            pass
        return said

    def named(self, cell_key: str) -> str:
        """A cell as people call it."""
        row = next(iter(self._read(select(CELLS).where(CELLS.c.cell_key == cell_key).limit(1))), None)
        return f"{row['model']}@{row['quantization']} on {row['task']}" if row else f"cell {cell_key[:12]}"

    @patient
    def forget_troubles(self) -> int:
        """Take the items as they are now: summaries that were found not to fit them are made anew when needed."""
        with self.writing() as connection:
            gone = delete(SUMMARIES).where(SUMMARIES.c.trouble != "", SUMMARIES.c.archived == "")
            return int(connection.execute(gone).rowcount)

    # Archives

    def archives(self, cell_keys: Iterable[str]) -> dict[str, Row]:
        """Summaries of those cells whose items are in a file."""
        return {key: row for key, row in self._summed(list(cell_keys)).items() if row["archived"]}

    def require_items(self, cell_keys: Iterable[str]) -> None:
        """Raises Archived where the items of one of the cells are in a file."""
        for row in self._summed(list(cell_keys)).values():
            self._require_items(row)

    def _require_items(self, kept: Mapping[Any, Any]) -> None:
        if kept["archived"]:
            self.checked(SUMMARIES, [dict(kept)])
            raise Archived(f"{self.named(kept['cell_key'])}: {archived_note(kept['archived'])}")


def stamped(rows: Iterable[Row]) -> list[Row]:
    """Rows with the time and the hash of what they say."""
    return [{**row, "created": time.time(), "row_hash": row_hash(row)} for row in rows]


def hashes(connection: Connection, cell_keys: Sequence[str]) -> dict[str, list[str]]:
    """The row hashes of the items of each cell, unchecked."""
    found: dict[str, list[str]] = {key: [] for key in cell_keys}
    wanted = select(ITEMS.c.cell_key, ITEMS.c.row_hash).where(ITEMS.c.cell_key.in_(list(cell_keys)))
    for key, written in connection.execute(wanted):
        found[key].append(written)
    return found
