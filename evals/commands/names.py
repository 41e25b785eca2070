"""``list``: what can be named."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.models import named_models
from evals.quantizations import QUANTIZATIONS
from evals.tasks import tasks
from evals.usertasks.lm_eval_index import lm_eval_tasks

KINDS = ("models", "quantizations", "tasks")
SHOWN = 40
RUNS_CODE = "  (runs code: not run here)"


def list_names(
    what: Annotated[str, typer.Argument(help="models, quantizations or tasks; all if left out.")] = "",
    search: Annotated[str, typer.Argument(help="With --lm-eval: words that a task's name or description holds.")] = "",
    lm_eval: Annotated[bool, typer.Option("--lm-eval", help="List the tasks that lm-eval knows by name.")] = False,
    as_json: Json = False,
) -> None:
    """The models, quantizations and tasks that can be named; with --lm-eval what lm-eval brings along."""
    if lm_eval:
        with told():
            found = lm_eval_tasks(search or ("" if what in KINDS else what))
        lines = [
            f"{t.name:40} {t.group:20} {t.dataset}{RUNS_CODE if t.refused else ''}\n    {t.description}"
            for t in found[:SHOWN]
        ]
        more = [f"and {len(found) - SHOWN:,} more; add a word to the search"] if len(found) > SHOWN else []
        say({"lm_eval_tasks": [asdict(t) for t in found]}, as_json, "\n".join([*lines, *more]) or "none found")
        return
    with told():
        if what and what not in KINDS:
            raise ValueError(f"list is asked for {what!r}; choose from {', '.join(KINDS)}")
    every = {"models": list(named_models()), "quantizations": list(QUANTIZATIONS), "tasks": list(tasks())}
    known = {kind: names for kind, names in every.items() if what in ("", kind)}
    say(known, as_json, "\n".join(f"{kind}: {', '.join(names)}" for kind, names in known.items()))
