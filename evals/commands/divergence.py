"""``divergence``: how far a variant's next-token probabilities moved from full precision."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from evals.commands.arguments import Json, say, told
from evals.divergences import Divergence, keep
from evals.models import model
from evals.quantizations import quantization
from evals.tasks import shipped_tasks, task


def divergence(
    name: Annotated[str, typer.Argument(metavar="MODEL")],
    label: Annotated[str, typer.Argument(metavar="QUANTIZATION")],
    task_name: Annotated[str | None, typer.Option("--task", help="One task; all if left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Items a task.")] = 50,
    seed: Annotated[int, typer.Option(help="Draws the items; 0 takes the first ones.")] = 0,
    as_json: Json = False,
) -> None:
    """KL divergence and top-token agreement against full precision, reading the right answers of eval items."""
    from evals.engines.divergence import measure

    with told():
        local, how = model(name), quantization(label)
        chosen = [task(task_name)] if task_name else list(shipped_tasks().values())
        found = []
        for what in chosen:
            try:
                found.append(measure(local, how, what, limit, seed))
            except RuntimeError as error:
                raise ValueError(str(error)) from error
            keep(found[-1])
    say({"divergences": [asdict(one) for one in found]}, as_json, "\n".join(_said(one) for one in found))


def _said(one: Divergence) -> str:
    kl = "" if one.kl_low is None else f" ({one.kl_low:.4g} to {one.kl_high:.4g})"
    top = "" if one.top1_low is None or one.top1_high is None else f" ({one.top1_low:.1%} to {one.top1_high:.1%})"
    return (
        f"{one.task}: {one.model} @ {one.quantization} against {one.baseline}: KL {one.kl:.4g} nats a token{kl}, "
        f"99th percentile {one.kl_p99:.4g}; same likeliest token {one.top1_agreement:.1%}{top}; "
        f"{one.tokens:,} tokens of {one.items} items"
    )
