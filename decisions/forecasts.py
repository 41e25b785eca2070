"""Cells nobody measured, filled from the forecast: shown as such, never enough to meet a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from decisions.cliff import CliffRow
from decisions.evidence import baseline_of, is_full_precision
from decisions.quality import CHANGE
from decisions.verdicts import Check
from decisions.wording import percent
from evals.forecast.predict import Forecast, forecast
from evals.measurements import Measurement
from evals.names import UnknownName

LEAST_PARAMETERS_B = 0.3  # no published row is of a smaller model


def forecast_rows(measurements: Sequence[Measurement]) -> tuple[CliffRow, ...]:
    """The missing cells of the grid model × format × task: formats tried somewhere in it, on models with a baseline.

    ``low`` and ``high`` are the 80 % band of the points lost; the zone is always "unproven".
    """
    seen = {(m.model, m.quantization, m.task) for m in measurements}
    local = [m for m in measurements if m.bits_per_weight and m.method != "API"]
    formats = {m.quantization: m for m in reversed(local) if not is_full_precision(m.quantization)}
    found = []
    for model, task in dict.fromkeys((m.model, m.task) for m in local):
        baseline = _baseline(model, task, measurements)
        if baseline is None:
            continue
        for quantization, like in formats.items():
            if (model, quantization, task) not in seen:
                made = _forecast(baseline, like)
                if made is not None:
                    found.append(_row(made, like, baseline))
    return tuple(sorted(found, key=lambda r: (r.task, r.model, -(r.bits_per_weight or 0.0))))


def with_forecast(check: Check, variant: Sequence[Measurement], measurements: Sequence[Measurement]) -> Check:
    """An accuracy check nobody measured, with what the forecast expects: still unproven, ``low`` and ``high`` None.

    ``variant`` are the variant's measurements on other tasks. Unchanged where the model has no full-precision run on
    the task.
    """
    baseline = _baseline(variant[0].model, check.task, measurements) if variant else None
    made = _forecast(baseline, variant[0]) if baseline else None
    if baseline is None or made is None:
        return check
    lost = (made.lost_points / 100, made.high / 100, made.low / 100)
    if check.name.endswith(CHANGE):
        middle, low, high = (-value for value in lost)
    else:
        scale = baseline.score if check.name.endswith("share of baseline") else 1.0
        middle, low, high = (max(0.0, baseline.score - value) / scale for value in lost)
    likely = "likely meets" if low >= check.target else "likely misses" if high < check.target else "may meet"
    band = f"80 % band {percent(low)} to {percent(high)}"
    return replace(
        check, seen=middle, status="unproven", reason=f"forecast: {likely}, {band}; {check.reason}", origin="forecast"
    )


def _baseline(model: str, task: str, measurements: Sequence[Measurement]) -> Measurement | None:
    """What the model's other variants are judged against on the task, a 16-bit run first."""
    mine = [m for m in measurements if m.model == model and m.task == task]
    judged = [b for m in mine if (b := baseline_of(m, measurements)) and b.score > 0]
    full = [b for b in judged if is_full_precision(b.quantization)]
    return next(iter(full or judged), None)


def _forecast(baseline: Measurement, like: Measurement) -> Forecast | None:
    try:
        made = forecast(
            baseline.model,
            like.quantization,
            baseline.task,
            method=like.method,
            task_group=baseline.task_group,
            bits_per_weight=like.bits_per_weight,
            baseline_points=100 * baseline.score,
            n_items=baseline.n_items,
        )
    except UnknownName:
        return None
    return None if made.parameters_b is not None and made.parameters_b < LEAST_PARAMETERS_B else made


def _row(made: Forecast, like: Measurement, baseline: Measurement) -> CliffRow:
    score = min(1.0, max(0.0, baseline.score - made.lost_points / 100))
    known = Measurement(
        model=baseline.model,
        quantization=like.quantization,
        task=baseline.task,
        task_group=baseline.task_group,
        metric=baseline.metric,
        score=score,
        n_items=None,
        low=None,
        high=None,
        origin="forecast",
        protocol=baseline.protocol,
        method=like.method,
        bits_per_weight=like.bits_per_weight,
        baseline=baseline.quantization,
        note="; ".join(made.notes),
    )
    return CliffRow(
        model=known.model,
        quantization=known.quantization,
        method=known.method,
        task=known.task,
        task_group=known.task_group,
        bits_per_weight=known.bits_per_weight,
        score=score,
        baseline=baseline.quantization,
        baseline_score=baseline.score,
        lost=made.lost_points / 100,
        low=made.low / 100,
        high=made.high / 100,
        n_items=None,
        paired=False,
        zone="unproven",
        reason=f"forecast with its 80 % band, from {made.alike} published rows of this kind",
        measurement=known,
        origin="forecast",
    )
