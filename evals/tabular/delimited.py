"""Comma-, semicolon- and tab-separated text, strictly: no row shifts, no cell becomes a number or a missing value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from random import Random
from typing import Any

from evals.tabular.table import MAX_CELL_CHARACTERS, MAX_ROWS, Options, Table, TableError, checked_header, finished

OTHERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def parse_delimited(text: str, where: str, options: Options, *, tabs: bool, notes: list[str]) -> Table:
    """CSV, or TSV with ``tabs``. Refuses ragged rows, unclosed quotes and doubtful separators, naming the line."""
    delimiter = options.delimiter or ("\t" if tabs else ",")
    found = records(text, delimiter, where)
    first = next(found, None)
    if first is None:
        raise TableError(f"{where}: file is empty")
    _, header = first
    if len(header) == 1 and not options.delimiter:
        _ask(header[0], where)
    columns = checked_header(header, where)
    rows = sampled(even(found, len(columns), where), where, options, notes)
    return finished(columns, rows, where, notes)


def records(text: str, delimiter: str, where: str = "") -> Iterator[tuple[int, list[str]]]:
    """Line and fields of every record; empty lines are passed over. Raises TableError naming the line."""
    named = f"{where}: " if where else ""
    csv.field_size_limit(MAX_CELL_CHARACTERS + 1)
    reader: Any = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise TableError(f"{named}a quote opened on line {start} is never closed") from error
            if "field larger" in str(error):
                raise TableError(f"{named}line {start}: a cell has over 4 million characters; cut it") from error
            raise TableError(
                f"{named}the record on line {start} cannot be read ({error}); a quote inside a quoted cell is "
                'written twice: ""'
            ) from error
        if record:
            yield start, record


def _ask(header: str, where: str) -> None:
    for character, words in OTHERS.items():
        if (parts := header.count(character) + 1) > 1:
            raise TableError(
                f"{where}: one column with commas, {parts} with {words}: is it separated by {words}? "
                f"Say so: delimiter {character!r}",
                {"delimiter": character},
            )


def even(
    numbered: Iterator[tuple[int, list[str]]], width: int, where: str = ""
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The same records, as long as each has ``width`` fields; TableError at the first that has not."""
    for line, record in numbered:
        if len(record) != width:
            fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
            raise TableError(f"{where}{': ' if where else ''}line {line} has {fields}, header has {width}")
        yield line, tuple(record)


def sampled(
    rows: Iterator[tuple[int, tuple[str, ...]]], where: str, options: Options, notes: list[str]
) -> list[tuple[int, tuple[str, ...]]]:
    """All rows, or a random sample of them in the order of the file; too many without a sample are refused at once."""
    kept: list[tuple[int, tuple[str, ...]]] = []
    chance = Random(options.seed)
    seen = 0
    for row in rows:
        seen += 1
        if options.sample is None and seen > MAX_ROWS:
            raise TableError(
                f"{where}: more than {MAX_ROWS:,} rows; take a random sample of them: sample 10000", {"sample": 10_000}
            )
        if options.sample is None or len(kept) < options.sample:
            kept.append(row)
        elif (place := chance.randrange(seen)) < options.sample:
            kept[place] = row
    if options.sample is not None and seen > options.sample:
        notes.append(f"a random sample of {options.sample:,} of {seen:,} rows")
    return kept
