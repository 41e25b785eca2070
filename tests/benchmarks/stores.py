"""How large a store may grow: ``python -m tests.benchmarks.stores [--rows 100000,1000000] [--database URL]``.

Each store is filled with cells of a thousand items; then, in a fresh process each, the overview of all measurements and
the paired comparison of two variants are timed, with the memory they take. The first overview finds no summaries, as in
a store of an older version; a worker writes each when its cell is finished.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from evals.comparisons import compare
from evals.home import ROOT
from evals.plan import task_hash
from evals.results import measured_measurements
from evals.store import Store

OUT = ROOT / "docs" / "benchmarks" / "stores.json"
ITEMS_A_CELL = 1000
TASK = "shop_math"
BATCH = 10_000
QUANTIZATIONS = ("bf16", "nf4")
STEPS = ("first overview", "overview", "comparison")


def fill(store: Store, rows: int) -> float:
    """Add runs until there are so many item rows; seconds it took."""
    random, begun = Random(1), time.perf_counter()
    version = task_hash(TASK)
    cells = [(f"model-{n // 2:05}", QUANTIZATIONS[n % 2], f"{n:06}{version[:58]}") for n in range(rows // ITEMS_A_CELL)]
    run = {
        "run": "large", "digest": "large", "state": "done", "created": time.time(), "finished": time.time(),
        "plan": json.dumps({"limit": ITEMS_A_CELL, "seed": 0}), "provenance": "{}",
    }  # fmt: skip
    store.add_run(run, [
        {"run": "large", "model": model, "quantization": label, "task": TASK, "position": n, "variant_key": key,
         "cell_key": key, "state": "done", "items_total": ITEMS_A_CELL}
        for n, (model, label, key) in enumerate(cells)
    ])  # fmt: skip

    def items() -> Iterator[dict[str, Any]]:
        for _, _, key in cells:
            for n in range(ITEMS_A_CELL):
                score = float(random.random() < 0.7)
                yield {
                    "item_key": f"{key}{n:05}", "cell_key": key, "item": f"item-{n}", "score": score,
                    "metrics": json.dumps({"final_answer": score}), "output": f"The answer is {random.random():.9f}.",
                }  # fmt: skip

    waiting: list[dict[str, Any]] = []
    for row in items():
        waiting.append(row)
        if len(waiting) == BATCH:
            store.add_items(waiting)
            waiting = []
    store.add_items(waiting)
    return time.perf_counter() - begun


def measure(step: str, where: str) -> dict[str, float]:
    """One step in this process, which did nothing else; ``cpu_s`` does not depend on what else the machine did."""
    begun = time.perf_counter()
    store = Store(where if "://" in where else Path(where))
    open_s = time.perf_counter() - begun
    begun, computed = time.perf_counter(), time.process_time()
    if step.endswith("overview"):
        assert measured_measurements(store)
    else:
        [found] = compare("model-00001@bf16", "model-00001@nf4", TASK, store)
        assert found.n == ITEMS_A_CELL
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - computed
    return {"open_s": open_s, "seconds": seconds, "cpu_s": cpu_s, "peak_bytes": peak}


def measured(where: str, rows: int) -> dict[str, Any]:
    """Fill a fresh store there, and time every step in a process of its own."""
    store = Store(where if "://" in where else Path(where))
    kind = "PostgreSQL" if "://" in where else "SQLite"
    found: dict[str, Any] = {"rows": rows, "database": kind, "fill_s": fill(store, rows)}
    if "://" not in where:
        found["bytes_a_row"] = Path(where).stat().st_size / rows
    store.close()
    for step in STEPS:
        command = [sys.executable, "-m", "tests.benchmarks.stores", "--step", step, "--database", where]
        found[step] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return found


def section(found: list[dict[str, Any]]) -> str:
    """Its part of docs/benchmarks.md."""
    lines = [
        "## Large stores\n",
        f"Cells of {ITEMS_A_CELL:,} items in one store; every row that is read is checked against its hash. Figures "
        "are of fresh processes that have nothing in memory. The first overview sums up every cell, which otherwise is "
        "done when a cell is finished; later ones read a summary a cell.\n",
        "| item rows | database | filled in | bytes a row | opened in | first overview | overview | paired comparison "
        "| peak memory |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        size = f"{one['bytes_a_row']:.0f}" if "bytes_a_row" in one else ""
        peak = max(one[step]["peak_bytes"] for step in STEPS) / 2**20
        seconds = [min(one[step]["open_s"] for step in STEPS), *(one[step]["seconds"] for step in STEPS)]
        times = " | ".join(f"{one_s:.2f} s" for one_s in seconds)
        lines.append(
            f"| {one['rows']:,} | {one['database']} | {one['fill_s']:.0f} s | {size} | {times} | {peak:.0f} MiB |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--database", default="", help="postgresql+psycopg://…, an empty one; a file if left out")
    parser.add_argument("--step", choices=STEPS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(measure(given.step, given.database)))
        return
    found = []
    for rows in map(int, given.rows.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BITBUDGET_HOME"] = folder
            found.append(measured(given.database or f"{folder}/large.sqlite", rows))
            print(json.dumps(found[-1], indent=2))
    OUT.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
