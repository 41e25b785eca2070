"""What is known of which cell: model × quantization × task group, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from decisions.evidence import is_full_precision
from evals.measurements import ORIGINS, Measurement

Standing = Literal["measured", "imported", "published", "forecast", "missing"]
STANDINGS: tuple[Standing, ...] = ("measured", "imported", "published", "forecast", "missing")
SEARCHED = ("model", "quantization", "task", "task_group", "metric", "method", "origin", "protocol", "source",
            "source_title", "note", "date")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CoverageCell:
    """One cell. ``measurements`` are those of its standing, the one over most items first."""

    model: str
    quantization: str
    task_group: str
    bits_per_weight: float | None
    standing: Standing
    measurements: tuple[Measurement, ...]

    @property
    def best(self) -> Measurement | None:
        """The measurement over most items."""
        return next(iter(self.measurements), None)


def coverage(measurements: Sequence[Measurement], models: Sequence[str]) -> tuple[CoverageCell, ...]:
    """Every cell of the grid that the models span with the quantizations and task groups tried on any of them.

    The standing is the strongest there is: measured here, else imported, published, forecast, else missing.
    Quantizations fall in bits. API models have no quantization and are left out.
    """
    mine = [m for m in measurements if m.model in models and m.method != "API"]
    by_cell: dict[tuple[str, str, str], list[Measurement]] = {}
    for m in mine:
        by_cell.setdefault((m.model, m.quantization, m.task_group), []).append(m)
    bits = _bits(mine)
    order = sorted(bits, key=lambda label: (-(bits[label] or 0.0), not is_full_precision(label), label))
    groups = sorted({m.task_group for m in mine})
    return tuple(
        _cell(model, label, group, bits[label], by_cell.get((model, label, group), []))
        for model in models
        for label in order
        for group in groups
        if any(m.model == model for m in mine)
    )


def counts(cells: Sequence[CoverageCell]) -> Mapping[Standing, int]:
    """How many cells have each standing."""
    return {standing: sum(cell.standing == standing for cell in cells) for standing in STANDINGS}


def matching(
    measurements: Sequence[Measurement],
    *,
    origins: Sequence[str] = (),
    models: Sequence[str] = (),
    quantizations: Sequence[str] = (),
    task_groups: Sequence[str] = (),
    text: str = "",
) -> list[Measurement]:
    """The measurements that pass every filter; an empty one passes all. ``text``: each word must occur somewhere."""
    words = text.casefold().split()
    wanted = (("origin", origins), ("model", models), ("quantization", quantizations), ("task_group", task_groups))
    return [
        m
        for m in measurements
        if all(not names or getattr(m, field) in names for field, names in wanted)
        and (not words or _holds(m, words))
    ]


def most_covered(measurements: Sequence[Measurement], most: int) -> list[str]:
    """Models with the most variants and tasks first; measured and imported ones before published ones."""
    seen: dict[str, set[tuple[str, str]]] = {}
    rank: dict[str, int] = {}
    for m in measurements:
        if m.method != "API":
            seen.setdefault(m.model, set()).add((m.quantization, m.task))
            rank[m.model] = min(rank.get(m.model, len(ORIGINS)), ORIGINS.index(m.origin))
    return sorted(seen, key=lambda name: (rank[name], -len(seen[name]), name))[:most]


def _cell(
    model: str, label: str, group: str, bits: float | None, found: Sequence[Measurement]
) -> CoverageCell:
    standing: Standing = next((s for s in STANDINGS if any(m.origin == s for m in found)), "missing")
    here = sorted((m for m in found if m.origin == standing), key=lambda m: -(m.n_items or 0))
    return CoverageCell(
        model=model,
        quantization=label,
        task_group=group,
        bits_per_weight=bits,
        standing=standing,
        measurements=tuple(here),
    )


def _bits(measurements: Sequence[Measurement]) -> dict[str, float | None]:
    bits: dict[str, float | None] = {}
    for m in measurements:
        bits[m.quantization] = bits.get(m.quantization) or m.bits_per_weight
    return bits


def _holds(measurement: Measurement, words: Sequence[str]) -> bool:
    said = " ".join(str(getattr(measurement, field)) for field in SEARCHED).casefold()
    return all(word in said for word in words)
