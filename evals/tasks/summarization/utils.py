"""Facts stated right, ROUGE-L and exact match of a one-line summary."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


@lru_cache(maxsize=1)
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"])


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``facts`` is the share of the expected facts that occur as whole words."""
    summary, expected = results[0].strip(), doc["answer"].strip()
    stated = [re.search(rf"(?<!\w){re.escape(fact)}(?!\w)", summary) is not None for fact in doc["facts"]]
    return {
        "facts": sum(stated) / len(stated),
        "rougeL": _rouge().score(expected, summary)["rougeL"].fmeasure,
        "exact_match": float(summary == expected),
    }
