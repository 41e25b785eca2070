"""What a generated item is, and which split it belongs to."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Split = Literal["train", "dev", "test", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One prompt with its expected answer; ``facts`` is what the scorer needs beyond the answer."""

    prompt: str
    answer: str
    split: Split
    facts: dict[str, Any] = field(default_factory=dict)


def bucket(content: object, buckets: int = 10) -> int:
    """A stable bucket of the content: CRC-32 of its ``repr``, modulo ``buckets``."""
    return zlib.crc32(repr(content).encode()) % buckets


def split_of(content: object) -> Split:
    """One tenth of all contents is test, one tenth dev, the rest train."""
    return {0: "test", 1: "dev"}.get(bucket(content), "train")  # type: ignore[return-value]


def split_of_sums(sums: Iterable[tuple[str, int, int]]) -> Split:
    """Split of an item that contains these operations ``(operator, left, right)``.

    An operand pair belongs to one split whatever its order, and an item to the split of its held-out
    pairs. An item that mixes dev and test pairs is dropped: no pair is ever seen on both sides.
    """
    found = {split_of((op, *sorted((a, b))) if op in "+*" else (op, a, b)) for op, a, b in sums}
    if {"dev", "test"} <= found:
        return "dropped"
    return "test" if "test" in found else "dev" if "dev" in found else "train"


def apply(op: str, a: int, b: int) -> int:
    """``a op b`` for the operators + - *."""
    return a + b if op == "+" else a - b if op == "-" else a * b
