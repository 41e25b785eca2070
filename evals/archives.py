"""Items of finished runs in Parquet files: moved there once every row was read back, and moved home again.

The summaries stay, so that every score is still shown; they name the file and what its rows must be.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Float, delete, func, select

from data.files import whole_file
from evals.disk import short_of_disk
from evals.home import home
from evals.item_rows import hashes
from evals.names import known
from evals.schema import CELLS, ITEMS, RUNS, Row, intact
from evals.store import Store, StoreError
from evals.summaries import digest, sealed

FORM, STORE, RUN = b"bitbudget_items", b"bitbudget_store", b"bitbudget_run"  # what a file says of itself
VERSION = b"1"
PART = 20  # cells moved in one transaction
ROW_BYTES = 300  # of keys, hashes and numbers
ACTIVE_RUNS, OPEN_CELLS = ("running", "paused"), ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What went into a file or came back; ``left`` cells stay where they are."""

    run: str
    file: str
    cells: int
    items: int
    file_bytes: int
    left: int


def archive_folder() -> Path:
    """Where archives are kept unless said otherwise."""
    return home() / "archive"


def runs_before(store: Store, seconds: float) -> list[str]:
    """Finished runs that ended before a moment (seconds since 1970), oldest first."""
    ended = [run for run in store.runs() if run["finished"] is not None and run["finished"] < seconds]
    ended.sort(key=lambda run: (run["finished"], run["run"]))
    return [run["run"] for run in ended if run["state"] not in ACTIVE_RUNS and not _open(store, run["run"])]


def archive(store: Store, runs: Sequence[str], folder: Path | None = None) -> Iterator[Moved]:
    """Move the items of each run into a file of its own; a cell that another run names stays.

    Raises ValueError for a run that is not there or not finished, before anything is moved; StoreError where the disk
    has no room for the next file or a row is not as written.
    """
    every = {run["run"]: run["state"] for run in store.runs()}
    for run in runs:
        known("run", run, every)
        if every[run] in ACTIVE_RUNS or _open(store, run):
            raise ValueError(f"run {run} is {every[run]} and has open cells; wait for its end, or cancel it first")
    for run in runs:
        moved = _archive(store, run, set(runs), folder or archive_folder())
        if moved is not None:
            yield moved


def restore(store: Store, given: Path) -> Moved:
    """Move the items of a file home. Raises ValueError, and moves nothing, for a file that is not whole or not ours."""
    file = given if given.exists() or given.parent != Path(".") else archive_folder() / given
    if not file.is_file():
        raise ValueError(f"no file {given}; archives are kept in {archive_folder().name}/ of BITBUDGET_HOME")
    said = _about(file)
    written = {key: digest(row["row_hash"] for row in rows) for key, rows in _cells(file)}
    away = {key: row for key, row in store.archives(written).items() if row["written"] == written[key]}
    if not away:
        if said[STORE].decode() != store.store_id:
            raise ValueError(f"{file.name} holds items of another store; nothing was changed")
        raise ValueError(f"the store has the items of {file.name}, or its run was forgotten; nothing was changed")
    items = 0
    for key, rows in _cells(file):
        if key in away:
            with store.writing() as connection:
                connection.execute(store.backend.insert(ITEMS).on_conflict_do_nothing(), rows)
                if digest(hashes(connection, [key])[key]) != written[key]:
                    raise StoreError(f"{store.named(key)}: the items did not arrive as they are in {file.name}")
                store.put_summaries(connection, [sealed({**away[key], "archived": ""})])
            items += len(rows)
    return Moved(
        run=said[RUN].decode(),
        file=str(file),
        cells=len(away),
        items=items,
        file_bytes=file.stat().st_size,
        left=len(written) - len(away),
    )


def _archive(store: Store, run: str, chosen: set[str], folder: Path) -> Moved | None:
    keys = list(dict.fromkeys(cell["cell_key"] for cell in store.cells(run)))
    away = store.archives(keys)
    elsewhere = _named_by_others(store, chosen)
    mine = [key for key in keys if key not in away and key not in elsewhere]
    summed = store.summaries(mine)
    mine = [key for key in mine if key in summed]
    if not mine:
        return None
    _require_room(store, mine, folder, run)
    file = _free_name(folder, run)
    with whole_file(file) as draft:
        _write(draft, store, run, mine)
        written = {key: digest(row["row_hash"] for row in rows) for key, rows in _cells(draft)}
        if written != {key: summed[key]["written"] for key in mine}:
            raise StoreError(f"{file.name} was not written as it was given; nothing was moved")
    name = file.name if folder == archive_folder() else str(file.resolve())
    for at in range(0, len(mine), PART):
        _move(store, [summed[key] for key in mine[at : at + PART]], name)
    items = sum(summed[key]["n"] for key in mine)
    left = len(keys) - len(mine) - len(away)
    return Moved(run=run, file=str(file), cells=len(mine), items=items, file_bytes=file.stat().st_size, left=left)


def _move(store: Store, summed: Sequence[Row], name: str) -> None:
    """Take items out of the store that are in the file, unless a run wants them or they changed meanwhile."""
    keys = [row["cell_key"] for row in summed]
    with store.writing() as connection:
        wanting = select(CELLS.c.run).join(RUNS, RUNS.c.run == CELLS.c.run).where(CELLS.c.cell_key.in_(keys))
        active = RUNS.c.state.in_(ACTIVE_RUNS) | CELLS.c.state.in_(OPEN_CELLS)
        if (run := connection.execute(wanting.where(active).limit(1)).scalar()) is not None:
            raise StoreError(f"run {run} began meanwhile and needs the items; they stay, {name} holds a copy")
        now = hashes(connection, keys)
        for row in summed:
            if digest(now[row["cell_key"]]) != row["written"]:
                raise StoreError(f"{store.named(row['cell_key'])} got items meanwhile; they stay, {name} holds a copy")
        connection.execute(delete(ITEMS).where(ITEMS.c.cell_key.in_(keys)))
        store.put_summaries(connection, [sealed({**row, "archived": name}) for row in summed])


def _open(store: Store, run: str) -> bool:
    return any(cell["state"] in OPEN_CELLS for cell in store.cells(run))


def _named_by_others(store: Store, chosen: set[str]) -> set[str]:
    return {cell["cell_key"] for cell in store.cells() if cell["run"] not in chosen}


def _require_room(store: Store, keys: Sequence[str], folder: Path, run: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    size = func.sum(func.length(ITEMS.c.output) + func.length(ITEMS.c.metrics) + ROW_BYTES)
    needed = 0
    with store.backend.reading.connect() as connection:
        for at in range(0, len(keys), PART):
            needed += connection.execute(select(size).where(ITEMS.c.cell_key.in_(keys[at : at + PART]))).scalar() or 0
    free = shutil.disk_usage(folder).free
    if short_of_disk(folder) or free < needed:
        raise StoreError(
            f"the archive of {run} may need {needed / 2**20:,.0f} MiB, and {free / 2**20:,.0f} MiB are free in "
            f"{folder.name}; free some space, or name another folder with --to. Nothing was moved"
        )


def _free_name(folder: Path, run: str) -> Path:
    """A name that no other archive has, even one of the same run."""
    names = (folder / f"{run}{ending}.parquet" for ending in ("", *(f"-{n}" for n in range(2, 10_000))))
    return next(name for name in names if not name.exists())


# Parquet


def _columns() -> Any:
    import pyarrow as pa

    return [(c.name, pa.float64() if isinstance(c.type, Float) else pa.string()) for c in ITEMS.columns]


def _write(file: Path, store: Store, run: str, keys: Sequence[str]) -> None:
    """One cell after another, each row checked as it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {FORM: VERSION, STORE: store.store_id.encode(), RUN: run.encode()}
    schema = pa.schema(_columns(), metadata=about)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for key in keys:
            writer.write_table(pa.Table.from_pylist([dict(row) for row in store.items(key)], schema))


def _about(file: Path) -> dict[bytes, bytes]:
    """What the file says of itself. Raises ValueError for one of another kind."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        said = dict(pq.read_schema(file).metadata or {})
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file.name} is damaged, or no Parquet ({_short(error)}); nothing was changed") from error
    if said.get(FORM) != VERSION or not {STORE, RUN} <= said.keys():
        raise ValueError(f"{file.name} is no archive of items of this version; nothing was changed")
    return said


def _cells(file: Path) -> Iterator[tuple[str, list[Row]]]:
    """Each cell with its rows, all as they were written. Raises ValueError for a row that is not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def rows() -> Iterator[dict[str, Any]]:
        with pq.ParquetFile(file) as opened:
            for group in range(opened.num_row_groups):
                yield from opened.read_row_group(group, columns=[c.name for c in ITEMS.columns]).to_pylist()

    try:
        for key, found in groupby(rows(), key=lambda row: row["cell_key"]):
            cell: list[Row] = list(found)
            for row, holds in zip(cell, intact(ITEMS, cell), strict=True):
                if not holds:
                    raise ValueError(f"{file.name}: item {str(row['item_key'])[:80]} was altered; nothing was changed")
            yield str(key), cell
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        raise ValueError(f"{file.name} is damaged ({_short(error)}); nothing was changed") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
