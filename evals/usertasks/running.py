"""Calls of a model-written function in the sandbox; what comes back is compared by the scorer, outside."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from evals.sandbox import UNSANDBOXED, Session, Tally, open_session

_tally = Tally()
_CALL = "_called_with_all"


@lru_cache(maxsize=1)
def _session() -> Session:
    return open_session()


def returned(source: str, name: str, calls: list[tuple[Any, ...]]) -> tuple[list[Any] | None, dict[str, float]]:
    """What ``name(*arguments)`` returns for each of ``calls``, None if it fails; and a mark where no sandbox held it.

    Raises NotScored where the sandbox itself failed, TooManyErrors where it does so often.
    """
    whole = f"{source}\n\ndef {_CALL}(arguments):\n    return {name}(*arguments)\n"
    outcome = _tally.count(_session().call(whole, [list(arguments) for arguments in calls], name=_CALL))
    marks = {"unsandboxed": 1.0} if outcome.backend == UNSANDBOXED else {}
    return None if outcome.outputs is None else list(outcome.outputs), marks
