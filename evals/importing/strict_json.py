"""JSON as other tools write it, read strictly: what a lenient reader would bend silently is refused or counted."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from evals.importing.refusal import Refused
from evals.tabular.text import UTF16, is_really

MOST_BYTES = 256 * 2**20  # of a file that is read in one piece
MOST_LINE_BYTES = 64 * 2**20
MOST_DIGITS = 300
UTF8_BOM = b"\xef\xbb\xbf"


def read_json(path: Path) -> Any:
    """The one value in a file. Raises Refused with the reason."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Refused(f"{size / 2**20:,.0f} MB in one JSON value; at most {MOST_BYTES // 2**20} MB are read")
    return parse(decoded(path.read_bytes()))


def parse(text: str, where: str = "") -> Any:
    """The value of a JSON text. NaN and Infinity become floats, to be refused where a score is expected."""
    start = f"{where}: " if where else ""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_float=_real)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
            raise Refused(f"{start}ends mid-record at byte {len(text.encode(errors='replace')):,}") from error
        quotes = " (single quotes are not JSON)" if text[error.pos : error.pos + 1] == "'" else ""
        at = f"line {error.lineno}, column {error.colno}: " if not where else ""
        raise Refused(f"{start}{at}not valid JSON: {error.msg}{quotes}") from error
    except RecursionError as error:
        raise Refused(f"{start}nested too deeply") from error
    except Refused as error:
        raise Refused(f"{start}{error}") from error


def records(path: Path, notes: Warnings, *, again: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of every line of a JSONL file, one at a time; an array of objects is taken too.

    ``again`` reads what was read before without error, and is faster for it.
    """
    with path.open("rb") as file:
        first = file.read(1024)
        if not first.strip():
            raise Refused("file is empty")
        check_text(first)
        file.seek(len(UTF8_BOM) if first.startswith(UTF8_BOM) else 0)
        if first.removeprefix(UTF8_BOM).lstrip().startswith(b"["):
            notes.add("one JSON array instead of a line for each item; read all the same")
            yield from enumerate(map(_is_object, _array(read_json(path))), start=1)
            return
        yield from _lines(file, again)


def _lines(file: BinaryIO, again: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    number, begins = 0, file.tell()
    while line := file.readline(MOST_LINE_BYTES):
        number += 1
        if len(line) == MOST_LINE_BYTES:
            raise Refused(f"line {number} is longer than {MOST_LINE_BYTES // 2**20} MB")
        if line.strip():
            text = decoded(line, before=begins, line=number)
            try:
                value = json.loads(text) if again else parse(text, f"line {number}")
            except Refused as error:
                if not line.endswith(b"\n"):
                    raise Refused(f"ends mid-record at byte {begins + len(line):,} (line {number})") from error
                raise
            yield number, _is_object(value)
        begins += len(line)


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"holds {kind(value)} where a list of objects is expected")
    return value


def _is_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"a record is {kind(value)} where an object is expected")
    return value


def check_text(head: bytes) -> None:
    """Refuse what by its first bytes is no UTF-8 text."""
    if what := is_really(head):
        raise Refused(f"by its content this is {what}")
    if head.startswith(UTF16) or head[:400].count(0) > len(head[:400]) // 3:
        raise Refused("saved as UTF-16; save it as UTF-8")


def decoded(raw: bytes, before: int = 0, line: int | None = None) -> str:
    """UTF-8 text without its mark; ``before`` is where ``raw`` begins in the file."""
    if not raw.strip():
        raise Refused("file is empty")
    if line is None:
        check_text(raw[:1024])
    try:
        text = raw.removeprefix(UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = before + error.start
        raise Refused(
            f"not UTF-8: byte {at:,} is 0x{raw[error.start]:02x} (Latin-1?); convert it to UTF-8"
        ) from error
    if "\0" in text:
        number = line if line is not None else text[: text.index("\0")].count("\n") + 1
        raise Refused(f"line {number} holds a NUL byte")
    return text


def kind(value: Any) -> str:
    """A JSON value's type in words."""
    names: Mapping[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


class Warnings:
    """What was noticed in a file, each thing once."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self.surrogates = 0

    def add(self, text: str) -> None:
        """Note it unless it was noted."""
        self._said.setdefault(text)

    def clean(self, text: str) -> str:
        """The text with halves of a character pair replaced, counted."""
        try:
            text.encode()
        except UnicodeEncodeError:
            self.surrogates += 1
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def all(self) -> tuple[str, ...]:
        """Everything noted, in order."""
        more = (f"{self.surrogates} texts held half a character, replaced by \ufffd",) if self.surrogates else ()
        return (*self._said, *more)


def fraction(value: Any, where: str) -> float:
    """A score between 0 and 1. Raises Refused naming the field."""
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, int | float):
        raise Refused(f"{where} is {kind(value)}, not a score")
    if not math.isfinite(value):
        raise Refused(f"{where} is {value}, not a score")
    if not 0 <= value <= 1:
        raise Refused(f"{where} is {value:.6g}; a score lies between 0 and 1")
    return float(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise Refused(f"key {double[:80]!r} stands twice in one object")
    return made


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise Refused(f"a whole number with {len(text):,} digits")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Refused(f"number {text[:40]} is too large")
    return value
