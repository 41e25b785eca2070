"""Our predictions against measured rows of a file."""

from __future__ import annotations

import csv
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pricing import formats, memory, models, observations, predict, speed
from pricing.names import UnknownName
from pricing.observations import Observation

MEMORY_COLUMNS = {"model", "quant", "context_len", "mem_gb", "engine"}


def validate(path: Path, kind: str) -> dict[str, Any]:
    """Errors of ``decode`` (tokens/s, one stream) or ``memory`` (GiB) predictions on the rows of a CSV.

    Errors are fractions of the measured value. Raises ValueError for another kind or a file without the columns.
    """
    if kind == "decode":
        return _decode(path)
    if kind == "memory":
        return _memory(path)
    raise ValueError(f"kind is {kind!r}; give decode or memory")


def _decode(path: Path) -> dict[str, Any]:
    observed = observations.read(path)
    skipped = Counter(observed.skipped)
    pairs, ran_out = [], []
    for row in observed.rows:
        if row.phase != "decode":
            skipped[f"phase {row.phase}"] += 1
            continue
        if row.seconds is None:
            ran_out.append(predict.slots(row) == 0)
            continue
        fitted = speed.constants(row.engine, row.accelerator.device_class)
        said, _ = predict.seconds(row, fitted)
        if said is None:
            skipped["no prediction"] += 1
            continue
        pairs.append((row, row.batch / said, row.batch / row.seconds, math.exp(fitted.tpot_log_q90)))

    def labels(row: Observation) -> dict[str, str]:
        return {"gpu": row.gpu, "model": row.model.name, "quant": row.format.label, "engine": row.engine_label}

    report = _report([(labels(row), said, seen, factor) for row, said, seen, factor in pairs], skipped)
    report["oom_rows"] = len(ran_out)
    report["oom_right_fraction"] = sum(ran_out) / len(ran_out) if ran_out else None
    return report


def _memory(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not set(reader.fieldnames or ()) >= MEMORY_COLUMNS:
            wanted = ", ".join(sorted(MEMORY_COLUMNS))
            raise ValueError(f"{path.name} has the columns {', '.join(reader.fieldnames or ())}; expected {wanted}")
        skipped: Counter[str] = Counter()
        pairs = []
        for row in reader:
            said = _predicted_gib(row)
            if isinstance(said, str):
                skipped[said] += 1
                continue
            labels = {
                name: row.get(column) or ""
                for name, column in (("gpu", "gpu"), ("model", "model"), ("quant", "quant"), ("engine", "engine"))
            }
            pairs.append((labels, said, float(row["mem_gb"]), 1.1))
    return _report(pairs, skipped)


def _predicted_gib(row: dict[str, str]) -> float | str:
    """What the memory model says the row's engine reports, in GiB, or why it says nothing."""
    seen, context = observations.number(row["mem_gb"]), observations.number(row["context_len"])
    if seen is None or context is None:
        return "no memory or context"
    label = (row.get("engine") or "").lower()
    cards = int(observations.number(row.get("n_gpu")) or 1)
    try:
        model = models.find(row["model"].split("/")[-1])
        llama_cpp = "llama.cpp" in label
        quant = row["quant"]
        name = (
            "GGUF F16" if llama_cpp and quant.upper() == "F16" else observations.QUANTIZATIONS.get(quant.lower(), quant)
        )
        stored = formats.find(name)
    except UnknownName as error:
        return f"not in the tables: {str(error).split(';')[0]}"
    weights = stored.weight_bytes(model)
    generated = observations.number(row.get("gen_len")) or 0.0
    if llama_cpp:
        # The input embedding stays in host memory; the context is reserved in full.
        weights *= speed.read_fraction(model, stored)
        buffers = cards * memory.llama_cpp_buffer_bytes(model, context, flash_attention=False)
        return (weights + model.kv_bytes(context) + buffers) / memory.GIB
    if "transformers" in label:
        if model.tied_embeddings and stored.bits_per_weight < 16 and (stored.label == "fp8" or "4.38" in label):
            weights += model.embedding_parameters * 2  # these checkpoints load the output matrix a second time
        held = model.kv_bytes(context + generated)
        if "4.51" not in label:  # its published figures leave the activations of the prompt out
            held += memory.activation_bytes(model, context, cards)
        if "full-sequence logits" in label:
            held += context * model.vocab_size * 6
        return (weights + held) / memory.GIB
    return "a paged cache takes a fixed share of the card" if "vllm" in label else "engine not modelled"


def _report(pairs: Iterable[tuple[dict[str, str], float, float, float]], skipped: Counter[str]) -> dict[str, Any]:
    rows = [(labels, said, seen, said / seen - 1, factor) for labels, said, seen, factor in pairs]
    total = len(rows) + sum(skipped.values())
    by: dict[str, dict[str, Any]] = {}
    for name in ("gpu", "model", "quant", "engine"):
        groups: dict[str, list[float]] = defaultdict(list)
        for labels, _, _, error, _ in rows:
            groups[labels[name]].append(error)
        by[name] = {
            key: {"n": len(errors), "mape": _mean(errors, abs), "bias": _mean(errors, float)}
            for key, errors in sorted(groups.items())
        }
    worst = sorted(rows, key=lambda row: -abs(row[3]))[:10]
    return {
        "n": len(rows),
        "predicted_fraction": len(rows) / total if total else None,
        "mape": _mean([row[3] for row in rows], abs),
        "median_ape": statistics.median(abs(row[3]) for row in rows) if rows else None,
        "bias": _mean([row[3] for row in rows], float),
        "band_coverage": _mean(
            [float(seen / factor <= said <= seen * factor) for _, said, seen, _, factor in rows], float
        ),
        "by": by,
        "worst": [
            {**labels, "predicted": said, "measured": seen, "error": error} for labels, said, seen, error, _ in worst
        ],
        "skipped": dict(skipped.most_common()),
    }


def _mean(values: list[float], of: Callable[[float], float]) -> float | None:
    return statistics.fmean(of(value) for value in values) if values else None
