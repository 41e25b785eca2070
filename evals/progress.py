"""How far a run is, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.disk import short_of_disk
from evals.executors.nodes import Node, nodes_of
from evals.measurements import archived_note, unsandboxed_note
from evals.pace import seconds_left
from evals.plan import chosen_items
from evals.statistics.intervals import score_interval
from evals.store import Row, Store
from evals.summaries import digest
from evals.tasks import items, task_if_there
from evals.worker import OPEN

CellState = Literal["queued", "running", "done", "failed", "cancelled", "not run", "settled", "not needed"]
RunState = Literal["running", "done", "cancelled", "paused", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class CellStatus:
    """How far one cell is; ``score`` with its 95 % interval covers the items done so far."""

    model: str
    quantization: str
    task: str
    task_group: str
    state: CellState
    items_done: int
    items_total: int
    score: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """How far a run is. ``seconds_left`` is None until something can be said.

    ``reason`` says why the whole run is paused, or what it is waiting for; otherwise "". ``nodes`` are those of the
    cluster that evaluates it; none for local workers.
    """

    run: str
    state: RunState
    plan: dict[str, Any]
    created: float
    finished: float | None
    cells_done: int
    cells_total: int
    items_done: int
    items_total: int
    seconds_left: float | None
    cells: tuple[CellStatus, ...]
    provenance: dict[str, Any]
    reason: str = ""
    nodes: tuple[Node, ...] = ()


def run_status(store: Store, row: Mapping[str, Any]) -> RunStatus:
    """The run as it stands: finished cells by their summaries, the others by their items."""
    plan = json.loads(row["plan"])
    raw = store.cells(row["run"])
    cells = _cell_statuses(store, plan, raw)
    state, provenance = row["state"], json.loads(row["provenance"])
    if state == "running" and not store.alive_workers(row["run"]):
        state = "interrupted" if any(c.state in OPEN for c in cells) else "done"
    return RunStatus(
        run=row["run"],
        state=state,
        plan=plan,
        created=row["created"],
        finished=row["finished"],
        cells_done=sum(c.state not in (*OPEN, "cancelled") for c in cells),
        cells_total=len(cells),
        items_done=sum(c.items_done for c in cells),
        items_total=sum(c.items_total for c in cells),
        seconds_left=seconds_left(cells, len({c["worker"] for c in raw if c["state"] in OPEN and c["worker"]})),
        cells=tuple(cells),
        provenance=provenance,
        reason=row["reason"] or (short_of_disk() if state == "running" else ""),
        nodes=nodes_of(store, row["run"], raw) if provenance.get("executor") == "ray" else (),
    )


def _cell_statuses(store: Store, plan: Mapping[str, Any], raw: Sequence[Row]) -> list[CellStatus]:
    """A summary counts for a cell only where it is of the items that the run planned, or they are no longer here."""
    groups, planned = {}, {}
    for name in {cell["task"] for cell in raw}:
        what = task_if_there(name)  # a task of the user may be gone; what it measured is still told
        groups[name] = what.group if what else ""
        if what is not None:
            listed = items(what.config["metadata"]["items"])
            planned[name] = {listed[i]["id"] for i in chosen_items(what, plan["limit"], plan["seed"])}
    whole = {name: digest(asked) for name, asked in planned.items()}
    summed = store.summaries(cell["cell_key"] for cell in raw if cell["state"] == "done")
    summed |= store.archives(cell["cell_key"] for cell in raw if cell["state"] != "done")
    summed = {
        cell["cell_key"]: row
        for cell in raw
        if (row := summed.get(cell["cell_key"]))
        and (row["archived"] or whole.get(cell["task"], row["asked"]) == row["asked"])
    }
    scores = store.scores([cell["cell_key"] for cell in raw if cell["cell_key"] not in summed])
    found = []
    for cell in raw:
        key, asked = cell["cell_key"], planned.get(cell["task"])
        if key in summed:
            row = summed[key]
            score = _Score(n=row["n"], mean=row["score"], low=row["low"], high=row["high"])
            notes = (unsandboxed_note(row["unsandboxed"]), archived_note(row["archived"]))
        else:
            score = _score_of([one for item, one in scores[key].items() if asked is None or item in asked])
            notes = (unsandboxed_note(store.unsandboxed(key)), "")
        found.append(_cell_status(cell, groups[cell["task"]], score, "; ".join(note for note in notes if note)))
    return found


@dataclass(frozen=True, kw_only=True)
class _Score:
    n: int
    mean: float | None
    low: float | None
    high: float | None


def _score_of(scores: Sequence[float]) -> _Score:
    interval = score_interval(scores) if len(scores) > 1 else None
    return _Score(
        n=len(scores),
        mean=sum(scores) / len(scores) if scores else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )


def _cell_status(cell: Row, group: str, score: _Score, note: str) -> CellStatus:
    return CellStatus(
        model=cell["model"],
        quantization=cell["quantization"],
        task=cell["task"],
        task_group=group,
        state=cell["state"],
        items_done=score.n,
        items_total=cell["items_total"],
        score=score.mean,
        low=score.low,
        high=score.high,
        reason=cell["reason"],
        seconds=cell["seconds"],
        note=note,
    )
