"""What was measured here, as measurements and item by item."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from evals.endpoints.forms import protocol
from evals.garbage import uncollected
from evals.importing.keeping import is_imported
from evals.measurements import Measurement, archived_note, unsandboxed_note
from evals.quantizations import BASELINES, quantization
from evals.statistics.agreement import EXTRA_CALLS
from evals.statistics.confidence import CONFIDENCES
from evals.store import Row, Store, shared_store
from evals.tasks import Task, items, task, task_if_there


@dataclass(frozen=True, kw_only=True)
class ItemText:
    """One item as it was asked and answered."""

    item: str
    prompt: str
    expected: str
    output: str
    score: float


def finished_variants(store: Store) -> list[str]:
    """``MODEL@QUANTIZATION`` of every finished cell; reads no item."""
    return list(dict.fromkeys(f"{c['model']}@{c['quantization']}" for c in store.cells() if c["state"] == "done"))


def measured_measurements(store: Store | None = None, only: Collection[str] | None = None) -> list[Measurement]:
    """Every finished cell by its summary, newest run first; cells that share a key appear once.

    ``only`` names variants, MODEL@QUANTIZATION: the others are left out.
    """
    with uncollected():
        return _measurements(store or shared_store(), only)


def _measurements(store: Store, only: Collection[str] | None) -> list[Measurement]:
    variants = store.variants()
    created = {row["run"]: row for row in store.runs() if not is_imported(row)}
    done: dict[tuple[str, str, str], Row] = {}
    here = [cell for cell in store.cells() if cell["run"] in created and cell["state"] == "done"]
    known = {name: what for name in {cell["task"] for cell in here} if (what := task_if_there(name))}
    for cell in sorted(here, key=lambda c: -created[c["run"]]["created"]):
        if cell["task"] in known:
            done.setdefault((cell["model"], cell["quantization"], cell["task"]), cell)
    labels: dict[tuple[str, str], list[str]] = {(model, task_): [] for model, _, task_ in done}
    for model, label, task_ in done:
        labels[model, task_].append(label)
    if only is not None:
        done = {key: cell for key, cell in done.items() if f"{key[0]}@{key[1]}" in only}
    found = []
    # once each, not once a cell: there may be ten thousand
    asked = {name: what.protocol for name, what in known.items()}
    when = {name: time.strftime("%Y-%m-%d", time.localtime(run["created"])) for name, run in created.items()}
    origins = {name: {"source": f"run {name}", "date": date, "run": name} for name, date in when.items()}
    baselines = {key: next((b for b in BASELINES if b in there), "") for key, there in labels.items()}
    summed = store.summaries(cell["cell_key"] for cell in done.values())
    shared: dict[tuple[str, str, str], _Shared] = {}
    for (model, label, name), cell in done.items():
        if summary := summed.get(cell["cell_key"]):
            variant = variants.get(cell["variant_key"])
            key = (cell["variant_key"] if variant else "", label, name)
            if key not in shared:
                shared[key] = _Shared.of(cell, variant, known[name], asked[name])
            found.append(_measurement(cell, summary, shared[key], baselines[model, name], origins[cell["run"]]))
    return found


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """What measurements of one variant on one task have in common."""

    fields: dict[str, Any]  # of a measurement of no score yet
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, cell: Row, variant: Row | None, what: Task, asked: str) -> _Shared:
        facts = json.loads(variant["facts"]) if variant else {}
        served = facts.get("endpoint", {})
        how = quantization(cell["quantization"])
        arithmetic = f"{facts.get('arithmetic', '')} arithmetic on {facts.get('device', '')}"
        stored_only = "; stored size, computed at full width" if how.execution == "dequantized" else ""
        measurement = Measurement(
            model=cell["model"],
            quantization=cell["quantization"],
            task=what.name,
            task_group=what.group,
            metric=what.metric,
            score=0.0,
            n_items=None,
            low=None,
            high=None,
            origin="measured",
            protocol=protocol(asked, what.output_type, facts),
            method="full precision" if how.method == "none" else how.method,
            bits_per_weight=(variant["bits_per_weight"] or None) if variant else None,  # 0 in the store: not known
            weight_bytes=(variant["weight_bytes"] or None) if variant else None,
            source_title="Measured here",
            hardware=f"{served['model']} at {served['base_url']}" if served else arithmetic + stored_only,
        )
        return cls(fields=dict(vars(measurement)), warnings=tuple(served.get("warnings", ())))


def _measurement(cell: Row, summary: Row, shared: _Shared, baseline: str, origin: dict[str, str]) -> Measurement:
    return Measurement.of(
        {
            **shared.fields,
            **origin,
            "model": cell["model"],
            "score": summary["score"],
            "n_items": summary["n"],
            "low": summary["low"],
            "high": summary["high"],
            "baseline": baseline,
            "note": _note(shared, summary) if shared.warnings or summary["unsandboxed"] or summary["archived"] else "",
            "seconds": cell["seconds"],
            "archived": summary["archived"],
        }
    )


def _note(shared: _Shared, summary: Row) -> str:
    notes = (*shared.warnings, unsandboxed_note(summary["unsandboxed"]), archived_note(summary["archived"]))
    return "; ".join(note for note in notes if note)


def item_scores(model: str, quantization: str, task_name: str, store: Store | None = None) -> dict[str, float]:
    """Score by item of the newest finished cell; empty if there is none."""
    store = store or shared_store()
    cell = _newest(store, model, quantization, task_name)
    return dict(store.scores([cell["cell_key"]])[cell["cell_key"]]) if cell else {}


def item_confidences(
    model: str, quantization: str, task_name: str, store: Store | None = None
) -> dict[str, dict[str, float]]:
    """What the engine saw of its own answers, by item, of the newest finished cell.

    Some of ``evals.statistics.confidence.CONFIDENCES`` for each item; an item of which the engine told nothing is
    left out.
    """
    store = store or shared_store()
    cell = _newest(store, model, quantization, task_name)
    rows = store.items(cell["cell_key"]) if cell else []
    kept = {
        row["item"]: {name: value for name, value in json.loads(row["metrics"]).items() if name in CONFIDENCES}
        for row in rows
    }
    return {item: values for item, values in kept.items() if values}


def item_calls(model: str, quantization: str, task_name: str, store: Store | None = None) -> int:
    """Requests for each answer of the newest finished cell: more than 1 where self-consistency drew further ones."""
    store = store or shared_store()
    cell = _newest(store, model, quantization, task_name)
    rows = store.items(cell["cell_key"]) if cell else []
    return 1 + max((int(json.loads(row["metrics"]).get(EXTRA_CALLS, 0)) for row in rows), default=0)


def item_texts(
    model: str, quantization: str, task_name: str, wanted: Iterable[str] | None = None, store: Store | None = None
) -> dict[str, ItemText]:
    """Prompt, expected and given answer by item, for the wanted items or all."""
    store = store or shared_store()
    cell = _newest(store, model, quantization, task_name)
    if not cell:
        return {}
    asked = {item["id"]: item for item in items(task(task_name).config["metadata"]["items"])}
    keep = set(asked) if wanted is None else set(wanted)
    return {
        row["item"]: ItemText(
            item=row["item"],
            prompt=asked[row["item"]]["prompt"],
            expected=asked[row["item"]]["answer"].strip(),
            output=_readable(row["output"]),
            score=row["score"],
        )
        for row in store.items(cell["cell_key"])
        if row["item"] in keep and row["item"] in asked
    }


def _readable(output: str) -> str:
    if output.startswith('{"choice"'):
        return str(json.loads(output)["choice"])
    return output.strip()


def _newest(store: Store, model: str, quantization: str, task_name: str) -> Row | None:
    created = {row["run"]: row["created"] for row in store.runs() if not is_imported(row)}
    cells = [c for c in store.finished(model, quantization, task_name) if c["run"] in created]
    return max(cells, key=lambda c: created[c["run"]], default=None)
