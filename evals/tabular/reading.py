"""From a file to a table, in a process of its own that may use only so much memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from evals.home import ROOT
from evals.tabular.delimited import parse_delimited
from evals.tabular.json_rows import parse_json_rows
from evals.tabular.table import MAX_BYTES, Options, Table, TableError
from evals.tabular.text import ZIP, decoded
from evals.tabular.workbook import parse_workbook

KINDS = (".csv", ".tsv", ".jsonl", ".json", ".xlsx")
CPU_S = 10
MEMORY_BYTES = 3 * 2**30
WALL_S = 120


def parse(raw: bytes, name: str, options: Options) -> Table:
    """The table in ``raw``; ``name`` tells the kind of file and is named in complaints. Raises TableError."""
    where, kind, notes = PurePath(name).name, PurePath(name).suffix.lower(), list[str]()
    _small_enough(len(raw), where)
    if not raw:
        raise TableError(f"{where}: file is empty")
    if kind in (".xlsm", ".xltm"):
        raise TableError(f"{where}: a workbook with macros; save it as .xlsx")
    if kind not in KINDS:
        raise TableError(f"{where}: {kind or 'a file without ending'} is not read; give one of {', '.join(KINDS)}")
    if kind == ".xlsx":
        return parse_workbook(raw, where, options, notes)
    if raw.startswith(ZIP):
        raise TableError(f"{where}: by its content this is a ZIP archive or workbook, not text; name it .xlsx")
    text = decoded(raw, options.encoding, where, notes)
    if kind in (".jsonl", ".json"):
        return parse_json_rows(text, where, options, notes)
    return parse_delimited(text, where, options, tabs=kind == ".tsv", notes=notes)


def read_table(raw: bytes, name: str, options: Options | None = None) -> Table:
    """The same in a child process with limits, as suits a file from somebody else. Raises TableError."""
    command = [sys.executable, "-m", "evals.tabular", name, json.dumps(asdict(options or Options()))]
    where = PurePath(name).name
    _small_enough(len(raw), where)
    try:
        done = subprocess.run(
            command, input=raw, capture_output=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, timeout=WALL_S
        )
    except subprocess.TimeoutExpired as error:
        raise TableError(f"{where}: took longer than {WALL_S} s to read; keep fewer rows") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        said = f" (signal {-done.returncode})" if done.returncode < 0 else ""
        raise TableError(
            f"{where}: reading it took more than {CPU_S} s of computing or {MEMORY_BYTES // 2**30} GB of memory{said}; "
            "keep fewer rows or save it as .csv"
        ) from error
    if "error" in answer:
        raise TableError(answer["error"], answer["offers"])
    return _table(answer)


def read_file(path: Path, options: Options | None = None) -> Table:
    """The table in a file. Raises TableError."""
    try:
        _small_enough(path.stat().st_size, str(path))
        raw = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return read_table(raw, path.name, options)


def _small_enough(size: int, where: str) -> None:
    if size > MAX_BYTES:
        raise TableError(f"{where}: {size / 2**20:,.0f} MB; at most {MAX_BYTES // 2**20} MB are read: keep fewer rows")


def child(raw: bytes, name: str, options: str, limit: Callable[[], None]) -> dict[str, Any]:
    """What the child process answers: a table or the reason why there is none."""
    limit()
    try:
        table = parse(raw, name, Options(**json.loads(options)))
    except TableError as error:
        return {"error": str(error), "offers": error.offers}
    return asdict(table)


def _table(answer: dict[str, Any]) -> Table:
    return Table(
        columns=tuple(answer["columns"]),
        rows=tuple(tuple(row) for row in answer["rows"]),
        lines=tuple(answer["lines"]),
        notes=tuple(answer["notes"]),
    )
