"""What is known of a store from outside it: its id and how many writes it had, so that a loss is noticed."""

from __future__ import annotations

import os
from pathlib import Path

from data.files import write_atomically

ID_LENGTH = 32  # hexadecimal digits
DIGITS = 20


class Identity:
    """The file beside a store: its id on the first line, its number of writes on the second.

    The number is raised after a write is on the disk, so it is never ahead of the store, unless writes were lost.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_suffix(".id")

    def read(self) -> tuple[str, int] | None:
        """Id and writes; None where there is no file. One without a second line counts no writes."""
        try:
            first, _, second = self.path.read_text(encoding="ascii").partition("\n")
            return first.strip(), int(second or 0)
        except FileNotFoundError:
            return None
        except ValueError:  # not ours, or damaged: no store can match it
            return "", 0

    def write(self, store: str, writes: int) -> None:
        """Make or replace the file."""
        write_atomically(self.path, f"{store}\n{writes:0{DIGITS}d}")

    def count(self, writes: int) -> None:
        """Raise the number in place; costs no wait for the disk."""
        try:
            file = os.open(self.path, os.O_WRONLY)
        except OSError:  # moved away by hand: the store is then taken as it is
            return
        try:
            os.pwrite(file, f"\n{writes:0{DIGITS}d}".encode(), ID_LENGTH)
        finally:
            os.close(file)
