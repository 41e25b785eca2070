"""The speed constants of every engine and device class, fitted on measured rows, with their error on held-out ones."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from io import StringIO
from typing import Any

import numpy as np

from pricing import observations
from pricing.fitting import (
    Search,
    blank,
    by_gpu_and_model,
    constants,
    fit,
    group,
    held_out,
    sample,
    solve,
    summary,
    where,
)
from pricing.observations import Observation
from pricing.speed import SpeedConstants

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
            best = replace(
                best, device_class=name, **summary(where(steps, own), token[own], "tpot"), **_range(steps), **growth
            )
            in_class = [row for row in prompts if (row.accelerator.device_class == "hbm") == (name == "hbm")]
            asked = in_class if len({row.gpu for row in in_class}) > 1 else prompts
            _, first = held_out(asked, best, PROMPT_SEARCH)
            found.append(replace(fit(asked, best, PROMPT_SEARCH), **summary(asked, first, "ttft")))
    exllama = [row for row in rows if row.phase == "decode" and row.family == "exllamav2"]
    if found and len({row.gpu for row in exllama}) > 1:
        start = replace(found[0], engine="exllamav2", kernel_operations_per_weight=0.0)
        start = replace(start, cache_factor=1.0, split_layer_us=0.0)
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
        theirs = where(loops, mine)
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


def as_csv(found: Sequence[SpeedConstants]) -> str:
    """The constants table as text."""
    out = StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(SpeedConstants)], lineterminator="\n")
    writer.writeheader()
    for one in found:
        row = {key: f"{value:.5g}" if isinstance(value, float) else value for key, value in asdict(one).items()}
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
    return out.getvalue()
