"""Saved decisions: one JSON file each in ``decisions`` of the product's home."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from data.files import write_atomically
from decisions.fields import BadInput, nearest
from decisions.history.snapshot import Snapshot, from_text, to_text
from evals.home import home

FOLDER = "decisions"


def folder() -> Path:
    """Where they lie; created by the first one that is saved."""
    return home() / FOLDER


def keep(one: Snapshot) -> Path:
    """Write it in one step: a reader sees the whole file or none. Raises BadInput where it cannot be written."""
    file = folder() / f"{one.id}.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, to_text(one))
    except OSError as error:
        reason = f"{error.strerror}); free space or name another home"
        raise BadInput(f"decision {one.name!r} was not saved ({reason}") from error
    return file


def kept() -> tuple[list[Snapshot], list[str]]:
    """All that can be read, newest first, and one sentence for each file that cannot."""
    found, trouble = [], []
    for file in sorted(folder().glob("*.json")):
        try:
            found.append(from_text(file.read_text(encoding="utf-8"), file.name))
        except (BadInput, OSError, UnicodeDecodeError) as error:
            trouble.append(str(error) if isinstance(error, BadInput) else f"{file.name}: cannot be read ({error})")
    return sorted(found, key=lambda one: one.written, reverse=True), trouble


def beside(one: Snapshot) -> str:
    """A sentence on the newest other decision of the same name, by whomever; "" if there is none."""
    other = next((o for o in kept()[0] if o.name == one.name and o.id != one.id), None)
    if other is None:
        return ""
    return f"Another one of that name was saved at {other.written:%Y-%m-%d %H:%M} UTC; both are kept."


def taken(name: str) -> Snapshot:
    """One by id. Raises BadInput with the nearest."""
    every, _ = kept()
    for one in every:
        if one.id == name:
            return one
    raise BadInput(f"decision {name!r} is not saved here; {nearest(name, [one.id for one in every])}")


def drop(name: str) -> None:
    """Delete one; gone already is fine."""
    one = taken(name)
    with suppress(FileNotFoundError):
        (folder() / f"{one.id}.json").unlink()
