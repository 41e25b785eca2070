"""The rows a forecast rests on: published scores beside their own 16-bit baselines."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evals.forecast.cells import FULL_BITS, Cell, bits_of, cell
from evals.published import published_measurements

LEAST_BASELINE_POINTS = 10.0  # below this there is nothing to lose
COLUMNS = (
    "model", "params_b", "method", "format_label", "bits_per_weight", "task", "task_group", "metric",
    "higher_is_better", "score", "baseline_label", "baseline_score", "n_items", "source_id",
)  # fmt: skip
NOT_A_SCORE = re.compile(r"perplexity|\bppl\b|\bkl\b|divergence|loss|top token", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published pair. ``lost_points`` is baseline minus score, in points of 100."""

    cell: Cell
    lost_points: float
    baseline_points: float
    model: str
    quantization: str
    task: str


@lru_cache(maxsize=1)
def published_rows() -> tuple[Row, ...]:
    """Every shipped published score that has a 16-bit baseline of at least 10 points in its own source."""
    every = [m for m in published_measurements() if m.method != "API"]
    baselines = {(m.model, m.quantization.casefold(), m.protocol): m.score for m in every}
    rows = []
    for m in every:
        before = baselines.get((m.model, m.baseline.casefold(), m.protocol)) if m.baseline else None
        if before is None or m.quantization.casefold() == m.baseline.casefold() or not _full(m.baseline):
            continue
        if 100 * before < LEAST_BASELINE_POINTS:
            continue
        try:
            known = cell(
                model=m.model,
                method=m.method,
                label=m.quantization,
                task=m.task,
                task_group=m.task_group,
                bits=m.bits_per_weight,
                n_items=m.n_items,
                source=m.source,
            )
        except ValueError:
            continue
        if known.bits < FULL_BITS:
            rows.append(
                Row(
                    cell=known,
                    lost_points=100 * (before - m.score),
                    baseline_points=100 * before,
                    model=m.model,
                    quantization=m.quantization,
                    task=m.task,
                )
            )
    return tuple(rows)


def read_rows(path: Path) -> tuple[tuple[Row, ...], Mapping[str, int]]:
    """Pairs of a CSV with ``COLUMNS`` (scores in points of 100), and how many rows were left out for which reason.

    Raises ValueError naming a missing column, or where no row is left.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
        table: Sequence[Mapping[str, str]] = list(reader)
    rows, left_out = [], Counter[str]()
    for given in table:
        found = _read(given)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            rows.append(found)
    if not rows:
        raise ValueError(f"{path}: none of {len(table)} rows can be used ({dict(left_out)})")
    return tuple(rows), dict(left_out)


def _read(given: Mapping[str, str]) -> Row | str:
    """The pair, or the reason there is none."""
    if _truth(given["higher_is_better"]) is False or NOT_A_SCORE.search(given["metric"]):
        return "not a score where more is better"
    score, before = _number(given["score"]), _number(given["baseline_score"])
    if score is None or before is None:
        return "no score or no baseline"
    if not _full(given["baseline_label"] or "16-bit"):
        return "the baseline is not a 16-bit run of the same harness"
    if before < LEAST_BASELINE_POINTS:
        return "the baseline is under 10 points"
    n_items = _number(given["n_items"])
    try:
        known = cell(
            model=given["model"],
            method=given["method"],
            label=given["format_label"],
            task=given["task"],
            task_group=given["task_group"],
            bits=_number(given["bits_per_weight"]),
            parameters_b=_number(given["params_b"]),
            n_items=int(n_items) if n_items and n_items >= 1 else None,
            source=given["source_id"],
        )
    except ValueError:
        return "no bits per weight, and none can be read from the format"
    if known.bits >= FULL_BITS:
        return "itself a run at 16 bits or more"
    return Row(
        cell=known,
        lost_points=before - score,
        baseline_points=before,
        model=given["model"],
        quantization=given["format_label"],
        task=given["task"],
    )


def _full(label: str) -> bool:
    """16 bits or more as far as the label says, and run by the same harness."""
    width = bits_of(label)
    return (width is None or width >= FULL_BITS) and "different harness" not in label.casefold()


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _truth(text: str) -> bool | None:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.strip().casefold())
