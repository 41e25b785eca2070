"""Where the bits run out: points lost against a variant's own baseline, task by task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from decisions.evidence import ItemScores, baseline_of, paired_scores
from decisions.wording import listed
from evals.measurements import Measurement, Origin
from evals.statistics.intervals import difference_interval
from evals.statistics.pairs import compare_pairs

Zone = Literal["safe", "unproven", "cliff", "n/a"]
FAILS_BELOW = 0.10  # a baseline under this has nothing to lose
TOLERANCE = 0.02
PLURAL = {"breaks": "break", "has": "have", "is": "are"}


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


def group_sentences(
    rows: Sequence[CliffRow], tolerance: float = TOLERANCE, titles: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Task group → "Math breaks between 3.4 and 2.6 bits."; ``titles`` renames groups and models."""
    found = {}
    for group in dict.fromkeys(row.task_group for row in rows):
        name = (titles or {}).get(group, group)
        said = _said([r for r in rows if r.task_group == group], titles or {})
        found[group] = f"{name[:1].upper()}{name[1:]} {said}."
    return found


def cliff_sentence(
    rows: Sequence[CliffRow], tolerance: float = TOLERANCE, titles: Mapping[str, str] | None = None
) -> str:
    """The answer of the page: each group in a clause, those that break first."""
    if not rows:
        return "Nothing is measured yet, so no cliff can be shown."
    ends = {
        group: breaking_bits([r for r in rows if r.task_group == group])
        for group in dict.fromkeys(r.task_group for r in rows)
    }
    order = sorted(ends, key=lambda group: (ends[group][1] is None, -(ends[group][1] or 0.0)))
    alike: dict[str, list[str]] = {}
    for group in order:
        said = _said([r for r in rows if r.task_group == group], titles or {})
        alike.setdefault(said, []).append((titles or {}).get(group, group))
    clauses = [_clause(names, said) for said, names in alike.items()]
    return f"{'; '.join([clauses[0][:1].upper() + clauses[0][1:], *clauses[1:]])}."


def _clause(names: Sequence[str], said: str) -> str:
    """``math and code break at about 4 bits``: groups of which the same is said share a clause."""
    words = [name[:1].lower() + name[1:] if name[1:2].islower() else name for name in names]
    verb, _, rest = said.partition(" ")
    return f"{listed(words)} {verb if len(names) == 1 else PLURAL.get(verb, verb)} {rest}"


def breaking_bits(rows: Sequence[CliffRow]) -> tuple[float | None, float | None, float | None]:
    """(fewest bits down to which none is proven broken, most bits from which down all are, fewest bits tried).

    Between the two, methods and formats of the same width differ, or nothing is proven.

    The baselines themselves do not count: they have nothing to lose.
    """
    judged = [(r.bits_per_weight, r.zone) for r in rows if r.bits_per_weight and r.zone != "n/a" and not r.is_baseline]
    broken = [bits for bits, zone in judged if zone == "cliff"]
    top = max(broken, default=None)
    whole = [bits for bits, _ in judged if top is None or bits > top]
    lowest_whole = min((bits for bits, zone in judged if zone != "cliff"), default=math.inf)
    below = max((bits for bits in broken if bits < lowest_whole), default=top)
    return min(whole, default=None), below, min((bits for bits, _ in judged), default=None)


def _said(rows: Sequence[CliffRow], titles: Mapping[str, str]) -> str:
    """What is said of a group, verb first."""
    judged = [r for r in rows if r.zone != "n/a"]
    if not judged:
        return f"cannot be judged: {rows[0].reason}" if rows else "is not measured"
    models = list(dict.fromkeys(r.model for r in judged))
    by_model = {model: breaking_bits([r for r in judged if r.model == model]) for model in models}
    holds, breaks, fewest = breaking_bits(judged)
    if breaks is None:
        if fewest is None:
            return "has only its baseline so far"
        tried = [r.zone for r in judged if not r.is_baseline]
        unproven = tried.count("unproven")
        if unproven == len(tried):
            return f"is unproven down to {fewest:.2g} bits"
        doubt = f", though {unproven} of {len(tried)} variants {'are' if unproven > 1 else 'is'} unproven"
        return f"has not broken down to {fewest:.2g} bits{doubt if unproven else ''}"
    per_model = [(m, h, b) for m, (h, b, _) in by_model.items() if b is not None]
    if len(models) > 1 and (len(per_model) < len(models) or len({b for _, _, b in per_model}) > 1):
        parts = [_range(h, b) + f" for {titles.get(m, m)}" for m, h, b in per_model]
        kept = [m for m in models if by_model[m][1] is None]
        rest = f" and has not for {listed([titles.get(m, m) for m in kept])}" if kept else ""
        return f"breaks {listed(parts)}{rest}"
    return f"breaks {_range(holds, breaks)}"


def _range(holds: float | None, breaks: float) -> str:
    if holds is None:
        return f"already at {breaks:.2g} bits"
    if f"{holds:.2g}" == f"{breaks:.2g}":
        return f"at about {breaks:.2g} bits"
    return f"between {holds:.2g} and {breaks:.2g} bits"
