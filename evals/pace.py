"""How long the open cells of a run will take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.models import evaluable
from evals.worker import OPEN

if TYPE_CHECKING:
    from evals.progress import CellStatus


def _size(name: str) -> int:
    """Bytes of the weights; 1 where there is nothing to weigh: behind an endpoint, or no longer here."""
    try:
        return max(1, evaluable(name).size_bytes or 0)
    except ValueError:
        return 1


def seconds_left(cells: Sequence[CellStatus], workers: int) -> float | None:
    """Time left by the pace of the finished cells: seconds an item of each model, scaled by size where unseen."""
    paces: dict[str, list[float]] = {}
    for cell in cells:
        if cell.seconds and cell.items_done:
            paces.setdefault(cell.model, []).append(cell.seconds / cell.items_done)
    if not paces:
        return None
    known = {name: sum(values) / len(values) for name, values in paces.items()}
    sizes = {c.model: _size(c.model) for c in cells}
    nearest = {name: min(known, key=lambda k: abs(sizes[k] - size)) for name, size in sizes.items()}
    left = sum(
        (c.items_total - c.items_done)
        * known[nearest[c.model]]
        * max(1.0, (sizes[c.model] / sizes[nearest[c.model]]) ** 0.5)
        for c in cells
        if c.state in OPEN
    )
    return left / max(1, workers)
