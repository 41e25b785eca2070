"""``python -m evals``: run, watch, cancel, compare, export."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from evals import runs as control
from evals.comparisons import VariantComparison, compare
from evals.models import shipped_models
from evals.plan import Plan, demo_plan, named_plan
from evals.quantizations import QUANTIZATIONS
from evals.results import measured_measurements
from evals.sandbox.cli import app as sandbox_app
from evals.store import StoreError
from evals.tasks import tasks

app = typer.Typer(help="Measure how good quantized variants are.", no_args_is_help=True, add_completion=False)
app.add_typer(sandbox_app, name="sandbox", help="Check or use the sandbox for model-written code.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Names = Annotated[str | None, typer.Option(help="Comma-separated names; the plan's if left out.")]
POLL_S = 0.5
MAX_RESTARTS = 3


@contextmanager
def _told() -> Iterator[None]:
    """Expected troubles end as one line and exit code 2."""
    try:
        yield
    except (ValueError, StoreError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _split(given: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if given is not None else default


@app.command()
def run(
    plan: Annotated[str | None, typer.Option(help="A named plan, such as demo.")] = None,
    models: Names = None,
    quantizations: Names = None,
    tasks_: Annotated[str | None, typer.Option("--tasks", help="Comma-separated tasks or task groups.")] = None,
    limit: Annotated[int | None, typer.Option(help="Items a task; all if left out.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the items; 0 takes them as listed.")] = 0,
    detach: Annotated[bool, typer.Option(help="Return at once; the run goes on by itself.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluate models × quantizations × tasks and wait for the result."""
    with _told():
        base = named_plan(plan) if plan else demo_plan()
        given = Plan(
            models=_split(models, base.models),
            quantizations=_split(quantizations, base.quantizations),
            tasks=_split(tasks_, base.tasks),
            limit=limit if limit is not None else base.limit,
            seed=seed or base.seed,
            name=plan or "",
        )
        started = time.time()
        name = control.start(given)
    if detach:
        _say({"run": name}, as_json, f"started {name}; watch it with: python -m evals status {name}")
        return
    try:
        with _told():
            final = _watch(name, quiet=as_json)
    except KeyboardInterrupt:
        control.cancel(name)
        typer.echo(f"cancelled {name}; what was measured is kept", err=True)
        raise typer.Exit(130) from None
    result = run_json(final, time.time() - started)
    _say(result, as_json, _table(final))
    if any(cell.state != "done" for cell in final.cells):
        raise typer.Exit(1)


def run_json(final: control.RunStatus, seconds: float) -> dict[str, Any]:
    """The result of a run as one object: a cell for every measurement, and apart from them those without one."""
    measured = {(m.model, m.quantization, m.task): m for m in measured_measurements()}
    cells, missing = [], []
    for cell in final.cells:
        m = measured.get((cell.model, cell.quantization, cell.task))
        if cell.state == "done" and m is not None:
            cells.append(
                {
                    "model": cell.model,
                    "quantization": cell.quantization,
                    "task": cell.task,
                    "task_group": cell.task_group,
                    "metric": m.metric,
                    "score": cell.score,
                    "n": cell.items_done,
                    "low": cell.low,
                    "high": cell.high,
                    "origin": m.origin,
                    "weight_bytes": m.weight_bytes,
                    "bits_per_weight": m.bits_per_weight,
                    "seconds": cell.seconds,
                }
            )
        else:
            missing.append({**asdict(cell)})
    return {"run": final.run, "state": final.state, "cells": cells, "missing": missing, "seconds": round(seconds, 2)}


def _watch(name: str, quiet: bool) -> control.RunStatus:
    shown, restarts = "", 0
    while True:
        now = control.status(name)
        if now is None:
            raise typer.Exit(2)
        line = f"{now.cells_done} of {now.cells_total} cells, {now.items_done} of {now.items_total} items"
        if now.seconds_left is not None and now.state == "running":
            line += f", about {max(1, round(now.seconds_left / 60))} min left"
        if line != shown and not quiet:
            typer.echo(line, err=True)
            shown = line
        if now.state == "interrupted":
            if restarts == MAX_RESTARTS:
                raise StoreError(
                    f"the workers of {name} died {restarts} times; read the logs in BITBUDGET_HOME/logs/{name}"
                )
            restarts += 1
            control.resume(name)
        elif now.state != "running":
            return now
        time.sleep(POLL_S)


def _table(final: control.RunStatus) -> str:
    lines = [f"run {final.run}: {final.state}"]
    for cell in final.cells:
        if cell.score is None or cell.state != "done":
            lines.append(f"  {cell.model:10} {cell.quantization:20} {cell.task:22} {cell.state} {cell.reason}")
            continue
        interval = f" ({cell.low:.1%} to {cell.high:.1%})" if cell.low is not None and cell.high is not None else ""
        score = f"{cell.score:6.1%}{interval} n={cell.items_done}"
        lines.append(f"  {cell.model:10} {cell.quantization:20} {cell.task:22} {score}")
    return "\n".join(lines)


def _say(value: Any, as_json: bool, text: str) -> None:
    typer.echo(json.dumps(value, indent=2) if as_json else text)


@app.command()
def status(name: Annotated[str | None, typer.Argument(metavar="RUN")] = None, as_json: Json = False) -> None:
    """Show all runs, or one with its cells."""
    with _told():
        found = [s for s in [control.status(name)] if s] if name else control.runs()
        if name and not found:
            raise ValueError(f"no run {name!r}; `python -m evals status` lists them")
    lines = [
        f"{s.run}  {s.state:11} {s.cells_done}/{s.cells_total} cells  {s.items_done}/{s.items_total} items"
        for s in found
    ]
    text = "\n".join([*lines, *([_table(found[0])] if name else [])]) or "no runs yet: python -m evals run --plan demo"
    _say({"runs": [asdict(s) for s in found]}, as_json, text)


@app.command()
def cancel(name: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = False) -> None:
    """Stop a run; its results stay."""
    with _told():
        control.cancel(name)
    _say({"run": name, "state": "cancelled"}, as_json, f"cancelled {name}")


@app.command()
def resume(name: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = False) -> None:
    """Go on with a run that was cancelled or whose workers died, and wait for it."""
    started = time.time()
    with _told():
        control.reopen(name)
        final = _watch(name, quiet=as_json)
    _say(run_json(final, time.time() - started), as_json, _table(final))


@app.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION")],
    second: Annotated[str, typer.Argument(help="MODEL@QUANTIZATION")],
    task_name: Annotated[str | None, typer.Option("--task", help="One task; all common ones if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two measured variants item by item."""
    with _told():
        found = compare(first, second, task_name)
    _say({"comparisons": [asdict(c) for c in found]}, as_json, "\n".join(_said(c) for c in found))


def _said(c: VariantComparison) -> str:
    p = "" if c.p_mcnemar is None else f", McNemar p {c.p_mcnemar:.3g}"
    return (
        f"{c.task}: {c.first} {c.first_score:.1%}, {c.second} {c.second_score:.1%}; difference {c.difference:+.1%} "
        f"({c.low:+.1%} to {c.high:+.1%}){p}; {c.b} only the first right, {c.c} only the second; n={c.n}"
    )


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """The models, quantizations and tasks that can be named."""
    known = {"models": list(shipped_models()), "quantizations": list(QUANTIZATIONS), "tasks": list(tasks())}
    _say(known, as_json, "\n".join(f"{kind}: {', '.join(names)}" for kind, names in known.items()))


@app.command()
def export(name: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = True) -> None:
    """Print every cell of a run with its score, as JSON."""
    with _told():
        found = control.status(name)
        if found is None:
            raise ValueError(f"no run {name!r}; `python -m evals status` lists them")
    typer.echo(json.dumps(run_json(found, (found.finished or time.time()) - found.created), indent=2))


if __name__ == "__main__":
    sys.exit(app())
