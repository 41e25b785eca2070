"""Writing a report's files: each whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from data.files import write_atomically
from decisions.fields import BadInput


def write_all(files: Mapping[Path, bytes]) -> None:
    """No half file ever stands under its name. Raises BadInput naming the file that cannot be written."""
    for file, content in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, content)
        except OSError as error:
            raise BadInput(f"{file} cannot be written ({error.strerror}); free space or name another folder") from error
