"""The demo grid through our workers against the plain ``lm_eval`` command: ``python -m tests.benchmarks.grid``.

The plain command gets the same variants as folders, the same items, batch size and processors; those of llama.cpp,
whose log-likelihoods it cannot read, are left out. It is run once per variant with all tasks (its best use) for every
variant, and once per cell for one variant of each model; the time of cell by cell is the sum of those scaled to all
variants. Scores are compared item by item.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evals import runs
from evals.home import ROOT
from evals.plan import Plan, demo_plan
from evals.quantizations import quantization
from evals.results import item_scores
from evals.tasks import TASKS_FOLDER, items, task

BATCH = "128"


def our_grid(plan: Plan) -> tuple[float, dict[tuple[str, str, str], dict[str, float]]]:
    """Wall time from start to the last cell, and the scores."""
    started = time.perf_counter()
    run = runs.start(plan)
    while (now := runs.status(run)) and now.state == "running":
        time.sleep(0.5)
    seconds = time.perf_counter() - started
    if now is None or any(cell.state != "done" for cell in now.cells):
        raise SystemExit(f"run {run} did not finish; read its logs")
    return seconds, {(c.model, c.quantization, c.task): item_scores(c.model, c.quantization, c.task) for c in now.cells}


def save_variant(model: str, quantization: str, folder: Path) -> None:
    """Write a variant as a folder that plain transformers loads (in a process of its own)."""
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.save_variant", model, quantization, str(folder)], check=True, cwd=ROOT
    )


def plain(folder: Path, tasks: Iterable[str], limit: int | None) -> tuple[float, dict[str, dict[str, float]]]:
    """Wall time of one ``lm_eval`` command, and its item scores by task."""
    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable,
            "-m",
            "lm_eval",
            "--model",
            "hf",
            "--model_args",
            f"pretrained={folder},dtype=float32",
        ]
        command += ["--tasks", ",".join(tasks), "--include_path", str(TASKS_FOLDER), "--batch_size", BATCH]
        command += ["--device", "cpu", "--log_samples", "--output_path", out]
        command += ["--limit", str(limit)] if limit else []
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"lm_eval failed: {done.stderr[-2000:]}")
        return seconds, dict(_samples(Path(out)))


def _samples(folder: Path) -> Iterable[tuple[str, dict[str, float]]]:
    for path in folder.rglob("samples_*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        name = next(t for t in TASK_NAMES if path.name.startswith(f"samples_{t}_"))
        metric = task(name).metric
        yield name, {row["doc"]["id"]: float(row[metric]) for row in rows}


TASK_NAMES = tuple(path.stem for path in TASKS_FOLDER.glob("*/*.yaml"))


def compare(ours: dict[str, float], theirs: dict[str, float]) -> tuple[int, int]:
    """Items compared and items that differ."""
    if ours.keys() != theirs.keys():
        raise SystemExit("the two sides did not answer the same items")
    return len(ours), sum(ours[item] != theirs[item] for item in ours)


def section(found: dict[str, Any]) -> str:
    """The demo grid beside plain lm-eval."""
    return f"""## The demo grid beside the plain `lm_eval` command

`{found["command"]}`, {found["date"]}, {found["processors"]} processors: {found["cells"]} cells of
{found["items_per_cell"]} items ({", ".join(found["quantizations"])}), the same variants, items and batch size on both
sides. Variants of llama.cpp are left out: the plain command cannot score labels with its servers.

| | wall time |
|---|---|
| Bitbudget, the whole grid | {found["ours_s"]:.0f} s |
| `lm_eval`, once per variant with all tasks | {found["plain_once_per_variant_s"]:.0f} s |
| `lm_eval`, once per cell (one variant of each model, scaled to all) | {found["plain_cell_by_cell_s"]:.0f} s |

Bitbudget takes {found["of_once_per_variant"]:.2f} of the first and {found["of_cell_by_cell"]:.2f} of the second
time. Of {found["items_compared"]:,} item scores compared, {found["items_differing"]:,} differ.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--models")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks" / "grid.json")
    given = parser.parse_args()
    base = demo_plan()
    models = tuple(given.models.split(",")) if given.models else base.models
    limit = given.limit or base.limit
    both = tuple(label for label in base.quantizations if quantization(label).engine != "llama.cpp")
    plan = Plan(models=models, quantizations=both, tasks=base.tasks, limit=limit).checked()
    with tempfile.TemporaryDirectory() as home:
        os.environ["BITBUDGET_HOME"] = home
        ours_s, scores = our_grid(plan)
        once_s, cell_s, compared, differing = 0.0, 0.0, 0, 0
        for model in plan.models:
            for label in plan.quantizations:
                folder = Path(home) / "variant"
                save_variant(model, label, folder)
                seconds, theirs = plain(folder, plan.tasks, plan.limit)
                once_s += seconds
                for name in plan.tasks:
                    count, different = compare(scores[model, label, name], theirs[name])
                    compared, differing = compared + count, differing + different
                print(
                    f"{model} @ {label}: {seconds:.1f} s, {differing} of {compared} items differ so far",
                    flush=True,
                )
                if label == plan.quantizations[0]:
                    each = sum(plain(folder, [name], plan.limit)[0] for name in plan.tasks)
                    cell_s += each * len(plan.quantizations)
                shutil.rmtree(folder)
    result = {
        "command": "python -m tests.benchmarks.grid"
        + (f" --models {given.models}" if given.models else "")
        + (f" --limit {given.limit}" if given.limit else ""),
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "cells": len(plan.models) * len(plan.quantizations) * len(plan.tasks),
        "quantizations": plan.quantizations,
        "items_per_cell": plan.limit or len(items(task(plan.tasks[0]).config["metadata"]["items"])),
        "ours_s": round(ours_s, 1),
        "plain_once_per_variant_s": round(once_s, 1),
        "plain_cell_by_cell_s": round(cell_s, 1),
        "of_once_per_variant": round(ours_s / once_s, 3),
        "of_cell_by_cell": round(ours_s / cell_s, 3),
        "items_compared": compared,
        "items_differing": differing,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
