"""A grid by one worker of this machine, and by Ray on one and on two nodes: ``python -m tests.benchmarks.cluster``.

Every worker and node has one processor. The start of processes and of the driver counts; that of the cluster, which
stays, does not. What this machine gains from a second processor at best is seen by two local workers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from evals import runs
from evals.home import ROOT
from evals.plan import Plan, demo_plan
from evals.results import item_scores
from evals.threads import VARIABLE
from tests.evals.executors.clusters import small_cluster

OUT = ROOT / "docs" / "benchmarks" / "cluster.json"
QUANTIZATIONS = ("bf16", "rtn-int4-g128", "nf4", "rtn-int3-g128")
Scores = dict[tuple[str, str, str], dict[str, float]]


def local(plan: Plan, workers: int) -> tuple[float, Scores]:
    """Seconds and scores of so many local workers."""
    runs.MAX_WORKERS = workers
    began = time.perf_counter()
    run = runs.start(plan)
    while (now := runs.status(run)) and now.state == "running":
        time.sleep(0.2)
    return time.perf_counter() - began, _scores(run)


def by_ray(plan: Plan, address: str) -> tuple[float, Scores]:
    """Seconds and scores of the command that drives a run on a cluster that was started before."""
    command = [sys.executable, "-m", "evals", "run", "--executor", "ray", "--address", address, "--json"]
    command += ["--models", ",".join(plan.models), "--quantizations", ",".join(plan.quantizations)]
    command += ["--tasks", ",".join(plan.tasks), "--limit", str(plan.limit)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"the run on the cluster failed: {done.stderr[-2000:]}")
    return seconds, _scores(json.loads(done.stdout)["run"])


def _scores(run: str) -> Scores:
    now = runs.status(run)
    if now is None or any(cell.state != "done" for cell in now.cells):
        raise SystemExit(f"run {run} did not finish; read its logs")
    return {(c.model, c.quantization, c.task): item_scores(c.model, c.quantization, c.task) for c in now.cells}


def section(found: dict[str, Any]) -> str:
    """Its part of docs/benchmarks.md."""
    seconds = found["seconds"]
    rows = "\n".join(f"| {name} | {seconds[name]:.0f} s |" for name in seconds)
    one, two = "one local worker", "two local workers"
    ray_1, ray_2 = "Ray, one node", "Ray, two nodes"
    return f"""## A cluster

`python -m tests.benchmarks.cluster`, {found["date"]}, {found["processors"]} processors: {found["cells"]} cells of
{found["items_per_cell"]} items, one processor a worker and a node; equal scores, item by item.

| | wall time |
|---|---|
{rows}

Ray on one node takes {seconds[ray_1] / seconds[one]:.2f} of the time of one local worker. Two nodes are
{seconds[ray_1] / seconds[ray_2]:.2f} times as fast as one; two local workers, on the same processors, are
{seconds[one] / seconds[two]:.2f} times as fast as one.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=demo_plan().limit)
    parser.add_argument("--quantizations", default=",".join(QUANTIZATIONS))
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    base = demo_plan()
    labels = tuple(given.quantizations.split(","))
    plan = Plan(models=base.models, quantizations=labels, tasks=base.tasks, limit=given.limit).checked()
    os.environ |= {VARIABLE: "1", "OMP_NUM_THREADS": "1"}
    ways = {
        "one local worker": lambda: local(plan, 1),
        "two local workers": lambda: local(plan, 2),
        "Ray, one node": lambda: _on_cluster(plan, 1),
        "Ray, two nodes": lambda: _on_cluster(plan, 2),
    }
    seconds: dict[str, float] = {}
    seen: list[Scores] = []
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as home:
            os.environ["BITBUDGET_HOME"] = home
            seconds[name], scores = way()
            seen.append(scores)
            print(f"{name}: {seconds[name]:.1f} s", flush=True)
    if any(scores != seen[0] for scores in seen):
        raise SystemExit("the scores differ between the ways")
    result = {
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "cells": len(plan.models) * len(plan.quantizations) * len(plan.tasks),
        "items_per_cell": plan.limit,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n")


def _on_cluster(plan: Plan, nodes: int) -> tuple[float, Scores]:
    with small_cluster(nodes, {"PYTHONPATH": str(ROOT)}) as started:
        return by_ray(plan, started.address)


if __name__ == "__main__":
    main()
