"""Our predictions against measured rows of a file."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing import lookup, observations, peak, predict
from pricing.memory import GIB
from pricing.observations import Observation

KINDS = ("decode", "latency", "memory")
MEMORY_COLUMNS = frozenset({"model", "quant", "context_len", "mem_gb", "engine"})
MEMORY_BAND = 1.03  # nine in ten published peaks lie within it
NOT_ASKED = (
    "phase ",
    "same row twice",
    "wrong in the source",
    "GPU not stated",
)  # reasons that say nothing of what we can predict
GROUPS = ("gpu", "model", "quant", "engine")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One prediction beside its measurement; ``band`` and ``narrow_band`` are factors: the 90 % and the 80 % band."""

    labels: dict[str, str]
    said: float
    seen: float
    band: float
    narrow_band: float

    @property
    def error(self) -> float:
        """Error as a fraction of the measured value."""
        return self.said / self.seen - 1

    def inside(self, factor: float) -> bool:
        """True where the measurement lies within ``factor`` of the prediction."""
        return self.said / factor <= self.seen <= self.said * factor


def validate(path: Path, kind: str) -> dict[str, Any]:
    """Errors of ``decode`` (tokens/s, one stream), ``latency`` (seconds per token and to the first, under load) or
    ``memory`` (GiB) predictions on the rows of a CSV.

    Errors are fractions of the measured value; ``band_coverage`` is of the 90 % band. Raises ValueError for another
    kind or a file without the columns.
    """
    if kind == "decode":
        return decode(path)
    if kind == "latency":
        return latency(path)
    if kind == "memory":
        return memory(path)
    raise ValueError(f"kind is {kind!r}; give {', '.join(KINDS[:-1])} or {KINDS[-1]}")


def _labels(row: Observation) -> dict[str, str]:
    return {"gpu": row.gpu, "model": row.model.name, "quant": row.format.label, "engine": row.engine_label}


def decode(path: Path) -> dict[str, Any]:
    """Tokens a second of the rows whose phase is decode; rows that ran out of memory are foretold or not."""
    _expect(path, observations.THROUGHPUT_COLUMNS)
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
        said, _ = predict.seconds(row)
        if said is None:
            skipped["no prediction"] += 1
            continue
        fitted = lookup.constants_of(row.family, row.engine, row.accelerator.device_class)
        pairs.append(
            Pair(
                labels=_labels(row),
                said=row.batch / said,
                seen=row.batch / row.seconds,
                band=math.exp(fitted.tpot_log_q90),
                narrow_band=math.exp(fitted.tpot_log_q80),
            )
        )
    report = _report({"": pairs}, skipped)
    report["oom_rows"] = len(ran_out)
    report["oom_right_fraction"] = sum(ran_out) / len(ran_out) if ran_out else None
    return report


def latency(path: Path) -> dict[str, Any]:
    """Seconds per token and to the first token of rows measured at a number of clients or of requests a second."""
    _expect(path, observations.LATENCY_COLUMNS)
    observed = observations.read(path)
    skipped = Counter(observed.skipped)
    token, first = [], []
    for row in observed.rows:
        token_s, first_s = predict.seconds(row)
        if token_s is None or row.seconds is None:
            skipped["cannot keep up with its requests" if row.phase == "open" else "no prediction"] += 1
            continue
        fitted = lookup.constants_of(row.family, row.engine, row.accelerator.device_class)
        bands = math.exp(fitted.tpot_log_q90), math.exp(fitted.tpot_log_q80)
        labels = _labels(row)
        token.append(Pair(labels=labels, said=token_s, seen=row.seconds, band=bands[0], narrow_band=bands[1]))
        if first_s is not None and row.first_token_s is not None:
            bands = math.exp(fitted.ttft_log_q90), math.exp(fitted.ttft_log_q80)
            first.append(Pair(labels=labels, said=first_s, seen=row.first_token_s, band=bands[0], narrow_band=bands[1]))
    return _report({"tpot_": token, "ttft_": first}, skipped)


def memory(path: Path) -> dict[str, Any]:
    """GiB that an engine reports, weights, cache and buffers over all cards."""
    _expect(path, MEMORY_COLUMNS)
    skipped: Counter[str] = Counter()
    pairs = []
    for row in observations.table(path)[0]:
        said = _predicted_gib(row)
        if isinstance(said, str):
            skipped[said] += 1
            continue
        labels = {name: row.get(name) or "" for name in GROUPS}
        seen = float(row["mem_gb"])
        pairs.append(Pair(labels=labels, said=said, seen=seen, band=MEMORY_BAND, narrow_band=MEMORY_BAND))
    return _report({"": pairs}, skipped)


def _predicted_gib(row: dict[str, str]) -> float | str:
    """What the memory model says the row's engine reports, in GiB, or why it says nothing."""
    seen, context = observations.number(row["mem_gb"]), observations.number(row["context_len"])
    if seen is None or seen <= 0 or context is None:
        return "no memory or context"
    label = row.get("engine") or ""
    shape = lookup.model(row["model"], observations.number(row.get("params_b")))
    if shape is None:
        return "model not in the tables"
    stored = lookup.quantization(row["quant"], shape, "llama.cpp" if "llama.cpp" in label.lower() else "vllm")
    if stored is None:
        return "quantization not in the tables"
    said = peak.reported_bytes(
        label,
        shape,
        stored,
        context_tokens=context,
        generated_tokens=observations.number(row.get("gen_len")) or 0.0,
        cards=int(observations.number(row.get("n_gpu")) or 1),
        batch=observations.number(row.get("batch")) or 1.0,
    )
    if said is None:
        return "a paged cache takes a fixed share of the card" if "vllm" in label.lower() else "engine not modelled"
    return said / GIB


def _expect(path: Path, wanted: frozenset[str]) -> None:
    columns = observations.table(path)[1]
    if not columns >= wanted:
        given = ", ".join(sorted(columns)) or "none"
        raise ValueError(f"{path.name} has the columns {given}; expected {', '.join(sorted(wanted))}")


def _report(measures: dict[str, Sequence[Pair]], skipped: Counter[str]) -> dict[str, Any]:
    """One report of one or more measures, each under its prefix; the first decides what counts as predicted."""
    leading = next(iter(measures.values()))
    missed = sum(count for reason, count in skipped.items() if not reason.startswith(NOT_ASKED))
    report: dict[str, Any] = {
        "n": len(leading),
        "predicted_fraction": len(leading) / (len(leading) + missed) if leading or missed else None,
    }
    for prefix, pairs in measures.items():
        errors = [pair.error for pair in pairs]
        report |= {
            f"{prefix}mape": _mean(errors, abs),
            f"{prefix}median_ape": statistics.median(abs(error) for error in errors) if errors else None,
            f"{prefix}bias": _mean(errors, float),
            f"{prefix}band_coverage": _mean([float(pair.inside(pair.band)) for pair in pairs], float),
            f"{prefix}band_80_coverage": _mean([float(pair.inside(pair.narrow_band)) for pair in pairs], float),
        }
    report["by"] = {name: _by(name, measures) for name in GROUPS}
    report["worst"] = [
        {**pair.labels, **({"measure": prefix[:-1]} if prefix else {}), **_values(pair)}
        for prefix, pairs in measures.items()
        for pair in sorted(pairs, key=lambda one: -abs(one.error))[:10]
    ]
    report["skipped"] = dict(skipped.most_common())
    return report


def _values(pair: Pair) -> dict[str, float]:
    return {"predicted": pair.said, "measured": pair.seen, "error": pair.error}


def _by(name: str, measures: dict[str, Sequence[Pair]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for prefix, pairs in measures.items():
        groups: dict[str, list[float]] = defaultdict(list)
        for pair in pairs:
            groups[pair.labels[name]].append(pair.error)
        for key, errors in sorted(groups.items()):
            found[key].setdefault("n", len(errors))
            found[key] |= {f"{prefix}mape": _mean(errors, abs), f"{prefix}bias": _mean(errors, float)}
    return dict(found)


def _mean(values: Sequence[float], of: Callable[[float], float]) -> float | None:
    return statistics.fmean(of(value) for value in values) if values else None
