"""Fitting of constants to measured rows, and their error on rows held out: a whole GPU, or a GPU and a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from pricing import predict, speed
from pricing.observations import Observation
from pricing.predict import Stack
from pricing.speed import SpeedConstants

Search = Sequence[tuple[str, float, float, float]]  # (constant, start, low, high)

LAYER_COSTS = ("layer_us", "expert_layer_us", "token_layer_us")
PRIOR = 0.06  # pull towards the start of the search, in units of a row's log error
BANDS = {"q80": 0.8, "q90": 0.93}  # quantiles taken: the wide band leaves room for cards unlike any measured
TOKEN_SOFT, FIRST_SOFT, FIRST_WEIGHT = 0.1, 0.3, 0.5  # log errors beyond these count linearly; first tokens count half


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows ready to be fitted: their work, the logs of what was measured (NaN where nothing was), their weights."""

    stack: Stack
    phase: str
    groups: np.ndarray
    log_token_s: np.ndarray
    log_first_s: np.ndarray
    weights: np.ndarray


def blank(engine: str, device_class: str) -> SpeedConstants:
    """Neutral constants to start a fit from."""
    numbers = {field.name: 0.0 for field in fields(SpeedConstants)}
    numbers |= {"efficiency": 0.9, "layer_us": 60.0, "prompt_efficiency": 0.5, "first_steps": 1.0, "cache_factor": 1.0}
    return SpeedConstants(
        **numbers
        | {"engine": engine, "device_class": device_class, "prompt_ceiling_tflops": None}  # type: ignore[arg-type]
        | {"rows": 0, "gpus": 0, "source": "", "date": ""}
    )


def group(row: Observation) -> str:
    """What a row's own constants go by: the kind of memory on llama.cpp, the server elsewhere."""
    if row.engine == "llama.cpp":
        return row.accelerator.device_class
    return row.family


def sample(rows: Sequence[Observation]) -> Sample:
    """Rows of one phase as arrays; the rows of one GPU, model and server share a weight that grows with their root."""
    cells = [(row.gpu, row.model.name, row.family) for row in rows]
    size = np.array([cells.count(cell) for cell in cells], float)
    weights = size**-0.5
    first = [row.seconds if row.phase == "prompt" else row.first_token_s for row in rows]
    token = [None if row.phase == "prompt" else row.seconds for row in rows]
    return Sample(
        stack=predict.stacked(rows),
        phase=rows[0].phase,
        groups=np.array([group(row) for row in rows]),
        log_token_s=np.log(np.array([value or np.nan for value in token])),
        log_first_s=np.log(np.array([value or np.nan for value in first])),
        weights=weights / weights.mean(),
    )


def picked(one: Sample, places: np.ndarray) -> Sample:
    """Some rows of a sample."""
    stack = one.stack
    return Sample(
        stack=Stack(
            work=replace(stack.work, **{f.name: getattr(stack.work, f.name)[places] for f in fields(stack.work)}),
            **{name: getattr(stack, name)[places] for name in ("clients", "batch", "output_tokens")},
        ),
        phase=one.phase,
        **{name: getattr(one, name)[places] for name in ("groups", "log_token_s", "log_first_s", "weights")},
    )


def constants(start: SpeedConstants, names: Sequence[str], values: Sequence[float], groups: Any) -> SpeedConstants:
    """``start`` with the searched values; ``groups`` is one name, or one a row (the constants are then arrays)."""
    found: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if "@" not in name:
            found[name] = value
    for name, value in zip(names, values, strict=True):
        field, _, only = name.partition("@")
        if not only:
            continue
        mine = groups == only
        if field == "factor":
            scale = np.where(mine, value, 1.0) if isinstance(mine, np.ndarray) else (value if mine else 1.0)
            found |= {one: found.get(one, getattr(start, one)) * scale for one in LAYER_COSTS}
        elif isinstance(mine, np.ndarray):
            found[field] = np.where(mine, value, found.get(field, getattr(start, field)))
        elif mine:
            found[field] = value
    return replace(start, **found)


def errors(one: Sample, fitted: SpeedConstants) -> tuple[np.ndarray, np.ndarray]:
    """ln(predicted / measured) of the time per token and of the first token; NaN where nothing was measured."""
    pace, stack = speed.paced(one.stack.work, fitted), one.stack
    if one.phase == "loop":
        token_s, first_s = predict.closed_loop(pace, stack.clients, stack.batch, stack.output_tokens)
    else:
        token_s, first_s = pace.step_s(stack.batch), pace.prompt_s
        if one.phase == "run":
            token_s = token_s + pace.prompt_s / stack.output_tokens
    return np.log(token_s) - one.log_token_s, np.log(first_s) - one.log_first_s


def _soft(residuals: np.ndarray, scale: float) -> np.ndarray:
    """Residuals whose squares grow linearly beyond ``scale``; 0 where nothing was measured."""
    known = np.nan_to_num(residuals, nan=0.0, posinf=5.0, neginf=-5.0)
    return np.sign(known) * np.sqrt(2 * scale**2 * (np.sqrt(1 + (known / scale) ** 2) - 1))


def solve(one: Sample, start: SpeedConstants, search: Search) -> list[float]:
    """Values of the searched constants that fit the rows best: robust least squares on log errors."""
    names = [name for name, *_ in search]
    begin, low, high = (np.log([entry[i] for entry in search]) for i in (1, 2, 3))

    def residuals(logs: np.ndarray) -> np.ndarray:
        token, first = errors(one, constants(start, names, np.exp(logs).tolist(), one.groups))
        return np.concatenate(
            [
                _soft(token * one.weights, TOKEN_SOFT),
                FIRST_WEIGHT * _soft(first * one.weights, FIRST_SOFT),
                PRIOR * (logs - begin),
            ]
        )

    best = least_squares(residuals, begin, bounds=(low, high), max_nfev=60)
    return np.exp(best.x).tolist()


def fit(
    rows: Sequence[Observation], start: SpeedConstants, search: Search, group_name: str | None = None
) -> SpeedConstants:
    """Constants of ``search`` fitted to the rows, the rest as in ``start``, for one group of theirs."""
    one = sample(rows)
    name = group_name if group_name is not None else str(one.groups[0])
    return constants(start, [entry[0] for entry in search], solve(one, start, search), name)


def by_gpu(row: Observation) -> tuple[Hashable, ...]:
    """Holds out one whole GPU."""
    return (row.gpu,)


def by_gpu_and_model(row: Observation) -> tuple[Hashable, ...]:
    """Holds out one whole GPU and one whole model: no row that trains shares either."""
    return (row.gpu, row.model.name)


def held_out(
    rows: Sequence[Observation],
    start: SpeedConstants,
    search: Search,
    key: Callable[[Observation], tuple[Hashable, ...]] = by_gpu,
) -> tuple[np.ndarray, np.ndarray]:
    """Errors of every row, predicted from rows that share no part of its key; NaN where no such rows are."""
    one, names = sample(rows), [entry[0] for entry in search]
    keys = [key(row) for row in rows]
    token, first = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for cell in sorted(set(keys), key=str):
        apart = np.array([not any(a == b for a, b in zip(cell, other, strict=True)) for other in keys])
        mine = np.array([other == cell for other in keys])
        if not apart.any():
            continue
        values = solve(picked(one, apart), start, search)
        inside = picked(one, mine)
        token[mine], first[mine] = errors(inside, constants(start, names, values, inside.groups))
    return token, first


def quantile(sizes: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Weighted quantile: the smallest size that ``share`` of the weight does not exceed."""
    order = np.argsort(sizes)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(sizes[order][min(int(np.searchsorted(reached, share)), len(sizes) - 1)])


def summary(rows: Sequence[Observation], found: np.ndarray, prefix: str) -> dict[str, Any]:
    """Error quantiles as the constants table keeps them, every GPU and model counting alike; {} without errors.

    Errors are of the time, as fractions.
    """
    place = np.isfinite(found)
    if not place.any():
        return {}
    known, kept = found[place], [row for row, keep in zip(rows, place, strict=True) if keep]
    sizes = Counter((row.gpu, row.model.name) for row in kept)
    weights = np.array([1 / sizes[row.gpu, row.model.name] for row in kept])
    size = np.abs(known)
    return {
        **{f"{prefix}_log_{name}": quantile(size, weights, share) for name, share in BANDS.items()},
        f"{prefix}_mape": float(np.mean(np.abs(np.expm1(known)))),
        f"{prefix}_median": float(np.median(np.abs(np.expm1(known)))),
    }


def where(rows: Sequence[Observation], mine: np.ndarray) -> list[Observation]:
    """The rows whose place is true."""
    return [row for row, keep in zip(rows, mine, strict=True) if keep]
