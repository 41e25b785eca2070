"""The table of a run as text, the same whoever evaluated it."""

from __future__ import annotations

import json

from evals.store import Store


def exported(run: str, store: Store | None = None) -> str:
    """Every item of a finished run, a line each, sorted: all that was stored but when."""
    store = store or Store()
    cells = store.cells(run)
    assert cells and all(cell["state"] == "done" for cell in cells), [dict(cell) for cell in cells]
    lines = [
        json.dumps(
            [*(cell[name] for name in ("model", "quantization", "task", "variant_key", "cell_key")),
             *(row[name] for name in ("item_key", "item", "score", "metrics", "output", "row_hash"))]
        )
        for cell in cells
        for row in store.items(cell["cell_key"])
    ]  # fmt: skip
    return "\n".join(sorted(lines))
