"""Where the bits run out: points lost against a variant's own baseline, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from decisions.evidence import ItemScores
from evals.measurements import Measurement, Origin

Zone = Literal["safe", "unproven", "cliff", "n/a"]


@dataclass(frozen=True, kw_only=True)
class CliffRow:
    """One variant on one task. ``lost`` is a fraction (0.02 = 2 points worse), with its 95 % interval.

    ``paired`` says whether the same items were compared. ``zone`` is n/a where ``lost`` means nothing.
    """

    model: str
    quantization: str
    method: str
    task: str
    task_group: str
    bits_per_weight: float | None
    score: float
    baseline: str
    baseline_score: float | None
    lost: float | None
    low: float | None
    high: float | None
    n_items: int | None
    paired: bool
    zone: Zone
    reason: str
    measurement: Measurement
    origin: Origin
    is_baseline: bool = False


def cliff(
    measurements: Sequence[Measurement], item_scores: ItemScores | None = None, *, tolerance: float = 0.02
) -> tuple[CliffRow, ...]:
    """Every measurement against its own baseline, by task, model and falling bits."""
    raise NotImplementedError


def group_sentences(rows: Sequence[CliffRow], tolerance: float = 0.02) -> Mapping[str, str]:
    """Task group → "Math breaks between 3.4 and 2.6 bits."."""
    raise NotImplementedError


def cliff_sentence(rows: Sequence[CliffRow], tolerance: float = 0.02) -> str:
    """The answer of the page in one sentence."""
    raise NotImplementedError
