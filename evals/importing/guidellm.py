"""guidellm's benchmark reports, versions 1 and 2: latency and throughput under load."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.importing.imported import ImportedRun, ServedSpeed, content_id, shown_model
from evals.importing.labels import from_name, settled
from evals.importing.refusal import Refused
from evals.importing.strict_json import Warnings, mapping
from evals.statistics.quantiles import bounding_ranks

KNOWN_VERSIONS = (1, 2)
FEWEST_FOR_P95 = 20  # below, the 95th percentile is the slowest request or beyond
PERCENTILES = {
    "min": 0.0, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0,
}  # fmt: skip
STATUSES = ("successful", "errored", "incomplete")


def is_report(value: Any) -> bool:
    """Whether a JSON value looks like a report of guidellm."""
    listed = value.get("benchmarks") if isinstance(value, dict) else None
    return isinstance(listed, list) and (
        "guidellm_version" in mapping(value.get("metadata"))
        or any("request_totals" in mapping(mapping(b).get("metrics")) for b in listed)
    )


def read_report(path: Path, value: Mapping[str, Any], quantization: str | None, name: str | None) -> ImportedRun:
    """The speeds in a report. Raises Refused, also where no request succeeded."""
    notes, meta = Warnings(), mapping(value.get("metadata"))
    if meta.get("version") not in KNOWN_VERSIONS:
        notes.add(f"report version {str(meta.get('version'))[:20]}; read as version {KNOWN_VERSIONS[-1]}")
    benchmarks = [b for b in value["benchmarks"] if isinstance(b, dict)]
    if not benchmarks:
        raise Refused("the report holds no benchmarks")
    speeds = [_speed(benchmark, index, notes) for index, benchmark in enumerate(benchmarks, start=1)]
    if not any(speed.successful for speed in speeds):
        failed = sum(speed.errored for speed in speeds)
        raise Refused(f"not one request succeeded ({failed:,} failed): its rates and latencies mean nothing")
    for speed in speeds:
        if not speed.successful:
            notes.add(f"{speed.load}: no request succeeded; left out")
        elif speed.errored or speed.incomplete:
            notes.add(
                f"{speed.load}: {speed.errored:,} requests failed and {speed.incomplete:,} were cut off by the time "
                f"limit; the figures are of the {speed.successful:,} that succeeded"
            )
        if 0 < speed.successful < FEWEST_FOR_P95:
            notes.add(f"{speed.load}: {speed.successful} requests are too few for a 95th percentile; left out")
    found = _model(value, benchmarks[0])
    model, note = shown_model(name or found)
    if note:
        notes.add(note)
    said: list[str] = []
    label = settled(from_name(found), quantization, said)
    for text in said:
        notes.add(text)
    return ImportedRun(
        id=content_id([path]),
        tool="guidellm",
        tool_version=str(meta.get("guidellm_version") or ""),
        files=(path.name,),
        model=model,
        quantization=label,
        created=_number(benchmarks[0].get("start_time")),
        tasks=(),
        speeds=tuple(speed for speed in speeds if speed.successful),
        warnings=notes.all(),
    )


def _speed(benchmark: Mapping[str, Any], index: int, notes: Warnings) -> ServedSpeed:
    metrics = mapping(benchmark.get("metrics"))
    counts = _counts(benchmark, metrics, f"benchmarks: {index}")
    load = _load(benchmark, index)
    tail = counts["successful"] >= FEWEST_FOR_P95

    def at(metric: str, statistic: str, scale: float = 1.0) -> float | None:
        if statistic == "p95" and not tail:
            return None
        summary = mapping(mapping(metrics.get(metric)).get("successful"))
        value = summary.get(statistic, mapping(summary.get("percentiles")).get(statistic))
        found = _number(value)
        return found / scale if counts["successful"] and found is not None and found >= 0 else None

    def ends(metric: str, name: str, scale: float = 1.0) -> dict[str, Any]:
        p95 = at(metric, "p95", scale)
        low, high = _interval(mapping(mapping(metrics.get(metric)).get("successful")), counts["successful"])
        if p95 is None or low is None or high is None or not low <= scale * p95 <= high:
            return {f"{name}_p95_s": p95}
        return {f"{name}_p95_s": p95, f"{name}_p95_low_s": low / scale, f"{name}_p95_high_s": high / scale}

    seconds = _number(benchmark.get("duration"))
    per_s = at("requests_per_second", "mean")
    return ServedSpeed(
        load=load,
        **counts,
        concurrency=at("request_concurrency", "mean"),
        e2e_p50_s=at("request_latency", "median"),
        **ends("request_latency", "e2e"),
        ttft_p50_s=at("time_to_first_token_ms", "median", 1000.0),
        **ends("time_to_first_token_ms", "ttft", 1000.0),
        tpot_p50_s=at("inter_token_latency_ms", "median", 1000.0),
        **ends("inter_token_latency_ms", "tpot", 1000.0),
        requests_per_s=per_s if per_s else counts["successful"] / seconds if seconds else None,
        output_tokens_per_s=at("output_tokens_per_second", "mean"),
        prompt_tokens=at("prompt_token_count", "mean"),
        output_tokens=at("output_token_count", "mean"),
        seconds=seconds,
    )


def _interval(summary: Mapping[str, Any], n: int) -> tuple[float | None, float | None]:
    """The nearest percentiles that bound the 95th of n requests with 95 % confidence, however they are interpolated."""
    lower, upper = bounding_ranks(n, 0.95) if n else (None, None)
    told = {**mapping(summary.get("percentiles")), **{name: summary.get(name) for name in ("min", "max")}}
    known = [(q, value) for name, q in PERCENTILES.items() if (value := _number(told.get(name))) is not None]
    below = [value for q, value in known if lower and math.ceil(1 + q * (n - 1)) <= lower and value >= 0]
    above = [value for q, value in known if upper and math.floor(1 + q * (n - 1)) >= upper]
    return max(below, default=None), min(above, default=None)


def _counts(benchmark: Mapping[str, Any], metrics: Mapping[str, Any], where: str) -> dict[str, int]:
    """Requests by outcome, as totalled, else as the scheduler or the list of requests counted them."""
    totals = mapping(metrics.get("request_totals") or benchmark.get("request_totals"))
    made = mapping(mapping(benchmark.get("scheduler_metrics")).get("requests_made"))
    listed = mapping(benchmark.get("requests"))
    found = {}
    for status in STATUSES:
        value = totals.get(status, made.get(status, listed.get(status)))
        value = len(value) if isinstance(value, list) else value if value is not None else 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Refused(f"{where}: request_totals: {status} is {str(value)[:40]}; expected a number of requests")
        found[status] = value
    return found


def _load(benchmark: Mapping[str, Any], index: int) -> str:
    config = mapping(benchmark.get("config"))
    strategy = mapping(config.get("strategy") or mapping(benchmark.get("scheduler")).get("strategy"))
    kind = strategy.get("type_") or strategy.get("kind") or strategy.get("type") or f"benchmark {index}"
    size = next((strategy[k] for k in ("streams", "max_concurrency", "rate") if _number(strategy.get(k))), None)
    return f"{kind} {size:.3g}" if isinstance(size, int | float) else str(kind)[:40]


def _model(value: Mapping[str, Any], benchmark: Mapping[str, Any]) -> str:
    arguments, config = mapping(value.get("args")), mapping(benchmark.get("config"))
    scenario = mapping(value.get("config"))
    places = (
        config.get("backend"), mapping(scenario.get("benchmark")).get("backend"), scenario.get("backend"),
        arguments.get("backend_kwargs"), mapping(benchmark.get("benchmarker")).get("backend"), arguments,
        mapping(benchmark.get("worker")).get("backend_kwargs"), benchmark.get("worker"),
    )  # fmt: skip
    named = (mapping(place).get(key) for place in places for key in ("model", "backend_model"))
    return next((str(name) for name in named if isinstance(name, str) and name), "")


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None
