"""``forecast``: what a variant nobody measured would lose, and how good such forecasts were."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from evals.commands.arguments import Json, say, told
from evals.forecast.evidence import Row, read_rows
from evals.forecast.predict import Forecast, Validation
from evals.forecast.predict import forecast as predicted
from evals.forecast.predict import validate as validated


def forecast(
    model: Annotated[str | None, typer.Option(help="A model's name; its size is read from it.")] = None,
    quantization: Annotated[str | None, typer.Option(help="Q4_K_M, gptq-int4-g128, nf4, fp8, 3.5bpw …")] = None,
    task: Annotated[str | None, typer.Option(help="A benchmark's name.")] = None,
    group: Annotated[str, typer.Option(help="Task group, if the benchmark's name does not tell.")] = "",
    parameters_b: Annotated[float | None, typer.Option(help="Billions of parameters.", min=0.001)] = None,
    baseline: Annotated[float | None, typer.Option(help="Score at 16 bits, in points.", min=0, max=100)] = None,
    validate: Annotated[Path | None, typer.Option(help="A CSV of published scores to be predicted unseen.")] = None,
    as_json: Json = False,
) -> None:
    """Forecast the points of score a quantization costs, from published evidence."""
    with told():
        if validate is not None:
            found = validated(*read_rows(validate))
            say(asdict(found), as_json, _validation_said(found))
            return
        missing = [f"--{n}" for n, v in (("model", model), ("quantization", quantization), ("task", task)) if not v]
        if missing:
            raise ValueError(f"forecast needs {', '.join(missing)}, or --validate FILE.csv")
        made = predicted(
            model or "",
            quantization or "",
            task or "",
            task_group=group,
            parameters_b=parameters_b,
            baseline_points=baseline,
        )
    say(_as_json(made), as_json, _said(made))


def _as_json(made: Forecast) -> dict[str, Any]:
    return {**asdict(made), "rests_on": [_row(row) for row in made.rests_on], "band": 0.8}


def _row(row: Row) -> dict[str, Any]:
    return {
        "model": row.model,
        "quantization": row.quantization,
        "task": row.task,
        "bits_per_weight": row.cell.bits,
        "lost_points": round(row.lost_points, 4),
        "source": row.cell.source,
    }


def _said(made: Forecast) -> str:
    group = made.task_group or "any group"
    size = f"{made.parameters_b:g}B" if made.parameters_b else "size unknown"
    lines = [
        f"forecast: {made.model} at {made.quantization} loses {made.lost_points:.1f} points on {made.task}, "
        f"80 % band {made.low:+.1f} to {made.high:+.1f}",
        f"  {made.bits_per_weight:.2f} bits per weight, {made.method_class}, {size}, {group}; "
        f"{made.alike} rows of this kind among {made.n_rows} of {made.n_sources} sources",
        *(f"  {note}" for note in made.notes),
        "  rests most on:",
        *(
            f"    {row.lost_points:+6.1f}  {row.model} {row.quantization}, {row.task} ({row.cell.source})"
            for row in made.rests_on
        ),
    ]
    return "\n".join(lines)


def _validation_said(found: Validation) -> str:
    skipped = "; ".join(f"{count} {reason}" for reason, count in found.left_out.items())
    return (
        f"{found.n} rows: the 80 % band holds {found.band80_coverage:.1%}; median error {found.median_abs_error:.2f} "
        f"points, of the group's median {found.naive_median_abs_error:.2f}"
        + (f"; {len(found.held_out_sources)} sources held out" if found.held_out_sources else "")
        + (f"\n  left out: {skipped}" if skipped else "")
    )
