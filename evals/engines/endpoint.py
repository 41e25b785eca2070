"""An endpoint as a variant under lm-eval."""

from __future__ import annotations

from functools import partial
from typing import Any

from evals.endpoints.entry import Endpoint
from evals.endpoints.findings import Findings
from evals.endpoints.spend import Meter
from evals.engines.endpoint_check import check
from evals.engines.endpoint_form import WrittenChoice
from evals.engines.endpoint_lm import EndpointLM
from evals.engines.loaded import LoadedVariant


def load(endpoint: Endpoint, run: str) -> LoadedVariant:
    """Checked once more; what a check proved before and is no longer so is refused by name."""
    found = check(endpoint, endpoint.kind)
    if not found.works:
        raise RuntimeError(f"{found.problem}; try: python -m evals endpoint check {endpoint.name}")
    now = found.endpoint
    for field in ("multiple_choice", "omits"):
        if getattr(now, field) != getattr(endpoint, field):
            raise RuntimeError(
                f"endpoint {endpoint.name!r} changed: {field} is now {getattr(now, field)!r}, not "
                f"{getattr(endpoint, field)!r}; run python -m evals endpoint check {endpoint.name}, then start again"
            )
    lm = EndpointLM(endpoint, Meter(endpoint, run))
    return LoadedVariant(
        tokenizer=None,
        weight_bytes=0,  # nobody tells: results read 0 as unknown
        bits_per_weight=0.0,
        facts=facts(endpoint, found),
        lm=lm,
        form=partial(form, endpoint),
    )


def facts(endpoint: Endpoint, found: Findings) -> dict[str, Any]:
    """What is kept with the results: never a key."""
    return {
        "endpoint": {
            "name": endpoint.name,
            "base_url": endpoint.base_url,
            "model": endpoint.model,
            "served_model": found.served_model,
            "kind": endpoint.kind,
            "multiple_choice": endpoint.multiple_choice,
            "greedy": endpoint.is_greedy,
            "precision": endpoint.precision,
            "hardware": endpoint.hardware,
            "warnings": list(found.warnings),
        }
    }


def form(endpoint: Endpoint, lm_task: Any, metric: str) -> Any:
    """The task as this endpoint is asked."""
    if lm_task.OUTPUT_TYPE != "multiple_choice" or endpoint.multiple_choice == "likelihood":
        return lm_task
    return WrittenChoice(lm_task, metric, endpoint.kind)
