"""How alike two cells are: the covariance of their losses, a sum of named effects.

A loss of ``l`` points enters as ``asinh(l / 0.5)``: linear where runs differ by noise, logarithmic where they
collapse. On that scale every effect is normal with mean 0 and its own variance (``data/published/
forecast_effects.csv``), so a cell nobody tried shrinks to what its neighbours share: its class of methods, its
group, all cells of its width. Most effects grow as bits fall (``damage``). This is a linear mixed model
(Henderson 1975, "Best linear unbiased estimation and prediction"), written by its covariance.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evals.forecast.cells import Cell
from evals.published import FOLDER

Array = NDArray[np.float64]
SCALE_POINTS = 0.5
USUAL_PARAMETERS_B = 10.0
ZONE_ENDS = (3.6, 6.2)  # about 3 bits and fewer, 4 to 6, more
WRITTEN = ("math", "code", "agent", "instruction following")  # sampled and parsed: more luck than a choice of letters
SHARED = (
    "bits", "damage", "class", "class at these bits", "size", "size at these bits", "activations", "group", "benchmark",
    "model", "source", "benchmark of a source", "setting of a source",
)  # fmt: skip
OWN = ("items", "written answers", "noise at few bits", "noise at middle bits", "noise at many bits")
EFFECTS = SHARED + OWN
TABLE = FOLDER / "forecast_effects.csv"


@lru_cache(maxsize=1)
def variances() -> Mapping[str, float]:
    """The shipped variance of each effect; ``python -m evals.forecast.fit`` estimates them again."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {row["effect"]: float(row["variance"]) for row in csv.DictReader(file)}


def shared(one: Sequence[Cell], two: Sequence[Cell]) -> dict[str, Array]:
    """Each effect's covariance at variance 1 between two lists of cells, ``len(one)`` × ``len(two)``."""
    bits = np.array([c.bits for c in one]), np.array([c.bits for c in two])
    damage = np.outer(_damage(bits[0]), _damage(bits[1]))
    apart = bits[0][:, None] - bits[1][None, :]
    sizes = _size(one), _size(two)
    narrow = (np.array([c.activation_bits < 16 for c in part], dtype=float) for part in (one, two))
    same_class = _same([c.method_class for c in one], [c.method_class for c in two])
    sources = [c.source for c in one], [c.source for c in two]
    known = np.outer([bool(s) for s in sources[0]], [bool(s) for s in sources[1]])
    groups = [c.group for c in one], [c.group for c in two]  # "" is unknown: not one group
    benchmarks = [c.benchmark for c in one], [c.benchmark for c in two]
    same_source = _same(*sources) * known
    return {
        "bits": np.exp(-0.5 * (apart / 2.0) ** 2),
        "damage": damage,
        "class": same_class * damage,
        "class at these bits": same_class * np.exp(-0.5 * apart**2) * damage,
        "size": np.outer(*sizes) * damage,
        "size at these bits": np.outer(*sizes) * np.exp(-0.5 * (apart / 1.5) ** 2),
        "activations": np.outer(*narrow) * damage,
        "group": _same(*groups) * np.outer([bool(g) for g in groups[0]], [bool(g) for g in groups[1]]) * damage,
        "benchmark": _same(*benchmarks) * damage,
        "model": _same([c.model for c in one], [c.model for c in two]) * damage,
        "source": same_source * damage,
        "benchmark of a source": same_source * _same(*benchmarks),
        "setting of a source": same_source * _same([c.setting for c in one], [c.setting for c in two]) * damage,
    }


def own(cells: Sequence[Cell], baseline_points: Sequence[float]) -> dict[str, Array]:
    """Each cell's own variance at variance 1: chance of the items drawn, and noise by zone of bits."""
    bits = np.array([c.bits for c in cells])
    share = np.clip(np.array(baseline_points) / 100, 0.05, 0.95)
    drawn = 1e4 * share * (1 - share) / np.maximum([c.n_items for c in cells], 20)
    usual = np.interp(
        bits, [2.0, 3.0, 4.0, 5.0, 8.0], [25.0, 5.0, 1.5, 0.5, 0.2]
    )  # points lost, for the slope of asinh
    zones = zone(bits)
    return {
        "items": drawn / (SCALE_POINTS**2 + usual**2),
        "written answers": np.array([c.group in WRITTEN for c in cells], dtype=float),
        **{name: (zones == index).astype(float) for index, name in enumerate(OWN[2:])},
    }


def covariance(one: Sequence[Cell], two: Sequence[Cell], weights: Mapping[str, float]) -> Array:
    """The sum of the shared effects."""
    parts = shared(one, two)
    return np.asarray(sum(weights[name] * parts[name] for name in SHARED))


def own_variance(cells: Sequence[Cell], baseline_points: Sequence[float], weights: Mapping[str, float]) -> Array:
    """The sum of the effects no other cell shares."""
    parts = own(cells, baseline_points)
    return np.asarray(sum(weights[name] * parts[name] for name in OWN))


def zone(bits: Array) -> NDArray[np.int64]:
    """0, 1 or 2: few, middle, many bits."""
    return np.searchsorted(ZONE_ENDS, bits, side="left")


def stretched(points: Array) -> Array:
    """Points lost on the scale where effects add."""
    return np.arcsinh(points / SCALE_POINTS)


def points(value: Array) -> Array:
    """Back to points lost."""
    return SCALE_POINTS * np.sinh(value)


def _damage(bits: Array) -> Array:
    return np.clip(9.0 - bits, 0.15, 8.0) / 5.0


def _size(cells: Sequence[Cell]) -> Array:
    """Log of the size against the usual one; 0, no effect, where it is unknown."""
    return np.log([(c.parameters_b or USUAL_PARAMETERS_B) / USUAL_PARAMETERS_B for c in cells])


def _same(one: Sequence[str], two: Sequence[str]) -> Array:
    return (np.array(one, dtype=object)[:, None] == np.array(two, dtype=object)[None, :]).astype(float)
