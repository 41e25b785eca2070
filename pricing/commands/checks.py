"""``validate`` and ``calibrate``: our predictions beside measurements."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated

import typer

from data.files import write_atomically
from pricing import calibration, observations, tables, validation
from pricing.commands.arguments import AsJson


def validate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option(help="decode, latency or memory.")] = "decode",
    as_json: AsJson = False,
) -> None:
    """Our prediction against the measurements of a CSV."""
    report = validation.validate(file, kind)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    measures = {"tpot_": "time per token", "ttft_": "first token"} if kind == "latency" else {"": kind}
    if not report["n"]:
        typer.echo("no row of this file can be predicted")
    for prefix, word in measures.items() if report["n"] else ():
        if report[f"{prefix}mape"] is not None:
            typer.echo(
                f"{word}: {report['n']} rows predicted ({report['predicted_fraction']:.0%}); "
                f"mean error {report[f'{prefix}mape']:.1%}, median {report[f'{prefix}median_ape']:.1%}, "
                f"bias {report[f'{prefix}bias']:+.1%}, inside the 90 % band {report[f'{prefix}band_coverage']:.0%}"
            )
    if report.get("oom_rows"):
        typer.echo(f"out of memory: {report['oom_right_fraction']:.0%} of {report['oom_rows']} rows foretold")
    for prefix, word in measures.items():
        for gpu, one in report["by"]["gpu"].items():
            if one.get(f"{prefix}mape") is not None:
                error, bias = one[f"{prefix}mape"], one[f"{prefix}bias"]
                typer.echo(f"  {gpu:20} n {one['n']:4}  {word}: mean error {error:6.1%}  bias {bias:+7.1%}")
    for reason, n in report["skipped"].items():
        typer.echo(f"  left out: {n:4} {reason}")


def calibrate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="Where the rows come from, kept in the table.")] = "",
    write: Annotated[bool, typer.Option(help="Replace the shipped constants.")] = False,
) -> None:
    """Fit the speed constants on measured rows; prints the table with its leave-one-GPU-out error."""
    rows: list[observations.Observation] = []
    growth: dict[str, float] = {}
    for file in files:
        observed = observations.read(file)
        rows += observed.rows
        with file.open(encoding="utf-8", newline="") as opened:
            growth = calibration.batch_growth(list(csv.DictReader(opened))) or growth
        for reason, n in observed.skipped.most_common():
            typer.echo(f"{file.name}: left out {n} rows: {reason}", err=True)
    fitted = calibration.calibrate(rows, growth, source or ", ".join(file.name for file in files))
    if not fitted:
        raise ValueError("no engine has rows of two GPUs; at least two are needed to hold one out")
    text = calibration.as_csv(fitted)
    typer.echo(text, nl=False)
    if write:
        write_atomically(tables.FOLDER / "speed.csv", text)
