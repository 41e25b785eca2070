"""The forecast itself: best linear prediction from the rows, with a band taken from its own error on held-out sources.

Leaving one source out needs no second fit: with ``V`` the covariance of all rows, the error on the rows ``i`` of a
source predicted from the others is ``(V⁻¹ᵢᵢ)⁻¹ (V⁻¹ y)ᵢ`` and its covariance ``(V⁻¹ᵢᵢ)⁻¹`` (Rasmussen & Williams
2006, eq. 5.10–5.12, by blocks). The tenth, middle and ninetieth of these standardized errors, by zone of bits,
place the band and its centre: losses are skewed and heavy-tailed, a normal band would not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evals.forecast.cells import FULL_BITS, Cell
from evals.forecast.effects import (
    ZONE_ENDS,
    Array,
    covariance,
    own_variance,
    points,
    stretched,
    variances,
    zone,
)
from evals.forecast.evidence import Row, published_rows

BAND = 0.80
USUAL_BASELINE_POINTS = 65.0


@dataclass(frozen=True, kw_only=True)
class Band:
    """Points of score lost (100 = all): the middle, and the ends of the 80 % band. A gain is a negative loss."""

    lost_points: float
    low: float
    high: float


@dataclass(frozen=True)
class HeldOut:
    """One row predicted from every source but its own."""

    row: Row
    band: Band


class ForecastModel:
    """Rows and variances, solved once (a second for a thousand rows). Raises ValueError under 30 rows."""

    def __init__(self, rows: Sequence[Row], weights: Mapping[str, float] | None = None) -> None:
        if len(rows) < 30:
            raise ValueError(f"{len(rows)} rows are too few for a forecast; 30 are needed")
        self.rows = tuple(rows)
        self.weights = dict(weights or variances())
        self._cells = [row.cell for row in rows]
        self._lost = np.array([row.lost_points for row in rows])
        y = stretched(self._lost)
        baselines = [row.baseline_points for row in rows]
        total = covariance(self._cells, self._cells, self.weights)
        total[np.diag_indices(len(rows))] += own_variance(self._cells, baselines, self.weights) + 1e-6
        self._spread = np.sqrt(np.diag(total))
        self._inverse = np.linalg.inv(total)
        self._solved = self._inverse @ y
        self._sources = np.array([c.source for c in self._cells])
        self._mean, self._sd = self._left_out(y)
        self._quantiles = self._standard((y - self._mean) / self._sd)

    def predict(self, cells: Sequence[Cell], baseline_points: Sequence[float | None]) -> list[Band]:
        """A band a cell. A known baseline bounds the loss: no score falls below 0 or rises above 100."""
        across = covariance(cells, self._cells, self.weights)
        mean = across @ self._solved
        before = [USUAL_BASELINE_POINTS if b is None else b for b in baseline_points]
        alone = np.array([covariance([c], [c], self.weights)[0, 0] for c in cells])
        spread = alone + own_variance(cells, before, self.weights) - np.sum((across @ self._inverse) * across, axis=1)
        return self._bands(cells, mean, np.sqrt(np.maximum(spread, 1e-6)), baseline_points)

    def held_out(self) -> list[HeldOut]:
        """Every row predicted from the other sources."""
        bands = self._bands(self._cells, self._mean, self._sd, [row.baseline_points for row in self.rows])
        return [HeldOut(row, band) for row, band in zip(self.rows, bands, strict=True)]

    def nearest(self, cell: Cell, count: int = 8) -> list[Row]:
        """The rows most like the cell: by how far their losses are expected to move together (correlation)."""
        alike = covariance([cell], self._cells, self.weights)[0] / self._spread
        return [self.rows[i] for i in np.argsort(-alike, kind="stable")[:count]]

    def naive(self, cell: Cell, without: str | None = None) -> float:
        """Median points lost in the cell's task group at its bits, rounded; over all groups where it has none."""
        bits = np.round([c.bits for c in self._cells]) == round(cell.bits)
        here = bits if without is None else bits & (self._sources != without)
        group = here & np.array([c.group == cell.group for c in self._cells])
        chosen = self._lost[group if group.any() else here]
        return float(np.median(chosen)) if chosen.size else 0.0

    def _left_out(self, y: Array) -> tuple[Array, Array]:
        mean, sd = np.zeros(len(y)), np.zeros(len(y))
        for source in dict.fromkeys(self._sources):
            at = np.flatnonzero(self._sources == source)
            block = np.linalg.inv(self._inverse[np.ix_(at, at)])
            mean[at] = y[at] - block @ self._solved[at]
            sd[at] = np.sqrt(np.diag(block))
        return mean, sd

    def _standard(self, errors: Array) -> NDArray[np.float64]:
        """Low, middle and high quantile of the errors, a row a zone; a source with many rows counts as √rows."""
        counts = {s: int(n) for s, n in zip(*np.unique(self._sources, return_counts=True), strict=True)}
        votes = np.array([counts[s] ** -0.5 for s in self._sources])
        zones = zone(np.array([c.bits for c in self._cells]))
        tail = max(0.0, (1 - BAND * (1 + 1 / len(counts))) / 2)  # as conformal bands allow for few sources
        wanted = (tail, 0.5, 1 - tail)
        table = []
        for index in range(len(ZONE_ENDS) + 1):
            here = zones == index if np.sum(zones == index) >= 20 else np.ones(len(errors), dtype=bool)
            order = np.argsort(errors[here])
            share = (np.cumsum(votes[here][order]) - 0.5 * votes[here][order]) / votes[here].sum()
            table.append(np.interp(wanted, share, errors[here][order]))
        return np.array(table)

    def _bands(
        self, cells: Sequence[Cell], mean: Array, sd: Array, baseline_points: Sequence[float | None]
    ) -> list[Band]:
        ends = self._quantiles[zone(np.array([c.bits for c in cells]))]
        lost = points(mean[:, None] + ends * sd[:, None])
        bands = []
        for c, (low, middle, high), before in zip(cells, lost.tolist(), baseline_points, strict=True):
            if c.bits >= FULL_BITS:
                low = middle = high = 0.0  # the baseline itself
            most, least = (100.0, -100.0) if before is None else (before, before - 100.0)
            clipped = [min(max(value, least), most) for value in (low, middle, high)]
            bands.append(Band(low=clipped[0], lost_points=clipped[1], high=clipped[2]))
        return bands


@lru_cache(maxsize=1)
def shipped_model() -> ForecastModel:
    """The model on all shipped evidence, solved once a process."""
    return ForecastModel(published_rows())


@lru_cache(maxsize=8)
def model_without(source: str) -> ForecastModel:
    """The model on the shipped evidence but for one source."""
    return ForecastModel([row for row in published_rows() if row.cell.source != source])
