"""Does the written function return what is expected on every input? It runs in the sandbox; the comparison does not."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from evals.sandbox import UNSANDBOXED, Session, Tally, open_session
from evals.tasks import load_items

__all__ = ["load_items", "process_results"]


_tally = Tally()


@lru_cache(maxsize=1)
def _session() -> Session:
    return open_session()


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """1 if every output is as expected; marked where code ran without a sandbox.

    Raises NotScored where the sandbox itself failed, TooManyErrors where it does so often.
    """
    outcome = _tally.count(_session().call(f"def f(x): return {results[0].strip()}", json.loads(doc["inputs"])))
    # Compared as written, so that True is not 1 and a tuple is not a list.
    passed = outcome.outputs is not None and repr(list(outcome.outputs)) == repr(json.loads(doc["outputs"]))
    return {"passed": float(passed), **({"unsandboxed": 1.0} if outcome.backend == UNSANDBOXED else {})}
