"""Fits the speed constants on measured rows and finds their error on held-out GPUs, one whole GPU at a time."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from io import StringIO
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from pricing import observations, predict
from pricing.observations import Observation
from pricing.speed import SpeedConstants

# Where the search starts and how far it may go: (constant, start, low, high).
SEARCH = {
    "llama.cpp": (
        ("efficiency", 0.9, 0.3, 1.2),
        ("layer_us", 120.0, 5.0, 800.0),
        ("kernel_operations_per_weight", 3.0, 0.05, 40.0),
    ),
    "vllm": (
        ("efficiency", 0.9, 0.3, 1.2),
        ("layer_us", 60.0, 5.0, 300.0),
        ("nvlink_layer_us", 5.0, 0.1, 200.0),
        ("sequence_layer_us", 0.2, 0.005, 5.0),
        ("prompt_efficiency", 0.5, 0.05, 1.0),
    ),
}
PROMPT_SEARCH = (("prompt_efficiency", 0.5, 0.02, 3.0), ("prompt_ceiling_tflops", 300.0, 1.0, 1e5))
PCIE_SEARCH = (("pcie_layer_us", 200.0, 5.0, 2000.0),)
GROWTH_SEARCH = (("batch_growth", 0.2, 0.01, 1.0),)


def blank(engine: str, device_class: str) -> SpeedConstants:
    """Neutral constants to start a fit from."""
    numbers = {field.name: 0.0 for field in fields(SpeedConstants)}
    numbers |= {"efficiency": 0.9, "layer_us": 60.0, "prompt_efficiency": 0.5, "first_steps": 1.0, "cache_factor": 1.0}
    return SpeedConstants(
        **numbers
        | {"engine": engine, "device_class": device_class, "prompt_ceiling_tflops": None}  # type: ignore[arg-type]
        | {"rows": 0, "gpus": 0, "source": "", "date": ""}
    )


def _errors(rows: Sequence[Observation], fitted: SpeedConstants, first: bool) -> np.ndarray:
    """ln(predicted / measured), NaN where either is missing."""
    found = []
    for row in rows:
        token_s, first_s = predict.seconds(row, fitted)
        said, seen = (
            (first_s, row.first_token_s if row.phase == "loop" else row.seconds) if first else (token_s, row.seconds)
        )
        found.append(math.log(said / seen) if said and seen else math.nan)
    return np.array(found)


def fit(
    rows: Sequence[Observation],
    start: SpeedConstants,
    search: Sequence[tuple[str, float, float, float]],
    *,
    first: bool = False,
) -> SpeedConstants:
    """Constants of ``search`` that fit the rows best (robust least squares on log errors), the rest as in ``start``."""
    names = [name for name, *_ in search]

    def residuals(logs: np.ndarray) -> np.ndarray:
        trial = replace(start, **dict(zip(names, np.exp(logs).tolist(), strict=True)))
        return np.nan_to_num(_errors(rows, trial, first), nan=0.0, posinf=5.0)

    begin, low, high = (np.log([one[i] for one in search]) for i in (1, 2, 3))
    best = least_squares(residuals, begin, bounds=(low, high), loss="soft_l1", f_scale=0.1, max_nfev=40, diff_step=1e-3)
    return replace(start, **dict(zip(names, np.exp(best.x).tolist(), strict=True)))


def held_out(
    rows: Sequence[Observation],
    start: SpeedConstants,
    search: Sequence[tuple[str, float, float, float]],
    *,
    first: bool = False,
) -> np.ndarray:
    """ln(predicted / measured) of every row, its GPU left out of the fit."""
    errors = np.full(len(rows), math.nan)
    for gpu in sorted({row.gpu for row in rows}):
        inside = [row for row in rows if row.gpu != gpu]
        places = [i for i, row in enumerate(rows) if row.gpu == gpu]
        fitted = fit(inside, start, search, first=first) if inside else start
        errors[places] = _errors([rows[i] for i in places], fitted, first)
    return errors


def summary(errors: np.ndarray, prefix: str) -> dict[str, Any]:
    """Error quantiles as the constants table keeps them; errors are of the time, as fractions."""
    known = errors[np.isfinite(errors)]
    size = np.abs(known)
    return {
        f"{prefix}_log_q80": float(np.quantile(size, 0.8)),
        f"{prefix}_log_q90": float(np.quantile(size, 0.9)),
        f"{prefix}_mape": float(np.mean(np.abs(np.expm1(known)))),
        f"{prefix}_median": float(np.median(np.abs(np.expm1(known)))),
    }


def batch_growth(rows: Sequence[dict[str, str]]) -> dict[str, float]:
    """How a llama.cpp step grows with the batch, from batched runs on one unnamed GPU (ratios only); {} without any.

    Few requests (up to 4) set one line through a single request, many (8 and more) another.
    """
    runs: dict[tuple[str, str], dict[int, float]] = {}
    for row in rows:
        batch, rate = observations.number(row.get("batch")), observations.number(row.get("tok_s"))
        if row.get("phase") == "decode" and "batched-bench" in (row.get("engine") or "") and batch and rate:
            runs.setdefault((row["model"], row.get("gen_len") or ""), {})[int(batch)] = batch / rate
    ratios = [(size, run[size] / run[1]) for run in runs.values() if 1 in run for size in run if size > 1]
    few = [(size, ratio) for size, ratio in ratios if size <= 4]
    many = [(size, ratio) for size, ratio in ratios if size >= 8]
    if not few or len({size for size, _ in many}) < 2:
        return {}
    growth = float(np.mean([(ratio - 1) / (size - 1) for size, ratio in few]))
    slope, base = np.polyfit([size for size, _ in many], [ratio for _, ratio in many], 1)
    return {"batch_growth": growth, "many_base": float(base), "many_growth": float(slope)}


def _llama_cpp(rows: Sequence[Observation], start: SpeedConstants, growth: dict[str, Any]) -> SpeedConstants:
    steps = [row for row in rows if row.phase == "decode" and row.engine_label.startswith("llama.cpp")]
    # Layers on several cards work on pieces of one prompt at once, which the model leaves out.
    prompts = [row for row in rows if row.phase == "prompt" and row.count == 1]
    best = fit(steps, start, SEARCH["llama.cpp"])
    best = replace(best, **summary(held_out(steps, start, SEARCH["llama.cpp"]), "tpot"), **_range(steps))
    best = fit(prompts, best, PROMPT_SEARCH, first=True)
    best = replace(best, **summary(held_out(prompts, best, PROMPT_SEARCH, first=True), "ttft"))
    return replace(best, **growth)


def _vllm(rows: Sequence[Observation], start: SpeedConstants) -> SpeedConstants:
    loops = [row for row in rows if row.phase == "loop"]
    # Single requests on engines of 2024 test the constants but do not set them: today's engines are faster.
    older = [row for row in rows if row.phase == "run" and "0.4." not in row.engine_label]
    token_errors, first_errors = [], []
    for gpu in sorted({row.gpu for row in [*loops, *older]}):
        inside = [row for row in loops if row.gpu != gpu]
        if not inside:
            continue
        fitted = fit(inside, start, SEARCH["vllm"])
        fitted = fit(inside, fitted, FIRST_SEARCH, first=True)
        token_errors.append(_errors([row for row in [*loops, *older] if row.gpu == gpu], fitted, False))
        first_errors.append(_errors([row for row in loops if row.gpu == gpu], fitted, True))
    best = fit(loops, start, SEARCH["vllm"])
    best = fit(loops, best, FIRST_SEARCH, first=True)
    pcie = [row for row in rows if row.phase == "decode" and row.count > 1 and row.accelerator.link == "pcie"]
    if pcie:
        best = fit(pcie, best, PCIE_SEARCH)
    best = replace(best, **summary(np.concatenate(token_errors), "tpot"), **_range([*loops, *older]))
    return replace(best, **summary(np.concatenate(first_errors), "ttft"))


def _range(rows: Sequence[Observation]) -> dict[str, Any]:
    sizes = [float(row.model.parameters) for row in rows]
    gpus = len({row.gpu for row in rows})
    return {"rows": len(rows), "gpus": gpus, "smallest_parameters": min(sizes), "largest_parameters": max(sizes)}


def calibrate(rows: Sequence[Observation], growth: dict[str, Any], source: str) -> list[SpeedConstants]:
    """Constants of every engine and device class that the rows can support: at least two GPUs each."""
    found = []
    measured = [row for row in rows if row.seconds]
    for engine, device_class in (("vllm", "any"), ("llama.cpp", "any"), ("llama.cpp", "apple")):
        apple = device_class == "apple"
        mine = [row for row in measured if row.engine == engine and (row.accelerator.device_class == "apple") == apple]
        phase = "loop" if engine == "vllm" else "decode"
        if len({row.gpu for row in mine if row.phase == phase}) < 2:
            continue
        start = blank(engine, device_class)
        best = _vllm(mine, start) if engine == "vllm" else _llama_cpp(mine, start, growth)
        found.append(replace(best, source=source, date=date.today().isoformat()))
    return found


def as_csv(constants: Sequence[SpeedConstants]) -> str:
    """The constants table as text."""
    out = StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(SpeedConstants)], lineterminator="\n")
    writer.writeheader()
    for one in constants:
        row = {key: f"{value:.5g}" if isinstance(value, float) else value for key, value in asdict(one).items()}
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()
