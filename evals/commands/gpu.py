"""``gpu-check``: the quantizations that use CUDA kernels, on the GPU of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from data.files import write_atomically
from evals.commands.arguments import Json, Names, say, split, told
from evals.home import home

NOTHING_CHECKED = 2


def gpu_check(
    models: Names = None,
    quantizations: Names = None,
    items: Annotated[int, typer.Option(min=1, help="Items a task of the small models.")] = 50,
    large: Annotated[bool, typer.Option(help="Also speed and memory of a random-weight 8B: 17 GB of disk.")] = True,
    out: Annotated[Path | None, typer.Option(help="Where to write; BITBUDGET_HOME/gpu-check.json if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Run the CUDA kernels on the tiny family and on a random-weight 8B; exit 0 all ran, 1 some failed, 2 no GPU."""
    from evals.engines import gpu_check as engine

    if why := engine.no_gpu():
        say({"checked": False, "reason": why, "rows": []}, as_json, why)
        raise typer.Exit(NOTHING_CHECKED)
    with told():
        labels = split(quantizations, engine.QUANTIZATIONS)
        rows = engine.check(split(models, ("tiny-1m", "tiny-13m")), labels, items)
        rows += engine.large_rows([label for label in labels if label in engine.LARGE_QUANTIZATIONS] if large else [])
        found = {"checked": True, **engine.report(rows, "python -m evals gpu-check")}
        written = out or home() / "gpu-check.json"
        written.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(written, json.dumps(found, indent=2) + "\n")
    say(found, as_json, "\n".join([*map(_line, rows), f"wrote {written}"]))
    if any(row["failed"] for row in rows):
        raise typer.Exit(1)


def _line(row: dict[str, Any]) -> str:
    name = f"{row['model']} @ {row['quantization']}"
    if row["failed"]:
        return f"{name}: FAILED {row['failed']}"
    scores = ", ".join(f"{task} {score:.0%}" for task, score in row["scores"].items()) or "no scores: random weights"
    speed = row["speed"]
    pace = f"prompt {speed['prefill_tokens_per_s']:,.0f} and output {speed['decode_tokens_per_s']:,.0f} tokens/s"
    return f"{name}: {row['device']}, {row['memory_bytes'] / 1e6:,.1f} MB, {pace}; {scores}"
