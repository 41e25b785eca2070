"""Every step of the trace, in order."""

from __future__ import annotations

from typing import Any

from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """``all_steps``: 1 if the trace is right throughout; ``steps_before_error``: share right before the first error."""
    steps, expected = [step.strip() for step in results[0].strip().split(";")], doc["steps"]
    right = 0
    for seen, wanted in zip(steps, expected, strict=False):
        if seen != wanted:
            break
        right += 1
    return {"all_steps": float(steps == expected), "steps_before_error": right / len(expected)}
