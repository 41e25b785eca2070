"""Which options are worth their money: nothing else is both cheaper and better, and how sure that is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pricing.quotes import Band

RESAMPLES = 200
SEED = 20261121
Z_95 = 1.959964  # two-sided 95 %, of score intervals
Z_90 = 1.644854  # two-sided 90 %, of cost bands


def undominated(costs: Sequence[float], scores: Sequence[float]) -> list[bool]:
    """True where no other option costs no more and scores no less, with one of them better."""
    return [bool(kept) for kept in _undominated(np.array([costs], float), np.array([scores], float))[0]]


def frontier_shares(
    costs: Sequence[Band], scores: Sequence[tuple[float, float | None, float | None]], shared: Sequence[Hashable]
) -> list[float]:
    """The share of resamples in which each option is undominated.

    Scores are drawn as normal from their 95 % intervals, costs as lognormal from their 90 % bands. Options with an
    equal entry in ``shared`` stand on the same machines, so the error of their cost is drawn once for all of them.
    """
    if not costs:
        return []
    return list(_shares(tuple(costs), tuple(scores), tuple(shared)))


@lru_cache(maxsize=64)
def _shares(
    costs: tuple[Band, ...], scores: tuple[tuple[float, float | None, float | None], ...], shared: tuple[Hashable, ...]
) -> tuple[float, ...]:
    """Where only a threshold moved, the same options stand at the same prices."""
    draw = np.random.default_rng(SEED)
    groups = {key: i for i, key in enumerate(dict.fromkeys(shared))}
    common = draw.standard_normal((RESAMPLES, len(groups)))[:, [groups[key] for key in shared]]
    value = np.array([max(c.value, 1e-9) for c in costs])
    spread = np.array([np.log(max(c.high, 1e-9) / max(c.low, 1e-9)) / (2 * Z_90) for c in costs])
    middle = np.array([s for s, _, _ in scores])
    error = np.array([0.0 if low is None or high is None else (high - low) / (2 * Z_95) for _, low, high in scores])
    drawn_scores = middle + error * draw.standard_normal((RESAMPLES, len(costs)))
    kept = _undominated(value * np.exp(spread * common), drawn_scores)
    return tuple(float(share) for share in kept.mean(axis=0))


def _undominated(costs: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    cheaper = costs[:, :, None] - costs[:, None, :]  # [resample, other, own]: other − own
    better = scores[:, :, None] - scores[:, None, :]
    beats = (cheaper <= 0) & (better >= 0) & ((cheaper < 0) | (better > 0))
    return np.asarray(~beats.any(axis=1))
