"""``run``, ``status``, ``cancel``, ``resume``, ``export``: evaluate variants and see how far it is."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from evals import runs as control
from evals.commands.arguments import Json, Names, say, split, told
from evals.commands.cluster import check_options, drive, every
from evals.endpoints.estimate import sentences
from evals.importing.lm_eval_export import export_lm_eval
from evals.names import known
from evals.plan import Plan, demo_plan, named_plan
from evals.results import measured_measurements
from evals.store import StoreError

POLL_S = 0.5
LINE_S = 5.0
MAX_RESTARTS = 3
Where = Annotated[str, typer.Option("--executor", help="local workers, or ray: a cluster (docs/scaling.md).")]
Address = Annotated[str | None, typer.Option(help="Of Ray: HOST:PORT; that of this machine if left out.")]
Needs = Annotated[Path | None, typer.Option(help="YAML: what a variant takes of a node: cpus, gpus, memory_bytes.")]


def run(
    plan: Annotated[str | None, typer.Option(help="A named plan, such as demo.")] = None,
    models: Names = None,
    quantizations: Names = None,
    tasks_: Annotated[str | None, typer.Option("--tasks", help="Comma-separated tasks or task groups.")] = None,
    limit: Annotated[int | None, typer.Option(help="Items a task; all if left out.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the items; 0 takes them as listed.")] = 0,
    self_consistency: Annotated[
        int | None,
        typer.Option(help="Draw 2 to 20 further answers an item: how often they agree. So many times the work."),
    ] = None,
    detach: Annotated[bool, typer.Option(help="Return at once; the run goes on by itself.")] = False,
    executor: Where = "local",
    address: Address = None,
    needs: Needs = None,
    as_json: Json = False,
) -> None:
    """Evaluate models × quantizations × tasks and wait for the result."""
    with told():
        where = _checked(executor, address, needs, detach)
        base = named_plan(plan) if plan else demo_plan()
        given = Plan(
            models=split(models, base.models),
            quantizations=split(quantizations, base.quantizations),
            tasks=split(tasks_, base.tasks),
            limit=limit if limit is not None else base.limit,
            seed=seed or base.seed,
            name=plan or "",
            variants=() if models or quantizations else base.variants,
            self_consistency=self_consistency,
        )
        for sentence in sentences(given):
            typer.echo(sentence, err=True)
        started = time.time()
        name = control.start(given, executor=where)
    if detach:
        say({"run": name}, as_json, f"started {name}; watch it with: python -m evals status {name}")
        return
    try:
        with told():
            final = _finished(name, where, address, needs, quiet=as_json)
    except KeyboardInterrupt:
        control.cancel(name)
        typer.echo(f"cancelled {name}; what was measured is kept", err=True)
        raise typer.Exit(130) from None
    result = run_json(final, time.time() - started)
    say(result, as_json, cells_table(final))
    if any(cell.state != "done" for cell in final.cells):
        raise typer.Exit(1)


def _checked(executor: str, address: str | None, needs: Path | None, detach: bool = False) -> control.Executor:
    where: control.Executor = "ray" if known("executor", executor, ("local", "ray")) == "ray" else "local"
    check_options(where, address, needs, detach)
    return where


def _finished(
    name: str, where: control.Executor, address: str | None, needs: Path | None, quiet: bool
) -> control.RunStatus:
    if where == "local":
        return watch(name, quiet)
    return drive(name, address, needs, (lambda: None) if quiet else every(LINE_S, lambda: _progress(name)))


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
                    "note": m.note,
                }
            )
        else:
            missing.append({**asdict(cell)})
    return {
        "run": final.run,
        "state": final.state,
        "cells": cells,
        "missing": missing,
        "seconds": round(seconds, 2),
        "nodes": [asdict(node) for node in final.nodes],
    }


def watch(name: str, quiet: bool) -> control.RunStatus:
    """Wait for the end of a run and start dead workers again. Counting cells is work that the run would miss: what is
    asked twice a second is only whether it still runs."""
    restarts, tell = 0, every(LINE_S, lambda: _progress(name))
    while True:
        if not quiet:
            tell()
        now = control.state(name)
        if now == "interrupted":
            if restarts == MAX_RESTARTS:
                raise StoreError(
                    f"the workers of {name} died {restarts} times; read the logs in BITBUDGET_HOME/logs/{name}"
                )
            restarts += 1
            control.resume(name)
        elif now != "running":
            final = control.status(name)
            if final is None:
                raise typer.Exit(2)
            return final
        time.sleep(POLL_S)


def _progress(name: str) -> str:
    now = control.status(name)
    if now is None:
        return ""
    line = f"{now.cells_done} of {now.cells_total} cells, {now.items_done} of {now.items_total} items"
    if now.reason:
        line += f"; {now.reason}"
    elif now.seconds_left is not None and now.state == "running":
        line += f", about {max(1, round(now.seconds_left / 60))} min left"
    return line


def cells_table(final: control.RunStatus) -> str:
    lines = [f"run {final.run}: {final.state}{f', {final.reason}' if final.reason else ''}"]
    for cell in final.cells:
        if cell.score is None or cell.state != "done":
            lines.append(f"  {cell.model:10} {cell.quantization:20} {cell.task:22} {cell.state} {cell.reason}")
            continue
        interval = f" ({cell.low:.1%} to {cell.high:.1%})" if cell.low is not None and cell.high is not None else ""
        score = f"{cell.score:6.1%}{interval} n={cell.items_done}"
        said = "; ".join(part for part in (cell.note, cell.reason) if part)
        lines.append(f"  {cell.model:10} {cell.quantization:20} {cell.task:22} {score}  {said}".rstrip())
    for node in final.nodes:
        cards = f", {node.gpus:g} × {node.accelerator or 'GPU'}" if node.gpus else ""
        state = f"{node.state}{f' ({node.reason})' if node.reason else ''}"
        lines.append(f"  node {node.host}: {node.cpus:g} CPU{cards}, {state}, {node.cells_done} cells done")
    return "\n".join(lines)


def status(name: Annotated[str | None, typer.Argument(metavar="RUN")] = None, as_json: Json = False) -> None:
    """Show all runs, or one with its cells."""
    with told():
        found = [s for s in [control.status(name)] if s] if name else control.runs()
        if name and not found:
            raise ValueError(f"no run {name!r}; `python -m evals status` lists them")
    lines = [
        f"{s.run}  {s.state:11} {s.cells_done}/{s.cells_total} cells  {s.items_done}/{s.items_total} items"
        for s in found
    ]
    text = (
        "\n".join([*lines, *([cells_table(found[0])] if name else [])])
        or "no runs yet: python -m evals run --plan demo"
    )
    say({"runs": [asdict(s) for s in found]}, as_json, text)


def cancel(name: Annotated[str, typer.Argument(metavar="RUN")], as_json: Json = False) -> None:
    """Stop a run; its results stay."""
    with told():
        control.cancel(name)
    say({"run": name, "state": "cancelled"}, as_json, f"cancelled {name}")


def resume(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    executor: Where = "local",
    address: Address = None,
    needs: Needs = None,
    as_json: Json = False,
) -> None:
    """Go on with a run that was cancelled or whose workers died, and wait for it."""
    started = time.time()
    with told():
        where = _checked(executor, address, needs)
        control.reopen(name, executor=where)
        final = _finished(name, where, address, needs, quiet=as_json)
    say(run_json(final, time.time() - started), as_json, cells_table(final))


def export(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    form: Annotated[str, typer.Option("--format", help="json, or lm-eval for its own files.")] = "json",
    out: Annotated[Path | None, typer.Option(help="The folder for lm-eval's files.")] = None,
    as_json: Json = False,
) -> None:
    """Print every cell of a run with its score, as JSON; or write the files that lm-eval would have written."""
    with told():
        if known("format", form, ("json", "lm-eval")) == "lm-eval":
            if out is None:
                raise ValueError("--format lm-eval writes files; name their folder with --out")
            files = [str(path) for path in export_lm_eval(name, out)]
            say({"run": name, "files": files}, as_json, "\n".join(files))
            return
        found = control.status(name)
        if found is None:
            raise ValueError(f"no run {name!r}; `python -m evals status` lists them")
    typer.echo(json.dumps(run_json(found, (found.finished or time.time()) - found.created), indent=2))
