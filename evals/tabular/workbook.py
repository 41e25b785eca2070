"""The first sheet of an XLSX workbook. The archive is judged by its directory before anything is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Any

from evals.tabular.delimited import sampled
from evals.tabular.table import MAX_ROWS, Options, Table, TableError, checked_header, finished
from evals.tabular.text import OLE, ZIP

MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 100
TOO_SMALL_FOR_A_BOMB_BYTES = 2**20
DIMENSION = re.compile(rb'<dimension ref="[A-Z]+\d+:[A-Z]+(\d+)"')


def parse_workbook(raw: bytes, where: str, options: Options, notes: list[str]) -> Table:
    """Cells as text: formulas stay formulas, dates are ISO, links to other workbooks are dropped."""
    if raw.startswith(OLE):
        raise TableError(f"{where}: encrypted, or an .xls of before 2007; save it as .xlsx without a password")
    if not raw.startswith(ZIP):
        raise TableError(f"{where}: by its content this is no workbook; save it as .xlsx or .csv")
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        with archive:
            _safe(archive, where, options)
        return _parsed(raw, where, options, notes)
    except zipfile.BadZipFile as error:
        raise TableError(f"{where}: damaged or cut short ({error}); save it again") from error


def _safe(archive: zipfile.ZipFile, where: str, options: Options) -> None:
    """Refuses bombs, members outside the archive, macros and passwords, by the directory alone."""
    members = archive.infolist()
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise TableError(f"{where}: holds a file outside of itself, {member.filename!r}; it is hostile or damaged")
        if member.flag_bits & 1:
            raise TableError(f"{where}: encrypted; save it without a password")
        if path.name.casefold() == "vbaproject.bin":
            raise TableError(f"{where}: holds macros; save it as .xlsx (a workbook without macros)")
    unpacked, packed = sum(m.file_size for m in members), max(1, sum(m.compress_size for m in members))
    if unpacked > TOO_SMALL_FOR_A_BOMB_BYTES and unpacked / packed > MAX_RATIO:
        raise TableError(
            f"{where}: unpacks to {unpacked / packed:,.0f} times its size, which is how bombs look; at most "
            f"{MAX_RATIO} times are unpacked: save it as .csv"
        )
    if unpacked > MAX_UNPACKED_BYTES:
        raise TableError(f"{where}: unpacks to {unpacked / 2**20:,.0f} MB; at most 200 MB are read: save it as .csv")
    for member in members:
        if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
            with archive.open(member) as sheet:
                said = DIMENSION.search(sheet.read(8192))
            if said and int(said[1]) > MAX_ROWS + 1 and options.sample is None:
                raise TableError(
                    f"{where}: a sheet of {int(said[1]):,} rows; at most {MAX_ROWS:,} are read: take a random sample, "
                    "sample 10000",
                    {"sample": 10_000},
                )


def _parsed(raw: bytes, where: str, options: Options, notes: list[str]) -> Table:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False, keep_vba=False)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise TableError(f"{where}: no workbook that can be read ({error}); save it again as .xlsx or .csv") from error
    names = [sheet.title for sheet in book.worksheets]
    if options.sheet and options.sheet not in names:
        raise TableError(f"{where}: no sheet {options.sheet!r}; it has {', '.join(names)}")
    if not names:
        raise TableError(f"{where}: has no sheet with cells")
    chosen = options.sheet or names[0]
    if len(names) > 1 and not options.sheet:
        notes.append(f"{len(names)} sheets; the first one, {chosen!r}, was read")
    formulas = [0]
    records = _records(book[chosen], formulas)
    header = next(records, None)
    if header is None:
        raise TableError(f"{where}: sheet {chosen!r} is empty")
    columns = checked_header(list(header[1]), where)
    rows = sampled(_padded(records, len(columns), where), where, options, notes)
    if formulas[0]:
        notes.append(f"{formulas[0]} cells hold formulas: taken as text, never computed; paste them as values instead")
    return finished(columns, rows, where, notes)


def _records(sheet: Any, formulas: list[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and cells of every row that is not empty, without empty cells at its end."""
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_text(cell.value) for cell in row]
        formulas[0] += sum(getattr(cell, "data_type", "") == "f" for cell in row)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield line, tuple(cells)


def _padded(
    records: Iterator[tuple[int, tuple[str, ...]]], width: int, where: str
) -> Iterator[tuple[int, tuple[str, ...]]]:
    for line, cells in records:
        if len(cells) > width:
            raise TableError(f"{where}: line {line} has {len(cells)} fields, header has {width}")
        yield line, cells + ("",) * (width - len(cells))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
