"""Two measured variants, item by item."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from evals.importing.base_names import base_name
from evals.measurements import Measurement
from evals.names import known
from evals.plan import cell_key, draws_of, task_hash
from evals.results import finished_variants, item_scores, item_texts, measured_measurements
from evals.statistics.flips import ExcessFlips, answer_change_fraction, excess_flips, holm
from evals.statistics.pairs import PairComparison, compare_pairs
from evals.store import Store, shared_store
from evals.task_groups import group_of_task
from evals.tasks import task
from evals.verdicts import Status, Verdict, not_worse

MARGIN = 0.02
TWO_MODELS = "two models, so it says nothing of what quantization costs"
EVERY_TASK = "all tasks"


@dataclass(frozen=True, kw_only=True)
class VariantComparison:
    """``difference`` is second minus first; ``b`` items only the first got right, ``c`` only the second.

    On graded scores ``b`` and ``c`` count where the one or the other scored higher. ``verdict`` says whether the
    second is no more than ``margin`` worse than the first. ``p_holm`` is p adjusted for all tasks of the comparison.
    ``only_first_items`` and ``only_second_items`` count items that only one side answered: they are left out.
    """

    task: str
    task_group: str
    first: str
    second: str
    first_score: float
    second_score: float
    n: int
    b: int
    c: int
    difference: float
    low: float | None
    high: float | None
    p_mcnemar: float | None
    p_holm: float | None
    flips_fraction: float
    answer_change_fraction: float | None
    margin: float
    verdict: Status
    reason: str
    items_to_settle: int | None
    only_first_items: int = 0
    only_second_items: int = 0
    noise: ExcessFlips | None = None


def compare(
    first: str,
    second: str,
    task_name: str | None = None,
    store: Store | None = None,
    *,
    margin: float = MARGIN,
    repeat: str | None = None,
) -> list[VariantComparison]:
    """Compare ``MODEL@QUANTIZATION`` with another on one task or on all both have; ValueError if there is none.

    ``repeat`` names a variant that repeats the first: flips between those two are noise. With several tasks the last
    comparison is over all their items together.
    """
    if not 0.0 <= margin <= 1.0:
        raise ValueError(f"margin is {margin}; give a fraction from 0 to 1, such as 0.02 for two points")
    store = store or shared_store()
    finished = finished_variants(store)
    asked = [known("measured variant", name, finished) for name in (first, second, repeat) if name and finished]
    measured = measured_measurements(store, asked)
    variants = {f"{m.model}@{m.quantization}": m for m in measured}
    if not variants:
        raise ValueError("nothing was measured here yet; start with: python -m evals run --plan demo")
    left, right = (variants[known("measured variant", name, variants)] for name in (first, second))
    again = variants[known("measured variant", repeat, variants)] if repeat else None
    wanted = task(task_name).name if task_name else None
    both = _tasks_of(measured, left) & _tasks_of(measured, right)
    chosen = sorted(both if wanted is None else both & {wanted})
    if not chosen:
        raise ValueError(
            f"{first} and {second} share no measured {'task' if wanted is None else wanted}; run both on it first"
        )
    _same_protocols(measured, chosen, left, right)
    sides = [_sides(name, left, right, again, store) for name in chosen]
    found = [compared(side, left, right, margin) for side in sides]
    found = adjusted_for_tasks(found)
    return found if len(found) == 1 else [*found, compared(together(sides), left, right, margin)]


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What both answered on a task, item by item."""

    task: str
    before: list[float]
    after: list[float]
    answers: list[tuple[str, str]]
    only_first: int
    only_second: int
    noise: tuple[list[float], list[float], list[float]] | None


def _tasks_of(measured: list[Measurement], variant: Measurement) -> set[str]:
    return {m.task for m in measured if m.variant == variant.variant}


def _sides(name: str, left: Measurement, right: Measurement, again: Measurement | None, store: Store) -> Sides:
    _same_version(name, left, right, store)
    a, b = (item_scores(m.model, m.quantization, name, store) for m in (left, right))
    common = sorted(a.keys() & b.keys())
    if not common:
        raise ValueError(f"{left.variant} and {right.variant} answered no common item of {name}; run both on it again")
    said = [item_texts(m.model, m.quantization, name, common, store) for m in (left, right)]
    told = [item for item in common if item in said[0] and item in said[1]]
    noise = None
    if again:
        _same_version(name, left, again, store)
        r = item_scores(again.model, again.quantization, name, store)
        three = [item for item in common if item in r]
        if not three:
            raise ValueError(f"the repeat {again.variant} answered no common item of {name}; run it on the task first")
        noise = [a[i] for i in three], [r[i] for i in three], [b[i] for i in three]
    return Sides(
        task=name,
        before=[a[item] for item in common],
        after=[b[item] for item in common],
        answers=[(said[0][item].output, said[1][item].output) for item in told],
        only_first=len(a) - len(common),
        only_second=len(b) - len(common),
        noise=noise,
    )


def _same_protocols(measured: list[Measurement], names: list[str], left: Measurement, right: Measurement) -> None:
    """Refuse sides that were asked in two ways, such as by likelihood and by a written answer."""
    asked = {(m.variant, m.task): m.protocol for m in measured}
    for name in names:
        first, second = asked[left.variant, name], asked[right.variant, name]
        if first != second:
            raise ValueError(
                f"{name} was asked in two ways: of {left.variant} as {first!r}, of {right.variant} as {second!r}; "
                "name another task with --task, or measure both in one way"
            )


def _same_version(name: str, left: Measurement, right: Measurement, store: Store) -> None:
    """Refuse sides scored with another version of the task: prompts, items or scorer would differ."""
    if left.run == right.run:
        return
    now = task_hash(name)
    stale = []
    for side in (left, right):
        cells = [
            c
            for c in store.cells()
            if (c["model"], c["quantization"], c["task"], c["state"]) == (side.model, side.quantization, name, "done")
        ]
        if not any(c["cell_key"] in _keys_now(c, now, store) for c in cells):
            stale.append(side.variant)
    if stale:
        raise ValueError(
            f"{' and '.join(stale)} answered another version of {name} (its prompts, items or scorer changed since); "
            "measure again before comparing"
        )


def _keys_now(cell: Mapping[str, Any], now: str, store: Store) -> tuple[str, str]:
    """What a cell would be filed under today, without and with what its run draws beside."""
    row = store.run(cell["run"])
    draws = draws_of(json.loads(row["plan"])) if row else None
    return cell_key(cell["variant_key"], now), cell_key(cell["variant_key"], now, draws)


def together(sides: Sequence[Sides]) -> Sides:
    noises = [side.noise for side in sides if side.noise]
    return Sides(
        task=EVERY_TASK,
        before=[score for side in sides for score in side.before],
        after=[score for side in sides for score in side.after],
        answers=[pair for side in sides for pair in side.answers],
        only_first=sum(side.only_first for side in sides),
        only_second=sum(side.only_second for side in sides),
        noise=tuple([x for noise in noises for x in noise[part]] for part in range(3)) if noises else None,  # type: ignore[arg-type]
    )


def compared(side: Sides, left: Measurement, right: Measurement, margin: float) -> VariantComparison:
    pairs: PairComparison = compare_pairs(side.before, side.after)
    verdict: Verdict = not_worse(side.before, side.after, margin)
    warned = "" if base_name(left.model) == base_name(right.model) else TWO_MODELS
    return VariantComparison(
        task=side.task,
        task_group="" if side.task == EVERY_TASK else group_of_task(side.task),
        first=left.variant,
        second=right.variant,
        first_score=math.fsum(side.before) / pairs.n,
        second_score=math.fsum(side.after) / pairs.n,
        n=pairs.n,
        b=pairs.b,
        c=pairs.c,
        difference=pairs.difference,
        low=pairs.low,
        high=pairs.high,
        p_mcnemar=pairs.p_mcnemar,
        p_holm=None,
        flips_fraction=pairs.flips_fraction,
        answer_change_fraction=_changed(side.answers),
        margin=margin,
        verdict=verdict.status,
        reason="; ".join(part for part in (verdict.reason, verdict.settle_words, warned) if part),
        items_to_settle=verdict.items_to_settle,
        only_first_items=side.only_first,
        only_second_items=side.only_second,
        noise=excess_flips(*side.noise) if side.noise else None,
    )


def _changed(answers: list[tuple[str, str]]) -> float | None:
    return answer_change_fraction([a for a, _ in answers], [b for _, b in answers]) if answers else None


def adjusted_for_tasks(found: list[VariantComparison]) -> list[VariantComparison]:
    tested = [c for c in found if c.p_mcnemar is not None]
    adjusted = dict(zip((c.task for c in tested), holm([c.p_mcnemar or 0.0 for c in tested]), strict=True))
    return [replace(c, p_holm=adjusted.get(c.task)) for c in found]


def comparison_json(found: Sequence[VariantComparison]) -> dict[str, Any]:
    """The comparison on the one task, or over all of them, at the top; each task under ``comparisons``."""
    return {**asdict(found[-1]), "comparisons": [asdict(c) for c in found if c.task != EVERY_TASK]}
