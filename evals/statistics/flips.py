"""What changes for users although the average may not: flips beyond the noise, changed answers, many comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.statistics.pairs import compare_pairs


@dataclass(frozen=True, kw_only=True)
class ExcessFlips:
    """Flips against a baseline, beyond those that a repeat of the baseline shows by itself.

    All are fractions of the n items; ``excess`` = flips − noise, ``low``–``high`` its interval (None for one item).
    """

    n: int
    flips_fraction: float
    noise_fraction: float
    excess: float
    low: float | None
    high: float | None


def excess_flips(
    baseline: Sequence[float], repeat: Sequence[float], scores: Sequence[float], confidence: float = 0.95
) -> ExcessFlips:
    """How many more items change their score than change by repeating the baseline (other seed, batch or card).

    Numerics alone flip answers (arXiv 2602.10144); excess = f_q − f_noise. An item may flip in both, so the interval
    is that of a paired difference of two shares (Tango 1998). ValueError on lists of different length.
    """
    noise = [float(x != y) for x, y in zip(baseline, repeat, strict=True)]
    flips = [float(x != y) for x, y in zip(baseline, scores, strict=True)]
    pair = compare_pairs(noise, flips, confidence)
    return ExcessFlips(
        n=pair.n,
        flips_fraction=sum(flips) / pair.n,
        noise_fraction=sum(noise) / pair.n,
        excess=pair.difference,
        low=pair.low,
        high=pair.high,
    )


def answer_change_fraction(first: Sequence[str], second: Sequence[str]) -> float:
    """Share of items whose answer differs, wrong to another wrong included; needs no right answers.

    Dutta et al. 2024 (arXiv 2407.09141) count changed correctness; this also sees what they cannot.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"first has {len(first)} answers, second {len(second)}; give the same items, at least one")
    return sum(x != y for x, y in zip(first, second, strict=True)) / len(first)


def holm(p_values: Sequence[float]) -> list[float]:
    """p adjusted for looking at all of them at once (Holm 1979): reject those at most α and at most α errs at all.

    The k-th smallest of m is multiplied by m − k + 1 and kept in order, at most 1; given back in the order given.
    """
    for position, p in enumerate(p_values):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p_values[{position}] is {p}; expected 0 to 1")
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted
