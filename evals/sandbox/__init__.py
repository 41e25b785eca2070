"""Runs model-written code where it can reach nothing, or refuses.

    sandbox = choose()
    if sandbox is None:
        print(why_not())
    else:
        with sandbox.session() as session:
            session.call("def f(x): return x * 2", [1, 2]).outputs  # (2, 4)

Programs may compute, import Python's standard library and print. They see no file but that library, no network, no
environment, no other process, and can start none. What they return is compared outside. Limits of the promise: a bug in
the kernel is a way out; and a whole program (``run``) reports its own success, so tests that ride along in the same
source can be fooled by it. Judge by ``call`` and compare the outputs.
"""

from evals.sandbox.choice import (
    UNSANDBOXED,
    FunctionCall,
    NoSandbox,
    Sandbox,
    choose,
    open_session,
    refused,
    run_functions,
    why_not,
)
from evals.sandbox.limits import Limits
from evals.sandbox.session import Session
from evals.sandbox.tally import NotScored, Tally, TooManyErrors
from evals.sandbox.verdicts import VERDICTS, Outcome, Verdict

__all__ = [
    "UNSANDBOXED",
    "VERDICTS",
    "FunctionCall",
    "Limits",
    "NoSandbox",
    "NotScored",
    "Outcome",
    "Sandbox",
    "Session",
    "Tally",
    "TooManyErrors",
    "Verdict",
    "choose",
    "open_session",
    "refused",
    "run_functions",
    "why_not",
]
