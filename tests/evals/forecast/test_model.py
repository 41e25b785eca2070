from __future__ import annotations

import numpy as np
import pytest

from evals.forecast.cells import cell
from evals.forecast.effects import EFFECTS, OWN, TABLE, own, shared, stretched, variances
from evals.forecast.evidence import Row, published_rows
from evals.forecast.fit import estimate, objective
from evals.forecast.model import ForecastModel, shipped_model

TRUE_LOST = {8: 0.2, 4: 2.0, 3: 6.0, 2: 30.0}


def planted(sources: int = 25, seed: int = 7, wide: float = 1.0) -> list[Row]:
    """Rows whose losses we know: by bits, off by a factor a source and a little luck a row."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(sources):
        luck = float(np.exp(0.3 * wide * draw.standard_normal()))
        for bits, lost in TRUE_LOST.items():
            for task in ("MMLU", "GSM8K"):
                known = cell(
                    model=f"model-{number}-8b",
                    method="GPTQ",
                    label=f"W{bits}A16",
                    task=task,
                    bits=float(bits),
                    n_items=2000,
                    source=f"source {number}",
                )
                seen = lost * luck * float(np.exp(0.2 * wide * draw.standard_normal())) + 0.2 * draw.standard_normal()
                rows.append(
                    Row(
                        cell=known,
                        lost_points=seen,
                        baseline_points=70.0,
                        model=f"model-{number}",
                        quantization=f"W{bits}",
                        task=task,
                    )
                )
    return rows


def test_planted_losses_are_found_again() -> None:
    model = ForecastModel(planted())
    for bits, lost in TRUE_LOST.items():
        new = cell(model="other-9b", method="GPTQ", label=f"W{bits}A16", task="MMLU", bits=float(bits), n_items=2000)
        band = model.predict([new], [70.0])[0]
        assert band.low < lost < band.high
        assert band.lost_points == pytest.approx(lost, rel=0.3, abs=0.3)


def test_bands_of_held_out_sources_hold_as_often_as_they_say() -> None:
    held = ForecastModel(planted(sources=40)).held_out()
    inside = [h.band.low <= h.row.lost_points <= h.band.high for h in held]
    assert 0.75 <= float(np.mean(inside)) <= 0.88


def test_leaving_a_source_out_by_blocks_is_leaving_it_out() -> None:
    rows = planted(sources=12)
    out = [h for h in ForecastModel(rows).held_out() if h.row.cell.source == "source 3"]
    model, rest = ForecastModel(rows), ForecastModel([r for r in rows if r.cell.source != "source 3"])
    mine = [h.row.cell for h in out]
    direct = rest.predict(mine, [70.0] * len(mine))
    at = [i for i, row in enumerate(rows) if row.cell.source == "source 3"]
    across = shared(mine, [r.cell for r in rest.rows])
    mean = sum(rest.weights[n] * across[n] for n in across) @ rest._solved
    assert model._mean[at] == pytest.approx(mean, abs=1e-6)
    assert [d.lost_points for d in direct] == pytest.approx([h.band.lost_points for h in out], rel=0.2, abs=0.3)


def test_a_thin_cell_borrows_from_its_neighbours() -> None:
    """One row of an unheard-of benchmark that lost 10 points at 2 bits bends the forecast; it does not become it."""
    odd = cell(model="new-8b", method="GPTQ", label="W2A16", task="Quizbowl", bits=2.0, n_items=50, source="odd")
    seen = Row(cell=odd, lost_points=10.0, baseline_points=70.0, model="new", quantization="W2", task="Quizbowl")
    asked = cell(model="third-8b", method="GPTQ", label="W2A16", task="Quizbowl", bits=2.0)
    without = shipped_model().predict([asked], [70.0])[0].lost_points
    with_it = ForecastModel([*published_rows(), seen]).predict([asked], [70.0])[0].lost_points
    assert without > 25 and 12 < with_it < 0.9 * without


def test_full_precision_loses_nothing_and_no_loss_exceeds_the_baseline() -> None:
    model = ForecastModel(planted())
    full = cell(model="m-8b", method="", label="bf16", task="MMLU")
    low = cell(model="m-8b", method="RTN", label="W2A16", task="MMLU", bits=2.0)
    none, most = model.predict([full, low], [70.0, 12.0])
    assert (none.low, none.lost_points, none.high) == (0.0, 0.0, 0.0)
    assert most.high <= 12.0


def test_naive_is_the_groups_median_at_those_bits() -> None:
    rows = planted(sources=4)
    model = ForecastModel(rows)
    at = [r.lost_points for r in rows if r.cell.bits == 3 and r.cell.group == "math"]
    new = cell(model="m-8b", method="AWQ", label="W3A16", task="GSM8K", bits=3.0)
    assert model.naive(new) == pytest.approx(sorted(at)[1] / 2 + sorted(at)[2] / 2)  # of four rows
    unknown = cell(model="m-8b", method="AWQ", label="W3A16", task="???", bits=3.0)
    every = sorted(r.lost_points for r in rows if r.cell.bits == 3)
    assert model.naive(unknown) == pytest.approx((every[3] + every[4]) / 2)  # no such group: all eight


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="8 rows are too few"):
        ForecastModel(planted(sources=1))


def test_shipped_variances_are_what_fitting_gives() -> None:
    """The marginal likelihood is flat at the shipped table, and a few more steps from it change nothing."""
    assert list(variances()) == list(EFFECTS)
    rows = published_rows()
    cells = [row.cell for row in rows]
    parts = shared(cells, cells) | own(cells, [row.baseline_points for row in rows])
    y = stretched(np.array([row.lost_points for row in rows]))
    value, slope = objective(np.log([variances()[name] for name in EFFECTS]), y, parts)
    assert np.abs(slope).max() < 1.0, f"run python -m evals.forecast.fit ({TABLE.name} is not of this evidence)"
    away = {name: v * (2.0 if name in OWN else 1.0) for name, v in variances().items()}
    assert objective(np.log([away[name] for name in EFFECTS]), y, parts)[0] > value + 5


def test_fitting_finds_a_likelier_table_than_it_starts_from() -> None:
    rows = planted(sources=8)
    found = estimate(rows, iterations=15)
    cells = [row.cell for row in rows]
    parts = shared(cells, cells) | own(cells, [row.baseline_points for row in rows])
    y = stretched(np.array([row.lost_points for row in rows]))
    logs = np.log([found[name] for name in EFFECTS])
    assert objective(logs, y, parts)[0] < objective(np.full(len(EFFECTS), np.log(0.14)), y, parts)[0] - 5


def test_slope_of_the_objective_is_its_slope() -> None:
    rows = planted(sources=5)
    cells = [row.cell for row in rows]
    parts = shared(cells, cells) | own(cells, [row.baseline_points for row in rows])
    y = stretched(np.array([row.lost_points for row in rows]))
    logs = np.full(len(EFFECTS), -1.5)
    slope = objective(logs, y, parts)[1]
    for index in (0, 3, len(EFFECTS) - 1):
        step = np.zeros(len(EFFECTS))
        step[index] = 1e-5
        change = (objective(logs + step, y, parts)[0] - objective(logs - step, y, parts)[0]) / 2e-5
        assert slope[index] == pytest.approx(change, rel=1e-3, abs=1e-4)


def test_shipped_forecast_meets_its_goals_on_held_out_sources() -> None:
    model = shipped_model()
    held = model.held_out()
    inside = float(np.mean([h.band.low <= h.row.lost_points <= h.band.high for h in held]))
    error = np.median([abs(h.row.lost_points - h.band.lost_points) for h in held])
    naive = np.median([abs(h.row.lost_points - model.naive(h.row.cell, h.row.cell.source)) for h in held])
    assert 0.75 <= inside <= 0.88
    assert error < naive
