"""What accuracy does not show: flipped answers, moved probabilities, and whether a model knows when it errs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from decisions.evidence import ItemScores, baseline_of, paired_scores, unless_archived
from evals.divergences import Divergence, kept
from evals.measurements import Measurement
from evals.statistics.confidence import ANSWER_PROBABILITY
from evals.statistics.reliability import brier_score, expected_calibration_error
from evals.tasks import tasks

if TYPE_CHECKING:
    from evals.store import Store

Confidences = Callable[[str, str, str], Mapping[str, Mapping[str, float]]]  # (model, quantization, task) → by item


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """One variant on one task against its own baseline; None for what was not measured.

    ``flips_fraction`` counts items whose score differs, either way. ``calibration_error`` and ``brier`` are of the
    probabilities of the chosen answers and exist for multiple choice only.
    """

    model: str
    quantization: str
    task: str
    baseline: str
    bits_per_weight: float | None
    flips_fraction: float | None
    top1_agreement: float | None
    kl: float | None
    calibration_error: float | None
    brier: float | None


def measured_fidelities(measurements: Sequence[Measurement], scores: ItemScores | None) -> tuple[Fidelity, ...]:
    """The same with what is kept here."""
    return fidelities(measurements, scores, item_confidences, kept())


def fidelities(
    measurements: Sequence[Measurement],
    scores: ItemScores | None,
    confidences: Confidences,
    divergences: Mapping[tuple[str, str, str], Divergence],
) -> tuple[Fidelity, ...]:
    """One for each measurement made here of which anything beyond its score is known."""
    if scores is None:
        return ()
    found = [_fidelity(m, measurements, scores, confidences, divergences) for m in measurements]
    return tuple(
        one
        for one in found
        if any(v is not None for v in (one.flips_fraction, one.kl, one.calibration_error))
    )


def _fidelity(
    seen: Measurement,
    measurements: Sequence[Measurement],
    scores: ItemScores,
    confidences: Confidences,
    divergences: Mapping[tuple[str, str, str], Divergence],
) -> Fidelity:
    key = (seen.model, seen.quantization, seen.task)
    baseline = baseline_of(seen, measurements)
    itself = baseline is not None and baseline.quantization == seen.quantization
    pair = None if baseline is None or itself else paired_scores(baseline, seen, scores)
    moved = divergences.get(key)
    sure = _sure(confidences(*key), scores(*key))
    return Fidelity(
        model=seen.model,
        quantization=seen.quantization,
        task=seen.task,
        baseline=baseline.quantization if baseline else "",
        bits_per_weight=seen.bits_per_weight,
        flips_fraction=sum(x != y for x, y in zip(pair[1], pair[2], strict=True)) / len(pair[0]) if pair else None,
        top1_agreement=moved.top1_agreement if moved else None,
        kl=moved.kl if moved else None,
        calibration_error=expected_calibration_error(*sure) if sure else None,
        brier=brier_score(*sure) if sure else None,
    )


def _sure(
    confidences: Mapping[str, Mapping[str, float]], scores: Mapping[str, float]
) -> tuple[list[float], list[float]] | None:
    both = [
        (min(1.0, told[ANSWER_PROBABILITY]), scores[item])
        for item, told in confidences.items()
        if ANSWER_PROBABILITY in told and scores.get(item) in (0.0, 1.0)
    ]
    return ([p for p, _ in both], [right for _, right in both]) if both else None


def item_confidences(model: str, quantization: str, task: str) -> Mapping[str, Mapping[str, float]]:
    """How sure a variant measured here was, by item; only multiple choice says it as a probability."""
    from evals.store import shared_store

    what = tasks().get(task)
    if what is None or what.output_type != "multiple_choice":
        return {}
    store = shared_store()
    return _stored_confidences(store, store.stamp(), model, quantization, task)


@lru_cache(maxsize=500)
def _stored_confidences(
    store: Store, stamp: object, model: str, quantization: str, task: str
) -> Mapping[str, Mapping[str, float]]:
    from evals.results import item_confidences as stored

    return unless_archived(lambda: stored(model, quantization, task, store), {})
