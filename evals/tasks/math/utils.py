"""The number after the last ``so``."""

from __future__ import annotations

import re
from typing import Any

from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """1 if the final number is right, whatever the steps before it."""
    final = re.fullmatch(r".*\bso (-?\d+)\s*", results[0], flags=re.DOTALL)
    return {"final_answer": float(final is not None and int(final[1]) == doc["final"])}
