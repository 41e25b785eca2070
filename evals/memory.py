"""Whether a failure was a lack of memory, and what there was of it."""

from __future__ import annotations

from pathlib import Path

import psutil

SAYINGS = ("out of memory", "can't allocate memory", "cannot allocate memory", "failed to allocate", "bad_alloc")
CGROUP = Path("/sys/fs/cgroup")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, torch, CUDA or llama.cpp ran out of memory, here or as the cause."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    cause = error.__cause__
    return any(said in str(error).lower() for said in SAYINGS) or (cause is not None and is_out_of_memory(cause))


def available_bytes() -> int:
    """Memory that a new process could take: the machine's, or the container's where that is less."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = int((CGROUP / "memory.max").read_text())
        return max(0, min(free, limit - int((CGROUP / "memory.current").read_text())))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free


def shortage(weight_bytes: int) -> str:
    """``its weights alone take 14.9 GiB, 7.5 GiB of memory are available``."""
    return f"its weights alone take {_size(weight_bytes)}, {_size(available_bytes())} of memory are available"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.1f} MiB"
