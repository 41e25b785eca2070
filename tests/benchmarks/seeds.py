"""How much the tiny family depends on the seed: ``python -m tests.benchmarks.seeds FOLDER…``.

Each folder holds the members trained with one seed (``python -m data.models.training.train … --folder``). Their BF16
weights take the shipped eval items; the scores go to ``data/models/seeds.csv``.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

from data.models.training.recipe import SIZES
from evals.engines.harness import Harness, ItemResult
from evals.engines.variants import load_variant
from evals.models import FAMILY, LocalModel
from evals.quantizations import quantization
from evals.tasks import shipped_tasks


def scores(folder: Path, items: int) -> list[dict[str, object]]:
    """One row a task: the mean of its metric over the first ``items`` items."""
    record = json.loads((folder / "training.json").read_text())
    how = quantization("bf16")
    harness = Harness(load_variant(LocalModel(name=folder.name, folder=folder), how, "seeds"))
    rows: list[dict[str, object]] = []
    for task in shipped_tasks().values():
        results: list[ItemResult] = []
        harness.run(task, range(items), results.append)
        mean = sum(result.metrics[task.metric] for result in results) / len(results)
        rows.append(
            {
                "member": record["member"],
                "seed": record["seed"],
                "drills": record["drills"],
                "steps": record["steps"],
                "loss": record["loss"],
                "task": task.name,
                "metric": task.metric,
                "score": round(mean, 4),
                "n": len(results),
            }
        )
    return rows


def finished(folder: Path) -> bool:
    """Whether a member went through its whole recipe; says so if not."""
    file = folder / "training.json"
    steps = json.loads(file.read_text())["steps"] if file.exists() else 0
    if steps != SIZES[folder.name].steps:
        print(f"{folder} left out: {steps} of {SIZES[folder.name].steps} steps")
    return bool(steps == SIZES[folder.name].steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--items", type=int, default=500)
    given = parser.parse_args()
    members = [folder / name for name in SIZES for folder in given.folders]
    rows = [row for folder in members if finished(folder) for row in scores(folder, given.items)]
    if not rows:
        parser.error(f"no finished member in {', '.join(map(str, given.folders))}; seeds.csv stays as it is")
    with (FAMILY / "seeds.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
