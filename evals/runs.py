"""Start, watch, cancel and resume runs. Importing this loads no model stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from evals.availability import require_engines, shows_only
from evals.home import ROOT, home, home_name
from evals.importing.keeping import is_imported
from evals.plan import ENGINE_PACKAGES, Cell, Plan, demo_plan, digest_of, versions
from evals.progress import CellState, CellStatus, RunState, RunStatus, run_status
from evals.race_spec import RaceSpec
from evals.store import Row, Store, shared_store
from evals.threads import VARIABLE, threads
from evals.worker import OPEN, finish_run, is_race

__all__ = [
    "CellState", "CellStatus", "Executor", "RunState", "RunStatus", "begin", "cancel", "demo_plan_is_possible",
    "ensure_demo", "reopen", "resume", "runs", "start", "start_race", "state", "status",
]  # fmt: skip

Executor = Literal["local", "ray"]
MAX_WORKERS = 8
WORKER = "evals.worker"


def start(plan: Plan, store: Store | None = None, executor: Executor = "local") -> str:
    """Write the run and start its workers; an equal plan that is still running is joined instead of repeated.

    Of another executor the workers are left to whoever drives it.
    """
    plan = plan.checked()
    return begin(asdict(plan), plan.digest, plan.cells(), store, executor)


def start_race(spec: RaceSpec, store: Store | None = None) -> str:
    """The same for a race; its one worker asks for items as the race needs them."""
    spec = spec.checked()
    return begin(spec.plan(), digest_of(spec.plan()), spec.cells(), store)


def begin(
    plan: Mapping[str, Any], digest: str, cells: Sequence[Cell], store: Store | None, executor: Executor = "local"
) -> str:
    """Write a run of these cells and start its workers; returns the run that now stands for the digest.

    Where an app on another machine already works on it, workers here share its variants.
    Raises Archived where items of the cells were put into a file.
    """
    require_engines()
    store = store or shared_store()
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
    made_by = {"packages": versions(ENGINE_PACKAGES), "processors": os.cpu_count(), "executor": executor}
    row = {
        "run": run,
        "digest": digest,
        "plan": json.dumps(plan),
        "state": "running",
        "created": time.time(),
        "provenance": json.dumps(made_by),
    }
    queued = [{**asdict(cell), "run": run, "position": n, "state": "queued"} for n, cell in enumerate(cells)]
    run = store.add_run(row, queued)
    if executor == "local":
        resume(run, store, _shareable(store, run, queued))
    return run


def _shareable(store: Store, run: str, cells: Sequence[Row]) -> bool:
    """Whether workers here may take variants of a run beside those of other machines: same weights, same packages."""
    row = store.run(run)
    if row is None or not _is_local(row) or is_race(store, run):
        return False
    return {cell["cell_key"] for cell in store.cells(run)} == {cell["cell_key"] for cell in cells}


def resume(run: str, store: Store | None = None, sharing: bool = False) -> None:
    """Start workers for a run with open cells on which nobody works; with ``sharing``, nobody of this home."""
    store = store or shared_store()
    row = next((row for row in _rows(store) if row["run"] == run), None)
    if row is None:
        raise ValueError(f"no run {run!r}; `python -m evals status` lists them")
    open_cells = [c for c in store.cells(run) if c["state"] in OPEN]
    if not open_cells:
        finish_run(store, run)
        return
    here = f"{run}.{home_name()}-" if sharing else run
    if any(name.startswith(here) for name in store.alive_workers(run)):
        return
    variants = {(c["model"], c["quantization"]) for c in open_cells}
    workers = 1 if is_race(store, run) else min(os.cpu_count() or 1, MAX_WORKERS, len(variants))
    environment = {**os.environ, VARIABLE: str(threads((os.cpu_count() or 1) // workers)), "PYTHONPATH": str(ROOT)}
    logs = home() / "logs" / run
    logs.mkdir(parents=True, exist_ok=True)
    for _ in range(workers):
        name = f"{run}.{home_name()}-{uuid.uuid4().hex[:8]}"
        held = store.lease(name)
        with (logs / f"{name}.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", WORKER, run, name, held.given],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=held.files,
            )
        held.hand_over()


def reopen(run: str, store: Store | None = None, executor: Executor = "local") -> None:
    """Go on with a paused run, queue those of its cells that were cancelled, failed or not run, and start workers."""
    require_engines()
    store = store or shared_store()
    if not any(row["run"] == run for row in _rows(store)):
        raise ValueError(f"no run {run!r}; `python -m evals status` lists them")
    store.require_items(cell["cell_key"] for cell in store.cells(run))
    store.set_run(run, state="running", finished=None, reason="")
    values = {"state": "queued", "reason": "", "attempts": 0, "batch_size": None}
    store.set_cells(run, values, {}, states=("cancelled", "failed", "not run"))
    if executor == "local":
        resume(run, store)


def cancel(run: str, store: Store | None = None) -> None:
    """Stop a run; what it has measured stays."""
    store = store or shared_store()
    if not any(row["run"] == run for row in _rows(store)):
        raise ValueError(f"no run {run!r}; `python -m evals status` lists them")
    store.set_run(run, state="cancelled", finished=time.time())
    store.set_cells(run, {"state": "cancelled"}, {}, states=OPEN)


def runs(store: Store | None = None) -> list[RunStatus]:
    """All runs, newest first."""
    store = store or shared_store()
    return [run_status(store, row) for row in _rows(store)]


def status(run: str | None = None, store: Store | None = None) -> RunStatus | None:
    """One run, by default the newest; None if there is none."""
    store = store or shared_store()
    rows = _rows(store)
    row = next((r for r in rows if run is None or r["run"] == run), None)
    return run_status(store, row) if row else None


def state(run: str, store: Store | None = None) -> RunState | None:
    """The state of one run without counting its cells; None if there is none."""
    store = store or shared_store()
    row = store.run(run)
    if row is None or row["state"] != "running" or store.alive_workers(run):
        return row["state"] if row else None
    return "interrupted" if any(cell["state"] in OPEN for cell in store.cells(run)) else "done"


def ensure_demo(store: Store | None = None) -> str | None:
    """On a machine without results start the demo; pick up a run whose workers died. Returns the active run."""
    store = store or shared_store()
    rows = _rows(store)
    if not rows:
        return start(demo_plan(), store) if demo_plan_is_possible() and not shows_only() else None
    for row in rows:
        if row["state"] == "running":
            if _is_local(row) and not shows_only():  # models of a cluster may be too large for this machine
                resume(row["run"], store)
            return str(row["run"])
    return None


def demo_plan_is_possible() -> bool:
    """Whether the shipped weights are there."""
    from evals.models import shipped_models

    return bool(shipped_models())


def _is_local(row: Row) -> bool:
    return bool(json.loads(row["provenance"]).get("executor", "local") == "local")


def _rows(store: Store) -> list[Mapping[str, Any]]:
    """The runs evaluated here, newest first: imported ones are nothing to watch, resume or cancel."""
    return [row for row in store.runs() if not is_imported(row)]
