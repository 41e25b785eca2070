"""How much room the disk of ``BITBUDGET_HOME`` has, and when work has to wait for more."""

from __future__ import annotations

import os
from pathlib import Path

from evals.home import home

LEAST_FREE_BYTES = 512 * 2**20
LEAST_FREE_FRACTION = 0.05  # of a small file system


def short_of_disk(folder: Path | None = None) -> str:
    """Why work has to wait, in words; "" while there is room."""
    try:
        room = os.statvfs(folder or home())
    except OSError:
        return ""
    free, whole = room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize
    needed = min(LEAST_FREE_BYTES, LEAST_FREE_FRACTION * whole)
    if free >= needed:
        return ""
    return (
        f"only {_size(free)} are free on the disk of BITBUDGET_HOME; free some space: "
        f"the run goes on by itself at {_size(needed)}"
    )


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.0f} MiB" if n_bytes >= 2**20 else f"{n_bytes / 2**10:,.0f} KiB"
