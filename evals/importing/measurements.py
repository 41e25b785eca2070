"""Imported runs as measurements and item by item; their origin is always ``imported``."""

from __future__ import annotations

import time
from collections.abc import Iterable

from evals.forecast.cells import bits_of
from evals.importing.keeping import KeptRun, KeptTask, imports, item_facts
from evals.measurements import Measurement, archived_note
from evals.quantizations import BASELINES, QUANTIZATIONS
from evals.results import ItemText
from evals.store import Store, shared_store


def imported_measurements(store: Store | None = None) -> list[Measurement]:
    """One for each task of each imported run, newest import first."""
    store = store or shared_store()
    every = [(run, task) for run in imports(store) for task in run.tasks]
    away = store.archives(task.cell_key for _, task in every)
    labels: dict[tuple[str, str], set[str]] = {}
    for run, task in every:
        labels.setdefault((run.model, task.task), set()).add(run.quantization)
    return [
        _measurement(run, task, labels[run.model, task.task], away[task.cell_key]["archived"])
        if task.cell_key in away
        else _measurement(run, task, labels[run.model, task.task])
        for run, task in every
    ]


def imported_scores(model: str, quantization: str, task: str, store: Store | None = None) -> dict[str, float]:
    """Score by item of the largest import of a variant on a task; empty if there is none."""
    store = store or shared_store()
    cell = _largest(model, quantization, task, store)
    return dict(store.scores([cell])[cell]) if cell else {}


def imported_texts(
    model: str, quantization: str, task: str, wanted: Iterable[str] | None = None, store: Store | None = None
) -> dict[str, ItemText]:
    """Prompt, expected and given answer by item, for the wanted items or all."""
    store = store or shared_store()
    cell = _largest(model, quantization, task, store)
    keep = None if wanted is None else set(wanted)
    rows = store.items(cell) if cell else []
    found = ((row, item_facts(row)) for row in rows if keep is None or row["item"] in keep)
    return {
        row["item"]: ItemText(
            item=row["item"],
            prompt=facts["prompt"],
            expected=facts["expected"],
            output=row["output"],
            score=row["score"],
        )
        for row, facts in found
    }


def protocol_words(task: KeptTask) -> str:
    """The fields that must agree, in one line; equal lines are comparable."""
    short = {name: value if len(value) <= 60 else f"{value[:57]}…" for name, value in task.protocol.items()}
    said = [f"{name} {value}" for name, value in short.items() if value and value != "none"]
    return " · ".join([task.task, *said, *([f"prompts {task.shape}"] if task.shape else [])])


def _measurement(run: KeptRun, task: KeptTask, labels: set[str], archived: str = "") -> Measurement:
    how = QUANTIZATIONS.get(run.quantization)
    tool = f"{run.tool} {run.tool_version}".strip()
    limit = f"limited to {task.limit} items" if task.limit else ""
    return Measurement(
        model=run.model,
        quantization=run.quantization,
        task=task.task,
        task_group=task.task_group,
        metric=task.metric,
        score=task.score,
        n_items=task.n,
        low=task.low,
        high=task.high,
        origin="imported",
        protocol=f"{run.tool} · {protocol_words(task)}",
        method=_method(run.quantization),
        bits_per_weight=how.effective_bits if how else bits_of(run.quantization),
        baseline=next((label for label in BASELINES if label in labels), ""),
        source=f"import {run.id}",
        source_title=f"{tool}, {run.files[0]}",
        date=time.strftime("%Y-%m-%d", time.localtime(run.created or run.imported)),
        run=run.id,
        hardware=run.hardware,
        note="; ".join(note for note in (limit, *run.warnings, archived_note(archived)) if note),
        limit=task.limit,
        archived=archived,
    )


def _method(label: str) -> str:
    how = QUANTIZATIONS.get(label)
    if how:
        return "full precision" if how.method == "none" else how.method
    return "full precision" if label == "fp32" else "API" if label == "api" else ""


def _largest(model: str, quantization: str, task: str, store: Store) -> str | None:
    """The cell of the import with the most items, the newest of equals: the one whose score is shown."""
    found = [
        each
        for run in imports(store)
        if (run.model, run.quantization) == (model, quantization)
        for each in run.tasks
        if each.task == task and each.has_items
    ]
    return max(found, key=lambda each: each.n or 0).cell_key if found else None
