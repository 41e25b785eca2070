"""Where the bits run out: points lost against a variant's own baseline, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from decisions.evidence import ItemScores, baseline_of, paired_scores, refusal
from evals.measurements import Measurement, Origin
from evals.statistics.intervals import difference_interval
from evals.statistics.pairs import compare_pairs

Zone = Literal["safe", "unproven", "cliff", "n/a"]
FAILS_BELOW = 0.10  # a baseline under this has nothing to lose
TOLERANCE = 0.02


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
    measurements: Sequence[Measurement], item_scores: ItemScores | None = None, *, tolerance: float = TOLERANCE
) -> tuple[CliffRow, ...]:
    """Every measurement against its own baseline, by task, model and falling bits.

    API models and models with a single variant have no baseline of their own and are left out.
    """
    variants = {(m.model, m.task): 0 for m in measurements}
    for m in measurements:
        variants[m.model, m.task] += 1
    rows = [_row(m, measurements, item_scores, tolerance) for m in measurements if variants[m.model, m.task] > 1]
    tasks = {task: i for i, task in enumerate(dict.fromkeys(m.task for m in measurements))}
    models = {model: i for i, model in enumerate(dict.fromkeys(m.model for m in measurements))}
    return tuple(
        sorted(rows, key=lambda r: (tasks[r.task], models[r.model], -(r.bits_per_weight or 0.0), r.quantization))
    )


def _row(
    seen: Measurement, measurements: Sequence[Measurement], scores: ItemScores | None, tolerance: float
) -> CliffRow:
    baseline = baseline_of(seen, measurements)
    lost, low, high, paired, zone, reason = _loss(seen, baseline, scores, tolerance)
    return CliffRow(
        model=seen.model,
        quantization=seen.quantization,
        method=seen.method,
        task=seen.task,
        task_group=seen.task_group,
        bits_per_weight=seen.bits_per_weight,
        score=seen.score,
        baseline=baseline.quantization if baseline else "",
        baseline_score=baseline.score if baseline else None,
        lost=lost,
        low=low,
        high=high,
        n_items=seen.n_items,
        paired=paired,
        zone=zone,
        reason=reason,
        measurement=seen,
        origin=seen.origin,
        is_baseline=baseline is not None and baseline.quantization == seen.quantization,
    )


def _loss(
    seen: Measurement, baseline: Measurement | None, scores: ItemScores | None, tolerance: float
) -> tuple[float | None, float | None, float | None, bool, Zone, str]:
    if baseline is None:
        return None, None, None, False, "n/a", "no full-precision run of the same model to compare with"
    if baseline.score < FAILS_BELOW:
        return None, None, None, False, "n/a", f"the baseline fails already ({100 * baseline.score:.1f} %)"
    if baseline.quantization == seen.quantization:
        return 0.0, 0.0, 0.0, False, "safe", "the baseline itself"
    if why := refusal(seen, baseline):
        return None, None, None, False, "n/a", f"not comparable with its baseline: {why}"
    pair = paired_scores(baseline, seen, scores)
    if pair:
        flips = compare_pairs(pair[1], pair[2])
        low, high = (None, None) if flips.low is None or flips.high is None else (-flips.high, -flips.low)
        return -flips.difference, low, high, True, zone_of(low, high, tolerance), f"paired on {flips.n} items"
    lost = baseline.score - seen.score
    if not seen.n_items or not baseline.n_items:
        return lost, None, None, False, "unproven", "the source does not say on how many items: no interval"
    interval = difference_interval((baseline.score, baseline.n_items), (seen.score, seen.n_items))
    if interval is None:
        return lost, None, None, False, "unproven", "too few items for an interval"
    low, high = -interval.high, -interval.low
    return lost, low, high, False, zone_of(low, high, tolerance), "unpaired: no item scores"


def zone_of(low: float | None, high: float | None, tolerance: float) -> Zone:
    """Safe if the whole interval of the loss lies within the tolerance, a cliff if it all lies beyond."""
    if low is None or high is None:
        return "unproven"
    return "safe" if high <= tolerance else "cliff" if low > tolerance else "unproven"
