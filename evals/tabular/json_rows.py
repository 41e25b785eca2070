"""JSON lines, or one JSON array of objects, read strictly."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from evals.tabular.delimited import sampled
from evals.tabular.table import Options, Table, TableError, checked_header, finished

MAX_DIGITS = 4300
MAX_DEPTH = 64


class _Refused(ValueError):
    """What JSON readers take and we do not."""


def parse_json_rows(text: str, where: str, options: Options, notes: list[str]) -> Table:
    """One object a line, or an array of objects. Numbers keep their spelling; lists and objects become JSON text."""
    if text.lstrip().startswith("["):
        notes.append("one JSON array instead of a line for each item; read all the same")
        numbered = _array(text, where)
    else:
        numbered = list(_lines(text, where))
    columns: dict[str, None] = {}
    for line, value in numbered:
        if not isinstance(value, dict):
            raise TableError(f"{where}: line {line} is {_kind(value)}; expected an object with fields, {{…}}")
        columns |= dict.fromkeys(value)
    names = checked_header(list(columns), where)
    replaced = [0]
    rows = ((line, tuple(_cell(value.get(name), replaced) for name in columns)) for line, value in numbered)
    kept = sampled(rows, where, options, notes)
    if replaced[0]:
        notes.append(f"{replaced[0]} cells held half of a character pair; replaced by \ufffd")
    return finished(names, kept, where, notes)


def _array(text: str, where: str) -> list[tuple[int, Any]]:
    try:
        return list(enumerate(_loaded(text, "the array"), start=1))
    except json.JSONDecodeError as error:
        if not text.rstrip().endswith("]"):
            raise TableError(f"{where}: ends mid-record at byte {len(text.encode()):,}; copy the file again") from error
        raise TableError(f"{where}: line {error.lineno} is not valid JSON ({error.msg})") from error
    except _Refused as error:
        raise TableError(f"{where}: {error}") from error


def _lines(text: str, where: str) -> Iterator[tuple[int, Any]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, _loaded(line, f"line {number}")
        except _Refused as error:
            raise TableError(f"{where}: {error}") from error
        except json.JSONDecodeError as error:
            if number == len(lines) and number > 1 and not line.rstrip().endswith("}"):
                size = len(text.encode("utf-8", "surrogatepass"))
                raise TableError(f"{where}: ends mid-record at byte {size:,} (line {number}); copy it again") from error
            hint = "; JSON takes double quotes, not single ones" if "'" in line and '"' not in line else ""
            raise TableError(f"{where}: line {number} is not valid JSON ({error.msg}){hint}") from error


def _loaded(text: str, where: str) -> Any:
    """The value; refuses duplicate keys, NaN and numbers beyond every type, each with its place."""
    try:
        value = json.loads(
            text, parse_constant=_Odd, parse_float=_real, parse_int=_whole, object_pairs_hook=_no_twins
        )
    except RecursionError as error:
        raise _Refused(f"{where} is nested too deeply") from error
    except _Refused as error:
        raise _Refused(f"{where}: {error}") from error
    for path, found in _walk(value, ""):
        if isinstance(found, _Odd):
            raise _Refused(f"{where}: {path.lstrip('.')} is {found}; give a number or leave it out")
    return value


class _Number(str):
    """A number as it was spelt."""


class _Odd(_Number):
    """``NaN``, ``Infinity`` or a number no computer holds."""


def _real(text: str) -> _Number:
    return _Number(text) if math.isfinite(float(text)) else _Odd(text)


def _whole(text: str) -> _Number:
    return _Number(text) if len(text) <= MAX_DIGITS else _Odd(f"a number of {len(text):,} digits")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Refused(f"key {next(n for n in names if names.count(n) > 1)!r} stands twice in one object")
    return found


def _walk(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH:
        raise _Refused(f"{path.lstrip('.')[:60]} is nested too deeply; at most {MAX_DEPTH} levels are read")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{at}]", depth + 1)
    else:
        yield path, value


def _cell(value: Any, replaced: list[int]) -> str:
    """Text as it is, numbers as they were spelt, null as an empty cell, anything else as JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(_numbers(value), ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        replaced[0] += 1
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _numbers(value: Any) -> Any:
    """The same with numbers that JSON writes without quotes."""
    if isinstance(value, dict):
        return {name: _numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    return json.loads(value) if isinstance(value, _Number) else value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", bool: "true or false"}.get(type(value), "a bare text or number")
