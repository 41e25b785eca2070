"""Writing a file or a folder so that it is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace ``path`` by ``content`` (text as UTF-8) in one step, on the disk before it is in its place."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _on_disk(path.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write under; what is there when the block ends takes the place of ``path``.

    Where the block fails, nothing of it is left and an old file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield draft
        _on_disk(draft)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _on_disk(path.parent)


def _on_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """An empty draft to fill; it becomes ``folder`` when the block ends, in the place of one that was there.

    Where the block or the move fails, the draft is removed and the old folder stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        _into_place(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _into_place(draft: Path, folder: Path) -> None:
    """A folder cannot be replaced in one step: the old one is put aside first and comes back if this fails."""
    old = draft.with_name(f"{draft.name}-old")
    had_one = folder.exists()
    if had_one:
        os.replace(folder, old)
    try:
        os.replace(draft, folder)
    except OSError:
        if had_one:
            os.replace(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
