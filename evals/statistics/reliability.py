"""Whether a model is right as often as it is sure: calibration of stated probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence

BINS = 10


def brier_score(probabilities: Sequence[float], right: Sequence[float]) -> float:
    """Mean of (stated probability − right)², 0 at best (Brier 1950). A proper score: only honesty makes it smallest.

    ``probabilities`` are those of the answers given, ``right`` is 1 or 0. ValueError on other input.
    """
    pairs = _checked(probabilities, right)
    return math.fsum((p - r) ** 2 for p, r in pairs) / len(pairs)


def expected_calibration_error(probabilities: Sequence[float], right: Sequence[float], bins: int = BINS) -> float:
    """Σ |B| / n · |share right in B − mean probability in B| over bins of equally many items.

    Equal-mass bins as in Nguyen and O'Connor 2015 (arXiv 1508.05154); with equal-width ones most bins are nearly
    empty, because models are sure of most answers. Equal probabilities are never put into different bins. Biased
    upwards for few items: compare it only at the same n. ValueError on input as for ``brier_score``, or bins < 1.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; give at least 1")
    pairs = sorted(_checked(probabilities, right))
    n, start, total = len(pairs), 0, 0.0
    for number in range(1, bins + 1):
        end = max(start, round(number * n / bins))
        while 0 < end < n and pairs[end][0] == pairs[end - 1][0]:
            end += 1
        total += abs(math.fsum(r - p for p, r in pairs[start:end]))
        start = end
    return total / n


def _checked(probabilities: Sequence[float], right: Sequence[float]) -> list[tuple[float, float]]:
    if len(probabilities) != len(right) or not probabilities:
        raise ValueError(f"{len(probabilities)} probabilities of {len(right)} answers; give as many, at least one")
    for position, (p, r) in enumerate(zip(probabilities, right, strict=True)):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"probabilities[{position}] is {p}; expected 0 to 1")
        if r not in (0.0, 1.0):
            raise ValueError(f"right[{position}] is {r}; expected 1 or 0")
    return [(float(p), float(r)) for p, r in zip(probabilities, right, strict=True)]
