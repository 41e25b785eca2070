"""Processor threads of one worker."""

from __future__ import annotations

import os

VARIABLE = "BITBUDGET_THREADS"


def threads(share: int | None = None) -> int:
    """What ``BITBUDGET_THREADS`` says, else this share, else all processors. ValueError for no whole number ≥ 1."""
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return max(1, os.cpu_count() or 1 if share is None else share)
    if not said.isdecimal() or int(said) < 1:
        raise ValueError(f"{VARIABLE} is {said!r}; give the threads of one worker as a whole number, or leave it out")
    return int(said)


def settle(count: int) -> None:
    """Hold this process to so many threads; before the first import of an engine, which reads it once."""
    os.environ.update({VARIABLE: str(count), "OMP_NUM_THREADS": str(count), "TOKENIZERS_PARALLELISM": "false"})
    # Threads that wait by spinning make a worker five times slower as soon as anything else wants a processor.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
