"""The number after the last equals sign."""

from __future__ import annotations

import re
from typing import Any

from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """1 if the final number is right, whatever the steps before it."""
    numbers = re.findall(r"-?\d+", results[0].strip().split("=")[-1])
    return {"final_answer": float(bool(numbers) and int(numbers[0]) == doc["final"])}
