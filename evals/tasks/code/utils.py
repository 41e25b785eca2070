"""Does the written function return what is expected on every input? It runs in the sandbox; the comparison does not."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from evals.sandbox import Session, open_session
from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


@lru_cache(maxsize=1)
def _session() -> Session:
    return open_session()


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """1 if every output is as expected; trouble of the sandbox itself is an error, never a wrong answer."""
    outcome = _session().call(f"def f(x): return {results[0].strip()}", json.loads(doc["inputs"]))
    if outcome.verdict == "sandbox_error":
        raise RuntimeError(f"the sandbox failed on an item: {outcome.stdout[:200]}")
    returned = outcome.verdict == "pass" and json.dumps(outcome.outputs and list(outcome.outputs))
    return {"passed": float(returned == json.dumps(json.loads(doc["outputs"])))}
