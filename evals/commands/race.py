"""``race``: the cheapest variant that meets an SLA's quality lines, with as few model calls as that takes."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from evals import runs as control
from evals.commands.arguments import Json, Names, say, split, told
from evals.lines import load_lines
from evals.models import shipped_models
from evals.plan import DEMO_QUANTIZATIONS
from evals.race import EntrantStanding, Standing
from evals.race_check import CheckStanding
from evals.race_spec import RaceSpec, by_size, load_order
from evals.races import standing
from evals.store import StoreError

POLL_S = 0.5
MAX_RESTARTS = 3
EXIT = {"meets": 0, "none_meets": 1, "unproven": 3}


def race(
    sla: Annotated[Path, typer.Option(help="YAML or JSON with quality: {task: {minimum: 80 %}}.")],
    models: Names = None,
    quantizations: Names = None,
    order: Annotated[
        Path | None, typer.Option(help="Candidates cheapest first, with the weight of a call; smallest first if not.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Items a task at most; all if left out.")] = None,
    seed: Annotated[int, typer.Option(help="Shuffles the items.")] = 1,
    alpha: Annotated[float, typer.Option(help="Chance of a wrong decision by stopping early.")] = 0.05,
    detach: Annotated[bool, typer.Option(help="Return at once; the race goes on by itself.")] = False,
    as_json: Json = False,
) -> None:
    """Find the cheapest variant that meets the SLA's quality lines; stop as soon as that is settled."""
    with told():
        spec = _spec(sla, models, quantizations, order, limit, seed, alpha)
        run = control.start_race(spec)
    if detach:
        say({"run": run}, as_json, f"started {run}; watch it with: python -m evals status {run}")
        return
    started = time.time()
    try:
        with told():
            found = _watch(run, quiet=as_json)
    except KeyboardInterrupt:
        control.cancel(run)
        typer.echo(f"cancelled {run}; what was measured is kept", err=True)
        raise typer.Exit(130) from None
    say({"run": run, **race_json(found), "seconds": round(time.time() - started, 2)}, as_json, race_text(found))
    raise typer.Exit(EXIT[found.result.state])


def _spec(
    sla: Path,
    models: str | None,
    quantizations: str | None,
    order: Path | None,
    limit: int | None,
    seed: int,
    alpha: float,
) -> RaceSpec:
    ordered, weights = load_order(order) if order else ((), {})
    candidates = ordered
    if not order or models is not None or quantizations is not None:
        wanted = by_size(split(models, tuple(shipped_models())), split(quantizations, DEMO_QUANTIZATIONS))
        if missing := [variant for variant in wanted if order and variant not in ordered]:
            raise ValueError(f"{order}: the order has no place for {', '.join(missing[:3])}; add it, or leave it out")
        candidates = tuple(variant for variant in ordered if variant in wanted) if order else wanted
    return RaceSpec(candidates=candidates, lines=load_lines(sla), limit=limit, seed=seed, alpha=alpha, weights=weights)


def _watch(run: str, quiet: bool) -> Standing:
    shown, restarts = "", 0
    while True:
        row = control.state(run)
        found = standing(run)
        if row is None or found is None:
            raise StoreError(f"race {run} is no longer in the store")
        line = _progress(found)
        if line != shown and not quiet:
            typer.echo(line, err=True)
            shown = line
        if row == "interrupted":
            if restarts == MAX_RESTARTS:
                raise StoreError(f"the worker of {run} died {restarts} times; read BITBUDGET_HOME/logs/{run}")
            restarts += 1
            control.resume(run)
        elif row == "cancelled":
            raise StoreError(f"race {run} was cancelled; go on with: python -m evals resume {run}")
        elif row == "done":
            return standing(run) or found
        time.sleep(POLL_S)


def _progress(found: Standing) -> str:
    active = [c for c in found.candidates if c.status == "open"]
    left = sum(c.status in ("open", "waiting") for c in found.candidates)
    now = f"; {active[0].id}, {_interval(active[0].checks)}" if active else ""
    return f"{found.result.calls} of {found.result.full_grid_calls} calls, {left} still in{now}"


def race_json(found: Standing) -> dict[str, Any]:
    """The decision, what it took, and each candidate with its checks."""
    result = found.result
    return {
        "decision": result.decision,
        "status": result.state,
        "calls": result.calls,
        "full_grid_calls": result.full_grid_calls,
        "cost_fraction": round(result.cost_fraction, 6),
        "candidates": [asdict(candidate) for candidate in found.candidates],
        "baselines": [{"id": name, "items": items} for name, items in found.baselines.items()],
    }


def race_text(found: Standing) -> str:
    """The decision in a sentence, then a line a candidate."""
    result = found.result
    said = {
        "meets": f"{result.decision} is the cheapest that is proven to meet every line.",
        "none_meets": "No candidate meets every line.",
        "unproven": "Nothing is proven to meet every line; what stayed unproven is listed.",
        "running": "The race is still running.",
    }[result.state]
    spent = f"{result.calls:,} model calls of {result.full_grid_calls:,} in the full grid"
    cost = f", {result.cost_fraction:.1%} of its weighted cost"
    return "\n".join([f"{said} {spent}{cost}.", *(_line(candidate) for candidate in found.candidates)])


def _line(c: EntrantStanding) -> str:
    reason = f"; {c.reason}" if c.reason else ""
    return f"  {c.id:32} {c.status:9} {c.items:6,} items  {_interval(c.checks)}{reason}"


def _interval(checks: tuple[CheckStanding, ...]) -> str:
    parts = []
    for check in checks:
        if check.seen is not None and check.low is not None and check.high is not None:
            sign = "" if check.kind == "max_drop_from_baseline" else "≥ "
            parts.append(
                f"{check.task} {check.seen:.1%} ({check.low:.1%} to {check.high:.1%}, line {sign}{check.target:.1%})"
            )
    return ", ".join(parts) or "nothing asked"
