"""Quantized folders kept on disk under the hash of what they were made from."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from evals.home import home


def artefact(key: str, make: Callable[[Path], None], last: str = "config.json") -> Path:
    """The folder kept under ``key``; ``make`` fills it the first time, and ``last`` is a file it then has.

    Half-made folders are never seen.
    """
    folder = home() / "quantized" / key
    if (folder / last).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        make(made)
        try:
            os.replace(made, folder)
        except OSError:
            if not (folder / last).exists():  # otherwise another worker was first
                raise
            shutil.rmtree(made)
    return folder
