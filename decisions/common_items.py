"""Imported scores over the items that all files of a task hold, for files that were made with other limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evals.measurements import Measurement
from evals.statistics.intervals import score_interval

if TYPE_CHECKING:
    from decisions.evidence import ItemScores

LEAST_ITEMS = 2  # one item has no interval


def on_common_items(measurements: Sequence[Measurement], scores: ItemScores) -> tuple[Measurement, ...]:
    """Each score, its n and its interval over the common items of its task.

    A summary without items stays as it is, and so does a task whose files have fewer than two items in common.
    """
    common = _common(measurements, scores)
    return tuple(_narrowed(m, common[m.task], scores) if m.task in common else m for m in measurements)


def common_scorer(measurements: Sequence[Measurement], scores: ItemScores) -> ItemScores:
    """Item id → score of the common items alone."""
    common = _common(measurements, scores)

    def of(model: str, quantization: str, task: str) -> Mapping[str, float]:
        found = scores(model, quantization, task)
        return {i: score for i, score in found.items() if i in common[task]} if task in common else found

    return of


def _common(measurements: Sequence[Measurement], scores: ItemScores) -> dict[str, frozenset[str]]:
    """Task → items that every variant with items answered, where they are not the same anyway."""
    held: dict[str, list[frozenset[str]]] = {}
    for m in measurements:
        if found := scores(m.model, m.quantization, m.task):
            held.setdefault(m.task, []).append(frozenset(found))
    common = {task: frozenset.intersection(*every) for task, every in held.items()}
    return {task: ids for task, ids in common.items() if len(ids) >= LEAST_ITEMS and len(held[task]) > 1}


def _narrowed(measured: Measurement, ids: frozenset[str], scores: ItemScores) -> Measurement:
    found = scores(measured.model, measured.quantization, measured.task)
    if not found:
        return measured
    kept = [score for item, score in found.items() if item in ids]
    interval = score_interval(kept)
    note = f"over the {len(kept):,} items that all files hold"
    return replace(
        measured,
        score=math.fsum(kept) / len(kept),
        n_items=len(kept),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        limit="common items",
        note="; ".join(part for part in (measured.note, note) if part),
    )
