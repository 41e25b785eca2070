"""How far a stored race is: played again from the results in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from evals.race import Race, Standing
from evals.race_spec import spec_from
from evals.store import Row, Store, shared_store

Cells = Mapping[tuple[str, str], Row]  # by variant and task


def standing(run: str, store: Store | None = None) -> Standing | None:
    """Who is still in, with intervals; None if the run is no race, or its items are in an archive."""
    store = store or shared_store()
    row = store.run(run)
    plan = json.loads(row["plan"]) if row else {}
    if "race" not in plan:
        return None
    cells = race_cells(store, run)
    race = fresh_race(plan, cells)
    if store.archives(cell["cell_key"] for cell in cells.values()):
        return None
    race.played(stored_scores(store, cells))
    return race.standing()


def fresh_race(plan: Mapping[str, Any], cells: Cells) -> Race:
    """The race of a plan, told of what failed, nothing answered yet."""
    race = spec_from(plan).race()
    for (variant, _), cell in cells.items():
        if cell["state"] in ("failed", "not run"):
            race.fail(variant, cell["reason"])
    return race


def race_cells(store: Store, run: str) -> dict[tuple[str, str], Row]:
    """The cells of a race by variant and task."""
    return {(f"{cell['model']}@{cell['quantization']}", cell["task"]): cell for cell in store.cells(run)}


def stored_scores(store: Store, cells: Cells) -> dict[tuple[str, str], dict[str, float]]:
    """Scores by variant and task, then by item."""
    scores = store.scores([cell["cell_key"] for cell in cells.values()])
    return {key: scores[cell["cell_key"]] for key, cell in cells.items()}
