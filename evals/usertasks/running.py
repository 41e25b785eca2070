"""Model-written code in the sandbox: calls of a function, whose results are compared outside, or a program and its
tests.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from evals.sandbox import UNSANDBOXED, Limits, Outcome, Session, Tally, open_session

_tally = Tally()
_CALL = "_called_with_all"
CODE_EVAL_LIMITS = Limits(cpu_s=3, wall_s=11.0)  # the seconds that code_eval gives; wall: 3 × cpu_s + 2
_TOLD = "_ran_then_told"
_TELLING = f"""
_space = {{}}
def {_TOLD}(step, run=exec, compiled=compile):
    source, word = step
    run(compiled(source, "program.py", "exec", dont_inherit=True), _space)
    return word
"""


@lru_cache(maxsize=1)
def _session() -> Session:
    return open_session()


@lru_cache(maxsize=1)
def _test_session() -> Session:
    return open_session(CODE_EVAL_LIMITS)


def returned(source: str, name: str, calls: list[tuple[Any, ...]]) -> tuple[list[Any] | None, dict[str, float]]:
    """What ``name(*arguments)`` returns for each of ``calls``, None if it fails; and a mark where no sandbox held it.

    Raises NotScored where the sandbox itself failed, TooManyErrors where it does so often.
    """
    whole = f"{source}\n\ndef {_CALL}(arguments):\n    return {name}(*arguments)\n"
    outcome = _tally.count(_session().call(whole, [list(arguments) for arguments in calls], name=_CALL))
    return None if outcome.outputs is None else list(outcome.outputs), _marks(outcome)


def passes(program: str, tests: str) -> tuple[bool, dict[str, float]]:
    """Whether ``tests`` come to their end after ``program``, in one scope; and a mark where no sandbox held it.

    A program that leaves early does not pass: a word drawn for this run has to come back after the last test. Tests
    that ride along can still be fooled by a program made for it, as by an object equal to everything.
    Raises as ``returned`` does.
    """
    word = secrets.token_hex(8)
    outcome = _tally.count(_test_session().call(_TELLING, [(program, ""), (tests, word)], name=_TOLD))
    return outcome.outputs == ("", word), _marks(outcome)


def _marks(outcome: Outcome) -> dict[str, float]:
    return {"unsandboxed": 1.0} if outcome.backend == UNSANDBOXED else {}
