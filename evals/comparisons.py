"""Two measured variants, item by item."""

from __future__ import annotations

from dataclasses import dataclass

from evals.measurements import Measurement
from evals.names import known
from evals.results import item_scores, measured_measurements
from evals.statistics.pairs import compare_pairs
from evals.store import Store, shared_store
from evals.tasks import task


@dataclass(frozen=True, kw_only=True)
class VariantComparison:
    """``difference`` is second minus first; ``b`` items only the first got right, ``c`` only the second."""

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
    flips_fraction: float


def compare(
    first: str, second: str, task_name: str | None = None, store: Store | None = None
) -> list[VariantComparison]:
    """Compare ``MODEL@QUANTIZATION`` with another on one task or on all both have; ValueError if there is none."""
    store = store or shared_store()
    measured = measured_measurements(store)
    variants = {f"{m.model}@{m.quantization}": m for m in measured}
    if not variants:
        raise ValueError("nothing was measured here yet; start with: python -m evals run --plan demo")
    left, right = (variants[known("measured variant", name, variants)] for name in (first, second))
    wanted = task(task_name).name if task_name else None
    both = _tasks_of(measured, left) & _tasks_of(measured, right)
    chosen = sorted(both if wanted is None else both & {wanted})
    if not chosen:
        raise ValueError(
            f"{first} and {second} share no measured {'task' if wanted is None else wanted}; run both on it first"
        )
    return [_compare_on(name, left, right, store) for name in chosen]


def _tasks_of(measured: list[Measurement], variant: Measurement) -> set[str]:
    return {m.task for m in measured if m.variant == variant.variant}


def _compare_on(name: str, left: Measurement, right: Measurement, store: Store) -> VariantComparison:
    a, b = (item_scores(m.model, m.quantization, name, store) for m in (left, right))
    common = sorted(a.keys() & b.keys())
    firsts, seconds = [a[i] for i in common], [b[i] for i in common]
    pairs = compare_pairs(firsts, seconds)
    return VariantComparison(
        task=name,
        task_group=task(name).group,
        first=left.variant,
        second=right.variant,
        first_score=sum(firsts) / len(firsts),
        second_score=sum(seconds) / len(seconds),
        n=pairs.n,
        b=pairs.b,
        c=pairs.c,
        difference=pairs.difference,
        low=pairs.low,
        high=pairs.high,
        p_mcnemar=pairs.p_mcnemar,
        flips_fraction=pairs.flips_fraction,
    )
