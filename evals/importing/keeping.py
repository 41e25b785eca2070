"""Imported runs in the store: put there whole or not at all, listed, and taken out again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.importing.imported import ImportedItem, ImportedRun, ImportedTask, ServedSpeed
from evals.plan import digest_of
from evals.store import Store, shared_store
from evals.task_groups import group_of_task

MARK = "imported"  # in a run's plan


@dataclass(frozen=True, kw_only=True)
class KeptTask:
    """One task of a kept run; ``has_items`` says whether it can be paired item by item."""

    task: str
    task_group: str
    metric: str
    score: float
    low: float | None
    high: float | None
    n: int | None
    protocol: Mapping[str, str]
    shape: str
    limit: str
    has_items: bool
    cell_key: str


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """An imported run as the store holds it. ``created`` and ``imported`` are seconds since 1970."""

    id: str
    tool: str
    tool_version: str
    files: tuple[str, ...]
    model: str
    quantization: str
    created: float | None
    imported: float
    tasks: tuple[KeptTask, ...]
    speeds: tuple[ServedSpeed, ...]
    warnings: tuple[str, ...]
    hardware: str


def keep(runs: Sequence[ImportedRun], store: Store | None = None, *, task_group: str = "") -> list[tuple[str, bool]]:
    """Store the runs of one file in one transaction; ids, and whether each is new. Raises Refused; nothing is kept."""
    store = store or shared_store()
    new = [run for run in {run.id: run for run in runs}.values() if store.run(run.id) is None]
    if new:
        rows = [_run_row(run, task_group) for run in new]
        cells = [_cell_row(run, task, position) for run in new for position, task in enumerate(run.tasks)]
        store.add_imported(rows, cells, (row for run in new for task in run.tasks for row in _item_rows(run, task)))
    fresh = {run.id for run in new}
    return [(run.id, run.id in fresh) for run in runs]


def imports(store: Store | None = None) -> list[KeptRun]:
    """All imported runs, newest first."""
    store = store or shared_store()
    return [_kept(row) for row in store.runs() if is_imported(row)]


def imported_run(run: str, store: Store | None = None) -> KeptRun | None:
    """One imported run; None if there is none of this id."""
    row = (store or shared_store()).run(run)
    return _kept(row) if row is not None and is_imported(row) else None


def forget(run: str, store: Store | None = None) -> None:
    """Take an imported run out of the store. Raises ValueError for any other run."""
    store = store or shared_store()
    if imported_run(run, store) is None:
        raise ValueError(f"no imported run {run!r}; `python -m evals imports` lists them")
    store.remove_run(run)


def is_imported(row: Mapping[str, Any]) -> bool:
    """Whether a row of the runs is one of another tool."""
    return MARK in json.loads(row["plan"])


def item_facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an imported item beside its score: hashes, prompt, expected answer, metrics."""
    return dict(json.loads(row["metrics"]))


def _run_row(run: ImportedRun, task_group: str) -> dict[str, Any]:
    now = time.time()
    tasks = [{**_described(task), "task_group": group_of_task(task.task, task_group)} for task in run.tasks]
    provenance = {
        "origin": MARK,
        "tool": run.tool,
        "tool_version": run.tool_version,
        "files": list(run.files),
        "model": run.model,
        "quantization": run.quantization,
        "created": run.created,
        "hardware": run.hardware,
        "warnings": list(run.warnings),
        "tasks": [{**task, "cell_key": _cell_key(run, task["task"])} for task in tasks],
        "speeds": [asdict(speed) for speed in run.speeds],
    }
    plan = {
        MARK: run.tool,
        "models": [run.model],
        "quantizations": [run.quantization],
        "tasks": [task.task for task in run.tasks],
        "limit": None,
        "seed": 0,
    }
    return {
        "run": run.id,
        "digest": digest_of([MARK, run.id]),
        "plan": json.dumps(plan),
        "state": "done",
        "created": now,
        "finished": now,
        "provenance": json.dumps(provenance),
    }


def _described(task: ImportedTask) -> dict[str, Any]:
    ends = task.interval
    return {
        **{name: getattr(task, name) for name in ("task", "metric", "score", "n", "shape", "limit")},
        "low": ends.low if ends else None,
        "high": ends.high if ends else None,
        "protocol": dict(task.protocol),
        "has_items": task.items is not None,
    }


def _cell_row(run: ImportedRun, task: ImportedTask, position: int) -> dict[str, Any]:
    return {
        "run": run.id,
        "model": run.model,
        "quantization": run.quantization,
        "task": task.task,
        "position": position,
        "variant_key": digest_of([MARK, run.id, run.model, run.quantization]),
        "cell_key": _cell_key(run, task.task),
        "state": "done",
        "items_total": task.n or 0,
        "reason": "",
        "worker": "",
        "attempts": 0,
        "started": None,
        "seconds": None,
    }


def _item_rows(run: ImportedRun, task: ImportedTask) -> Iterator[dict[str, Any]]:
    key = _cell_key(run, task.task)
    for item in task.items() if task.items else ():
        yield {
            "item_key": digest_of([key, item.item]),
            "cell_key": key,
            "item": item.item,
            "score": item.score,
            "metrics": json.dumps(_facts(item), ensure_ascii=False),
            "output": item.output,
        }


def _facts(item: ImportedItem) -> dict[str, Any]:
    return {
        "metrics": dict(item.metrics),
        "prompt_hash": item.prompt_hash,
        "target_hash": item.target_hash,
        "prompt": item.prompt,
        "expected": item.expected,
    }


def _cell_key(run: ImportedRun, task: str) -> str:
    return digest_of([MARK, run.id, task])


def _kept(row: Mapping[str, Any]) -> KeptRun:
    said = json.loads(row["provenance"])
    return KeptRun(
        id=row["run"],
        tool=said["tool"],
        tool_version=said["tool_version"],
        files=tuple(said["files"]),
        model=said["model"],
        quantization=said["quantization"],
        created=said["created"],
        imported=row["created"],
        tasks=tuple(KeptTask(**task) for task in said["tasks"]),
        speeds=tuple(ServedSpeed(**speed) for speed in said["speeds"]),
        warnings=tuple(said["warnings"]),
        hardware=said["hardware"],
    )
