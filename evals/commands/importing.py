"""``import``, ``imports``, ``forget``: runs of other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.importing.keeping import forget as forget_run
from evals.importing.keeping import imports as kept_runs
from evals.importing.taking import Taken, take


def import_runs(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, or folders that are searched.")],
    quantization: Annotated[str | None, typer.Option(help="Where a file does not say: bf16, Q4_K_M …")] = None,
    model: Annotated[str | None, typer.Option(help="The model's name, where it should be another one.")] = None,
    task_group: Annotated[str, typer.Option(help="Group of the tasks, where their names do not tell.")] = "",
    sample: Annotated[int | None, typer.Option(help="Keep this many items a task of a CSV, the same ones.")] = None,
    hardware: Annotated[str, typer.Option(help="What speeds were measured on, a replica: 1x H100, 2x A100.")] = "",
    as_json: Json = False,
) -> None:
    """Take over runs of lm-eval, Inspect and guidellm, or item results as CSV; a file goes in whole or not at all."""
    with told():
        taken = take(
            paths, quantization=quantization, model=model, task_group=task_group, sample=sample, hardware=hardware
        )
    say(taken.as_json(), as_json, _said(taken))
    if not taken.runs and taken.refused:
        raise typer.Exit(1)


def imports(as_json: Json = False) -> None:
    """List the imported runs."""
    with told():
        found = kept_runs()
    lines = [f"{r.id}  {r.model} @ {r.quantization}  {r.tool} {r.tool_version}  {', '.join(r.files)}" for r in found]
    say({"runs": [asdict(run) for run in found]}, as_json, "\n".join(lines) or "nothing was imported yet")


def forget(name: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = False) -> None:
    """Take an imported run out again."""
    with told():
        forget_run(name)
    say({"run": name, "state": "forgotten"}, as_json, f"forgot {name}")


def _said(taken: Taken) -> str:
    lines = []
    for run in taken.runs:
        lines.append(f"{run.id}  {run.model} @ {run.quantization}")
        lines += [f"  {task}: {'n not stated' if n is None else f'n = {n:,}'}" for task, n in run.tasks]
        lines += [f"  note: {warning}" for warning in run.warnings]
    lines += [f"refused {each.file}: {each.reason}" for each in taken.refused]
    return "\n".join(lines)
