"""``python -m decisions rent``: a plan as a SkyPilot task, on the cheapest machine that holds its models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from data.files import write_atomically
from decisions.renting import machine_for, sky_task, task_yaml, variants_of
from evals.plan import Plan
from pricing import overrides
from pricing.catalogue import load_price_book
from pricing.memory import GIB


def rent(
    models: Annotated[str, typer.Option("--models", help="comma-separated: shipped models, or ids on the Hub")],
    quantizations: Annotated[str, typer.Option("--quantizations", help="comma-separated")],
    tasks: Annotated[str, typer.Option("--tasks", help="comma-separated tasks or task groups")],
    out: Annotated[Path, typer.Option("--out", help="the YAML file to write, for `sky launch`")],
    limit: Annotated[int | None, typer.Option("--limit", help="items a task; all if left out")] = None,
    seed: Annotated[int, typer.Option("--seed", help="draws the items; 0 takes them as listed")] = 0,
    cards: Annotated[int, typer.Option("--cards", help="cards of the machine: as many variants at a time")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Write a SkyPilot task that rents a machine, runs evals there and leaves results to copy back."""
    plan = Plan(
        models=_split(models), quantizations=_split(quantizations), tasks=_split(tasks), limit=limit, seed=seed
    )
    rented = machine_for(variants_of(plan), load_price_book(overrides.read()).offers, cards=cards)
    task = sky_task(plan, rented)
    write_atomically(out, task_yaml(task))
    if as_json:
        chosen = [
            {"provider": o.provider, "accelerator": o.accelerator, "count": o.count, "usd_per_hour": o.usd_per_hour,
             "date": o.date} for o in rented.offers
        ]  # fmt: skip
        answer = {"file": str(out), "card_bytes": rented.card_bytes, "offers": chosen, "task": task}
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    lines = [f"each variant takes up to {rented.card_bytes / GIB:.1f} GiB of one card; cheapest first, one a cloud:"]
    lines += [f"  {o.label:32} ${o.usd_per_hour:.2f} an hour ({o.date})" for o in rented.offers]
    lines += [
        f"wrote {out}; then, in this folder:",
        f"  sky launch -c bitbudget {out}",
        "  rsync -az bitbudget:bitbudget-results/ results/ && python -m evals import results",
        "  sky down bitbudget",
    ]
    typer.echo("\n".join(lines))


def _split(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())
