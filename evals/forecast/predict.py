"""Forecasts of cells, and what they were worth on rows somebody measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median

from evals.forecast.cells import FULL_BITS, Cell, cell
from evals.forecast.evidence import Row, published_rows
from evals.forecast.model import ForecastModel, model_without, shipped_model
from evals.names import UnknownName


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Points of score lost against the same model at 16 bits, with the ends of the 80 % band. Never a measurement.

    ``rests_on`` are the published rows most like the cell, ``alike`` how many share its kind of method, its task
    group and its width to half a bit. ``notes`` say what was not known and had to be pooled.
    """

    model: str
    quantization: str
    task: str
    task_group: str
    bits_per_weight: float
    method_class: str
    parameters_b: float | None
    lost_points: float
    low: float
    high: float
    alike: int
    n_rows: int
    n_sources: int
    rests_on: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    origin: str = "forecast"


@dataclass(frozen=True, kw_only=True)
class Validation:
    """How the forecast did on rows it had not seen; errors in points of score."""

    n: int
    band80_coverage: float
    median_abs_error: float
    naive_median_abs_error: float
    held_out_sources: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


@lru_cache(maxsize=512)
def forecast(
    model: str,
    quantization: str,
    task: str,
    *,
    method: str = "",
    task_group: str = "",
    bits_per_weight: float | None = None,
    parameters_b: float | None = None,
    baseline_points: float | None = None,
    n_items: int | None = None,
) -> Forecast:
    """What ``model`` at ``quantization`` would lose on ``task``. Raises UnknownName where no width can be read.

    Any names do: what the evidence does not know is pooled from what it does. ``baseline_points`` is the score at
    16 bits where it is known; it bounds the loss.
    """
    try:
        known = cell(
            model=model,
            method=method,
            label=quantization,
            task=task,
            task_group=task_group,
            bits=bits_per_weight,
            parameters_b=parameters_b,
            n_items=n_items,
        )
    except ValueError as error:
        raise UnknownName(
            f"quantization {quantization!r}: {error}; name its width, as in Q4_K_M, gptq-int4-g128, nf4, fp8 or 3.5bpw"
        ) from error
    fitted = shipped_model()
    band = fitted.predict([known], [baseline_points])[0]
    return Forecast(
        model=model,
        quantization=quantization,
        task=task,
        task_group=known.group,
        bits_per_weight=known.bits,
        method_class=known.method_class,
        parameters_b=known.parameters_b,
        lost_points=band.lost_points,
        low=band.low,
        high=band.high,
        alike=_alike(known, fitted.rows),
        n_rows=len(fitted.rows),
        n_sources=len({row.cell.source for row in fitted.rows}),
        rests_on=tuple(fitted.nearest(known)),
        notes=_notes(known, fitted.rows),
    )


def validate(rows: Sequence[Row], left_out: Mapping[str, int] | None = None) -> Validation:
    """Forecast each row without its own source, beside the median of its task group at its bits."""
    own = {row.cell.source for row in published_rows()}
    held: list[str] = []
    inside, errors, naive = 0, [], []
    for source in dict.fromkeys(row.cell.source for row in rows):
        if source in own:
            held.append(source)
        fitted = model_without(source) if source in own else shipped_model()
        mine = [row for row in rows if row.cell.source == source]
        bands = fitted.predict([row.cell for row in mine], [row.baseline_points for row in mine])
        for row, band in zip(mine, bands, strict=True):
            inside += band.low <= row.lost_points <= band.high
            errors.append(abs(row.lost_points - band.lost_points))
            naive.append(abs(row.lost_points - fitted.naive(row.cell)))
    return Validation(
        n=len(rows),
        band80_coverage=inside / len(rows),
        median_abs_error=median(errors),
        naive_median_abs_error=median(naive),
        held_out_sources=tuple(held),
        left_out=dict(left_out or {}),
    )


def leave_one_source_out(fitted: ForecastModel) -> dict[str, list[tuple[Row, bool, float, float]]]:
    """Source → its rows with whether the band held, the error and the naive error, all predicted from the others."""
    found: dict[str, list[tuple[Row, bool, float, float]]] = {}
    for held in fitted.held_out():
        row, band = held.row, held.band
        naive = fitted.naive(row.cell, without=row.cell.source)
        found.setdefault(row.cell.source, []).append(
            (
                row,
                band.low <= row.lost_points <= band.high,
                abs(row.lost_points - band.lost_points),
                abs(row.lost_points - naive),
            )
        )
    return found


def _alike(known: Cell, rows: Sequence[Row]) -> int:
    return sum(
        row.cell.method_class == known.method_class
        and row.cell.group == known.group
        and abs(row.cell.bits - known.bits) <= 0.5
        for row in rows
    )


def _notes(known: Cell, rows: Sequence[Row]) -> tuple[str, ...]:
    if known.bits >= FULL_BITS:
        return ("full precision is its own baseline: it loses nothing",)
    benchmarks, models = Counter(r.cell.benchmark for r in rows), Counter(r.cell.model for r in rows)
    said = []
    if known.benchmark not in benchmarks:
        pool = f"pooled over the group {known.group}" if known.group else "pooled over all groups"
        said.append(f"no published row of this benchmark: {pool}")
    if known.model not in models:
        said.append("no published row of this model: pooled over models")
    if known.parameters_b is None:
        said.append("the size is not in the model's name: taken as usual")
    return tuple(said)
