"""The edge of the cliff: the lowest precision proven safe, the highest proven broken, the unproven band between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from decisions.cliff import CliffRow


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Where one model breaks on one task. ``safe`` is the fewest bits proven within the tolerance, ``cliff`` the most
    bits proven beyond it, ``unproven`` what lies between them (or beyond the one there is).

    ``crossed``: a format with more bits is over the cliff while one with fewer is safe; methods differ.
    """

    task: str
    model: str
    safe: CliffRow | None
    cliff: CliffRow | None
    unproven: tuple[CliffRow, ...]
    crossed: bool


def edges(rows: Sequence[CliffRow]) -> tuple[Edge, ...]:
    """The edge of each task and model, in the order of the rows; baselines do not count."""
    found = []
    for task, model in dict.fromkeys((r.task, r.model) for r in rows):
        tried = [r for r in rows if (r.task, r.model) == (task, model) and r.bits_per_weight and not r.is_baseline]
        if not tried:
            continue
        safe = min((r for r in tried if r.zone == "safe"), key=_bits, default=None)
        over = max((r for r in tried if r.zone == "cliff"), key=_bits, default=None)
        ends = sorted((_bits(over) if over else 0.0, _bits(safe) if safe else math.inf))
        found.append(
            Edge(
                task=task,
                model=model,
                safe=safe,
                cliff=over,
                unproven=tuple(r for r in tried if r.zone == "unproven" and ends[0] <= _bits(r) <= ends[1]),
                crossed=safe is not None and over is not None and _bits(over) > _bits(safe),
            )
        )
    return tuple(found)


def _bits(row: CliffRow) -> float:
    return row.bits_per_weight or 0.0
