"""Which of the eight labels is the likeliest continuation."""

from __future__ import annotations

from typing import Any

from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


def process_results(doc: dict[str, Any], results: list[tuple[float, bool]]) -> dict[str, float]:
    """1 if the label with the highest log-likelihood is the expected one."""
    likelihoods = [likelihood for likelihood, _ in results]
    chosen = doc["labels"][likelihoods.index(max(likelihoods))]
    return {"acc": float(chosen == doc["answer"].strip())}
