"""Fits the speed constants on measured rows and finds their error on rows held out: a whole GPU at a time, or a whole
GPU and a whole model at a time."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from io import StringIO
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from pricing import observations, predict, speed
from pricing.observations import Observation
from pricing.predict import Stack
from pricing.speed import SpeedConstants

Search = Sequence[tuple[str, float, float, float]]

# Where the search starts and how far it may go: (constant, start, low, high). ``name@group`` belongs to the rows of
# one group; ``factor`` multiplies what a layer costs there.
SEARCH: dict[str, Search] = {
    "llama.cpp": (
        ("efficiency", 0.95, 0.5, 1.15),
        ("cache_factor", 2.0, 0.5, 12.0),
        ("layer_us", 100.0, 5.0, 800.0),
        ("kernel_operations_per_weight", 4.0, 0.05, 60.0),
        ("kernel_operations_per_wide_weight", 16.0, 0.05, 100.0),
        ("split_layer_us", 10.0, 0.05, 100.0),
        ("factor@hbm", 1.3, 0.5, 3.0),
    ),
    "vllm": (
        ("efficiency", 0.8, 0.3, 1.15),
        ("cache_factor", 0.8, 0.4, 2.0),
        ("layer_us", 38.0, 2.0, 300.0),
        ("expert_layer_us", 15.0, 1.0, 300.0),
        ("nvlink_layer_us", 13.0, 0.1, 100.0),
        ("sequence_layer_us", 0.15, 0.001, 5.0),
        ("prompt_efficiency", 0.7, 0.1, 1.0),
        ("token_layer_us", 0.08, 0.001, 2.0),
        ("token_hop_layer_us", 0.04, 0.001, 2.0),
        ("first_steps", 6.0, 1.0, 30.0),
        ("first_share", 0.08, 0.005, 1.0),
        ("factor@tensorrt-llm", 0.8, 0.3, 3.0),
        ("factor@sglang", 1.3, 0.3, 3.0),
        ("first_fixed_s@vllm", 0.02, 1e-4, 0.5),
        ("first_fixed_s@tensorrt-llm", 0.05, 1e-4, 0.5),
        ("first_fixed_s@sglang", 0.1, 1e-4, 0.5),
    ),
    "exllamav2": (("efficiency", 0.9, 0.5, 1.0), ("layer_us", 80.0, 5.0, 400.0)),
    "mlc": (("efficiency", 0.9, 0.5, 1.0), ("layer_us", 40.0, 2.0, 300.0), ("pcie_layer_us", 150.0, 5.0, 900.0)),
    "vllm-2023": (
        ("efficiency", 0.9, 0.5, 1.0),
        ("layer_us", 200.0, 5.0, 900.0),
        ("pcie_layer_us", 100.0, 5.0, 900.0),
        ("pcie_card_layer_us", 50.0, 1.0, 300.0),
    ),
}
PROMPT_SEARCH: Search = (
    ("prompt_efficiency", 0.5, 0.02, 3.0),
    ("token_layer_us", 0.5, 1e-3, 50.0),
)
PCIE_SEARCH: Search = (("pcie_layer_us", 150.0, 5.0, 900.0), ("pcie_card_layer_us", 30.0, 1.0, 300.0))
LAYER_COSTS = ("layer_us", "expert_layer_us", "token_layer_us")
PRIOR = 0.06  # pull towards the start of the search, in units of a row's log error
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
        f"{prefix}_log_q80": quantile(size, weights, 0.8),
        f"{prefix}_log_q90": quantile(size, weights, 0.9),
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


def _where(rows: Sequence[Observation], mine: np.ndarray) -> list[Observation]:
    return [row for row, keep in zip(rows, mine, strict=True) if keep]


def _range(rows: Sequence[Observation]) -> dict[str, Any]:
    sizes = [float(row.model.parameters) for row in rows]
    gpus = len({row.gpu for row in rows})
    return {"rows": len(rows), "gpus": gpus, "smallest_parameters": min(sizes), "largest_parameters": max(sizes)}


def _llama_cpp(rows: Sequence[Observation], growth: dict[str, Any]) -> list[SpeedConstants]:
    """llama.cpp on graphics cards (with faster memory its own layer cost) and on Apple; ExLlamaV2."""
    found = []
    for apple in (False, True):
        mine = [row for row in rows if (row.accelerator.device_class == "apple") == apple]
        steps = [row for row in mine if row.phase == "decode" and row.family == "llama.cpp"]
        # Layers on several cards work on pieces of one prompt at once, which the model leaves out.
        prompts = [row for row in mine if row.phase == "prompt" and row.count == 1]
        if len({row.gpu for row in steps}) < 2 or len({row.gpu for row in prompts}) < 2:
            continue
        start, search = blank("llama.cpp", "any"), SEARCH["llama.cpp"]
        token, _ = held_out(steps, start, search)
        groups = np.array([group(row) for row in steps])
        names = ["apple"] if apple else ["any", "hbm"]
        for name in names:
            best = fit(steps, start, search, name)
            own = (groups == "hbm") == (name == "hbm")
            best = replace(best, device_class=name, **summary(_where(steps, own), token[own], "tpot"), **_range(steps), **growth)
            in_class = [row for row in prompts if (row.accelerator.device_class == "hbm") == (name == "hbm")]
            asked = in_class if len({row.gpu for row in in_class}) > 1 else prompts
            _, first = held_out(asked, best, PROMPT_SEARCH)
            found.append(replace(fit(asked, best, PROMPT_SEARCH), **summary(asked, first, "ttft")))
    exllama = [row for row in rows if row.phase == "decode" and row.family == "exllamav2"]
    if found and len({row.gpu for row in exllama}) > 1:
        start = replace(found[0], engine="exllamav2", kernel_operations_per_weight=0.0, cache_factor=1.0, split_layer_us=0.0)
        token, _ = held_out(exllama, start, SEARCH["exllamav2"])
        best = fit(exllama, start, SEARCH["exllamav2"])
        found.append(replace(best, **summary(exllama, token, "tpot"), **_range(exllama)))
    return found


def _servers(rows: Sequence[Observation]) -> list[SpeedConstants]:
    """Today's servers from closed loops, each with its own layer cost; MLC and vLLM of 2023 from single requests."""
    loops, search = [row for row in rows if row.phase == "loop"], SEARCH["vllm"]
    if len({row.gpu for row in loops}) < 2:
        return []
    start = blank("vllm", "any")
    token, first = held_out(loops, start, search, by_gpu_and_model)
    one, found = sample(loops), []
    values, names = solve(one, start, search), [entry[0] for entry in search]
    pcie = [row for row in rows if row.phase == "decode" and row.count > 1 and row.accelerator.link == "pcie"]
    for family in sorted({row.family for row in loops} | {"vllm"}, key=lambda name: name != "vllm"):
        best = replace(constants(start, names, values, family), engine=family)
        if pcie:
            best = fit(pcie, best, PCIE_SEARCH)
        own = one.groups == family
        enough = len({row.gpu for row in loops if row.family == family}) > 1
        mine = own if enough else np.full(len(loops), True)
        theirs = _where(loops, mine)
        best = replace(best, **summary(theirs, token[mine], "tpot"), **summary(theirs, first[mine], "ttft"))
        best = replace(best, **_range(loops))
        found.append(best)
    for family in ("mlc", "vllm-2023"):
        steps = [row for row in rows if row.phase == "decode" and row.family == family]
        if len({row.gpu for row in steps}) > 1:
            begin = replace(found[0], engine=family, cache_factor=1.0, pcie_card_layer_us=0.0)
            errors_s, _ = held_out(steps, begin, SEARCH[family])
            best = fit(steps, begin, SEARCH[family])
            found.append(replace(best, **summary(steps, errors_s, "tpot"), **_range(steps)))
    return found


def calibrate(rows: Sequence[Observation], growth: dict[str, Any], source: str) -> list[SpeedConstants]:
    """Constants of every engine and device class that the rows can support: at least two GPUs each."""
    by_class: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        if row.seconds:
            by_class[row.engine].append(row)
    found = _servers(by_class["vllm"]) + _llama_cpp(by_class["llama.cpp"], growth)
    return [replace(one, source=source, date=date.today().isoformat()) for one in found]


def as_csv(constants: Sequence[SpeedConstants]) -> str:
    """The constants table as text."""
    out = StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(SpeedConstants)], lineterminator="\n")
    writer.writeheader()
    for one in constants:
        row = {key: f"{value:.5g}" if isinstance(value, float) else value for key, value in asdict(one).items()}
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()
