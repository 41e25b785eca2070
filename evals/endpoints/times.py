"""How long requests to an endpoint took, from what was kept with every item."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Any

from evals.endpoints.entry import PREFIX
from evals.statistics.quantiles import Quantile, quantile
from evals.store import Store, shared_store

P95 = 0.95


@dataclass(frozen=True, kw_only=True)
class RequestTimes:
    """Generated answers of one endpoint, ``at_once`` under way together, each the attempt that was answered.

    p95 in seconds with its 95 % interval; first token and time per token only where the server streams. Tokens are
    means, None where the server does not count them.
    """

    model: str
    tasks: tuple[str, ...]
    n: int
    at_once: int
    e2e_p95_s: Quantile
    ttft_p95_s: Quantile | None
    tpot_p95_s: Quantile | None
    prompt_tokens: float | None
    output_tokens: float | None
    retried: int


def request_times(model: str, store: Store | None = None) -> RequestTimes | None:
    """Of all answers kept for an endpoint, at the concurrency most of them were asked at; None if there are none."""
    store = store or shared_store()
    return _request_times(model, store, store.stamp())


@lru_cache(maxsize=64)
def _request_times(model: str, store: Store, stamp: object) -> RequestTimes | None:
    if not model.startswith(PREFIX):
        return None
    cells = {c["cell_key"]: c["task"] for c in store.cells() if c["model"] == model}
    archived = store.archives(cells)
    rows = [
        (task, metrics)
        for key, task in cells.items()
        if key not in archived
        for item in store.items(key)
        if "request_e2e_s" in (metrics := json.loads(item["metrics"]))
    ]
    if not rows:
        return None
    usual = Counter(m["request_concurrency"] for _, m in rows).most_common(1)[0][0]
    kept = [(task, m) for task, m in rows if m["request_concurrency"] == usual]
    found = [m for _, m in kept]
    return RequestTimes(
        model=model,
        tasks=tuple(sorted({task for task, _ in kept})),
        n=len(found),
        at_once=int(usual),
        e2e_p95_s=quantile([m["request_e2e_s"] for m in found], P95),
        ttft_p95_s=_p95(m.get("request_ttft_s") for m in found),
        tpot_p95_s=_p95(map(_per_token_s, found)),
        prompt_tokens=_mean(m.get("request_prompt_tokens") for m in found),
        output_tokens=_mean(m.get("request_output_tokens") for m in found),
        retried=sum(m["request_attempts"] > 1 for m in found),
    )


def _per_token_s(metrics: Mapping[str, Any]) -> float | None:
    first, tokens = metrics.get("request_ttft_s"), metrics.get("request_output_tokens")
    if first is None or tokens is None or tokens < 2:
        return None
    return float((metrics["request_e2e_s"] - first) / (tokens - 1))


def _p95(values: Iterable[float | None]) -> Quantile | None:
    known = [value for value in values if value is not None]
    return quantile(known, P95) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
