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
        raise RuntimeError(f"the sandbox failed on an item: {outcome.reason}")
    # Compared as written, so that True is not 1 and a tuple is not a list.
    passed = outcome.outputs is not None and repr(list(outcome.outputs)) == repr(json.loads(doc["outputs"]))
    return {"passed": float(passed)}
