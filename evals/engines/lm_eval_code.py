"""lm-eval's code tasks without Hugging Face's ``code_eval``, which is no sandbox: prompts, shots, stops and the program
of an answer are lm-eval's own; running it is ours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from evals.usertasks.code_tasks import CODE_TASKS
from evals.usertasks.running import passes


@contextmanager
def code_eval_out_of_reach() -> Iterator[None]:
    """What is imported meanwhile gets a ``code_eval`` that runs nothing and gives no score.

    lm-eval's modules of these tasks fetch it from the Hub and run a program with it as they are imported.
    """
    nothing = SimpleNamespace(compute=lambda **_: ({}, {}))
    there = sys.modules.get("evaluate")
    sys.modules["evaluate"] = SimpleNamespace(load=lambda *_, **__: nothing)  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["evaluate"]
        if there is not None:
            sys.modules["evaluate"] = there


def judged_here(task: Any, name: str) -> Any:
    """The task ``name`` of lm-eval, scored by running program and tests in the sandbox, one score an item."""

    def process_results(doc: dict[str, Any], results: list[Any]) -> dict[str, float]:
        passed, marks = passes(program_of(results[0]), str(task.doc_to_target(doc)))
        return {CODE_TASKS[name]: float(passed), **marks}

    task.config.process_results = process_results
    return task


def program_of(response: Any) -> str:
    """The program of a filtered response: lm-eval's filters of these tasks give a list of them, for each sample."""
    return str(response[0] if isinstance(response, list) else response)
