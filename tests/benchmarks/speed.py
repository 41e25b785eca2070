"""Predicted speed beside measured rows, each predicted from other GPUs or other models: ``python -m
tests.benchmarks.speed --throughput FILE --latency FILE``.

The files are CSVs with the columns of ``python -m pricing validate``; they are not shipped. Beside ours stand, on the
same rows, formulas that other tools use: bytes over a share of the bandwidth, and that plus a fixed cost a layer. Where
a formula has constants, they are fitted on the same rows as ours: without the row's GPU (and, under load, its model).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from evals.home import ROOT
from pricing import calibration, fitting, observations, predict
from pricing.fitting import Sample
from pricing.observations import Observation

Key = Callable[[Observation], tuple[Hashable, ...]]
PATHS = {"throughput": "BITBUDGET_MEASURED_THROUGHPUT", "latency": "BITBUDGET_MEASURED_LATENCY"}


def by_model(row: Observation) -> tuple[Hashable, ...]:
    return (row.model.name,)


def reading_s(one: Sample) -> np.ndarray:
    """Seconds a step reads weights and cache at the full bandwidth of all lanes."""
    work, batch = one.stack.work, one.stack.batch
    return (work.read_bytes + work.cache_bytes * batch) / (work.lanes * work.bandwidth_bytes_s)


def prompt_compute_s(one: Sample) -> np.ndarray:
    """Seconds one prompt takes at the full arithmetic rate of all lanes."""
    work = one.stack.work
    return work.prompt_operations / (work.lanes * work.operations_per_s)


def fitted_line(rows: Sequence[Observation], one: Sample, key: Key, *, layers: bool) -> np.ndarray:
    """ln(predicted / measured) of reading / e (+ c × layers), e and c fitted on relative errors of rows apart."""
    read, seen = reading_s(one), np.exp(one.log_token_s)
    columns = [read, one.stack.work.layers] if layers else [read]
    keys, errors = [key(row) for row in rows], np.full(len(rows), np.nan)
    for cell in set(keys):
        apart = np.array([not any(a == b for a, b in zip(cell, other, strict=True)) for other in keys])
        mine = np.array([other == cell for other in keys])
        if apart.sum() > 2:
            system = np.stack(columns, axis=1) / seen[:, None]
            best = nnls(system[apart], np.ones(apart.sum()))[0]
            said = np.stack(columns, axis=1)[mine] @ best
            errors[mine] = np.log(np.maximum(said, 1e-9)) - one.log_token_s[mine]
    return errors


def scores(errors: np.ndarray, *, rate: bool = False) -> dict[str, float]:
    """Mean and median absolute error of a time (of a rate: its inverse), as fractions, and the rows."""
    known = errors[np.isfinite(errors)]
    size = np.abs(np.expm1(-known if rate else known))
    return {"n": len(known), "mape": float(size.mean()), "median": float(np.median(size))}


def coverage(rows: Sequence[Observation], errors: np.ndarray, band: str) -> float:
    """How many rows lie in a band made of the errors of other GPUs (same server or kind of memory)."""
    groups = np.array([fitting.group(row) for row in rows])
    gpus = np.array([row.gpu for row in rows])
    inside = []
    for group in set(groups):
        mine = (groups == group) & np.isfinite(errors)
        for gpu in set(gpus[mine]):
            others, held = mine & (gpus != gpu), mine & (gpus == gpu)
            if not others.any():
                others = mine
            kept = [row for row, keep in zip(rows, others, strict=True) if keep]
            cells = [(row.gpu, row.model.name) for row in kept]
            weights = np.array([1 / cells.count(cell) for cell in cells])
            limit = fitting.quantile(np.abs(errors[others]), weights, fitting.BANDS[band])
            inside += list(np.abs(errors[held]) <= limit)
    return float(np.mean(inside))


def decode(path: Path) -> dict[str, Any]:
    """One stream: tokens a second."""
    rows = [row for row in observations.read(path).rows if row.phase == "decode" and row.seconds]
    result: dict[str, Any] = {"rows": len(rows), "gpus": len({row.gpu for row in rows})}
    for name, key in (("gpu", fitting.by_gpu), ("model", by_model)):
        ours, lines, layered, plain, kept = [], [], [], [], []
        for search, mine in _parts(rows):
            start = fitting.blank(mine[0].engine, "any")
            token, _ = fitting.held_out(mine, start, search, key)
            one = fitting.sample(mine)
            known = np.isfinite(token)
            ours.append(token[known])
            kept += [row for row, keep in zip(mine, known, strict=True) if keep]
            lines.append(fitted_line(mine, one, key, layers=False)[known])
            layered.append(fitted_line(mine, one, key, layers=True)[known])
            plain.append((np.log(reading_s(one) / 0.8) - one.log_token_s)[known])
        errors = np.concatenate(ours)
        result[name] = {
            "ours": scores(errors, rate=True),
            "per_layer": scores(np.concatenate(layered), rate=True),
            "best_constant": scores(np.concatenate(lines), rate=True),
            "constant_0.8": scores(np.concatenate(plain), rate=True),
        }
        if name == "gpu":
            result["coverage_80"], result["coverage_90"] = coverage(kept, errors, "q80"), coverage(kept, errors, "q90")
    return result


def _parts(rows: Sequence[Observation]) -> list[tuple[fitting.Search, list[Observation]]]:
    """Rows that share constants, with what is searched there."""
    found = []
    for family, search in calibration.SEARCH.items():
        for apple in (False, True):
            mine = [row for row in rows if row.family == family and (row.accelerator.device_class == "apple") == apple]
            if len({row.gpu for row in mine}) > 1:
                found.append((search, mine))
    return found


def load(path: Path) -> dict[str, Any]:
    """Under load: seconds per token and to the first token, GPU and model both held out."""
    rows = [row for row in observations.read(path).rows if row.phase == "loop" and row.seconds and row.first_token_s]
    one, start = fitting.sample(rows), fitting.blank("vllm", "any")
    token, first = fitting.held_out(rows, start, calibration.SEARCH["vllm"], fitting.by_gpu_and_model)
    read, layers = reading_s(one), one.stack.work.layers
    return {
        "rows": len(rows),
        "gpus": len({row.gpu for row in rows}),
        "models": len({row.model.name for row in rows}),
        "tpot": {
            "ours": scores(token),
            "per_layer": scores(np.log(read + 90e-6 * layers) - one.log_token_s),
            "per_layer_fitted": scores(fitted_line(rows, one, fitting.by_gpu_and_model, layers=True)),
            "constant_0.8": scores(np.log(read / 0.8) - one.log_token_s),
        },
        "ttft": {
            "ours": scores(first),
            "one_prompt": scores(np.log(prompt_compute_s(one) / 0.8) - one.log_first_s),
        },
        "tpot_coverage_80": coverage(rows, token, "q80"),
        "tpot_coverage_90": coverage(rows, token, "q90"),
        "ttft_coverage_80": coverage(rows, first, "q80"),
        "ttft_coverage_90": coverage(rows, first, "q90"),
        "prediction_ms": prediction_ms(rows),
    }


def prediction_ms(rows: Sequence[Observation]) -> float:
    """Milliseconds of one prediction of both times, memory included."""
    some = rows[:: max(1, len(rows) // 200)]
    for row in some:
        predict.seconds(row)
    began = time.perf_counter()
    for row in some:
        predict.seconds(row)
    return (time.perf_counter() - began) / len(some) * 1000


WORDS = {
    "ours": "Bitbudget",
    "per_layer": "bytes over bandwidth + a cost a layer, fitted",
    "per_layer_fitted": "the same, both constants fitted",
    "best_constant": "best single share of the bandwidth, fitted",
    "constant_0.8": "0.8 of the bandwidth",
    "one_prompt": "one prompt at 0.8 of the arithmetic rate",
}


def _lines(found: dict[str, Any], words: dict[str, str]) -> str:
    lines = ["| | mean error | median | rows |", "|---|---|---|---|"]
    for name, one in found.items():
        lines.append(f"| {words[name]} | {one['mape']:.1%} | {one['median']:.1%} | {one['n']:,} |")
    return "\n".join(lines)


def section(found: dict[str, Any]) -> str:
    """Held-out errors of speed, beside other formulas on the same rows."""
    parts = [f"## Speed, on GPUs and models that were held out\n\n`{found['command']}`, {found['date']}."]
    if one := found.get("decode"):
        parts.append(
            f"**Tokens a second, one stream** ({one['rows']} rows of {one['gpus']} GPUs), the GPU held out:\n\n"
            f"{_lines(one['gpu'], WORDS)}\n\nThe model held out:\n\n{_lines(one['model'], WORDS)}\n\n"
            f"A band of other GPUs' errors holds {one['coverage_80']:.0%} (80 %) and {one['coverage_90']:.0%} "
            "(90 %) of the rows."
        )
    if one := found.get("load"):
        words = WORDS | {"per_layer": "weights touched and cache over bandwidth + 90 µs a layer"}
        parts.append(
            f"**Under load** ({one['rows']:,} rows, {one['gpus']} GPUs, {one['models']} models), GPU and model both "
            f"held out. Time per token:\n\n{_lines(one['tpot'], words)}\n\nFirst token:\n\n"
            f"{_lines(one['ttft'], words)}\n\n"
            f"Bands of other GPUs' errors hold {one['tpot_coverage_80']:.0%} and {one['tpot_coverage_90']:.0%} of the "
            f"times per token, {one['ttft_coverage_80']:.0%} and {one['ttft_coverage_90']:.0%} of the first tokens "
            f"(80 % and 90 %). One prediction takes {one['prediction_ms']:.2f} ms."
        )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, variable in PATHS.items():
        given = os.environ.get(variable)
        parser.add_argument(f"--{name}", type=Path, default=Path(given) if given else None, help=f"or {variable}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks" / "speed.json")
    asked = parser.parse_args()
    result: dict[str, Any] = {
        "command": "python -m tests.benchmarks.speed --throughput FILE --latency FILE",
        "date": time.strftime("%Y-%m-%d"),
    }
    for name, part, measure in (("throughput", "decode", decode), ("latency", "load", load)):
        path = getattr(asked, name)
        if path is None or not path.is_file():
            print(f"{part}: skipped, no measured rows; give --{name} FILE or set {PATHS[name]}")
            continue
        result[part] = measure(path)
    if len(result) > 2:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(result, indent=1) + "\n")
        print(section(result))


if __name__ == "__main__":
    main()
