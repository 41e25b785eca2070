"""Estimate the variances of the effects and write them: ``python -m evals.forecast.fit`` (about a minute)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize

from data.files import write_atomically
from evals.forecast.effects import EFFECTS, OWN, SHARED, TABLE, Array, own, shared, stretched
from evals.forecast.evidence import Row, published_rows

PRIOR_LOG_MEAN, PRIOR_LOG_SD = -2.0, 3.0  # weak: keeps an effect without evidence from running to 0 or infinity
START = 0.14


def objective(logs: Array, y: Array, parts: Mapping[str, Array]) -> tuple[float, Array]:
    """Negative log marginal likelihood of the mixed model plus its weak prior, and its gradient in log variances."""
    weights = np.exp(logs)
    total = 1e-6 * np.eye(len(y))
    for weight, name in zip(weights, EFFECTS, strict=True):
        total += weight * (parts[name] if name in SHARED else np.diag(parts[name]))
    factor = np.linalg.cholesky(total)
    inverse = np.linalg.inv(total)
    solved = inverse @ y
    value = 0.5 * y @ solved + np.log(np.diag(factor)).sum()
    outer = np.outer(solved, solved) - inverse
    inner = [np.vdot(outer, parts[name]) if name in SHARED else float(np.diag(outer) @ parts[name]) for name in EFFECTS]
    from_prior = (logs - PRIOR_LOG_MEAN) / PRIOR_LOG_SD
    return float(value + 0.5 * from_prior @ from_prior), -0.5 * np.array(inner) * weights + from_prior / PRIOR_LOG_SD


def estimate(
    rows: Sequence[Row], start: Mapping[str, float] | None = None, *, iterations: int = 100
) -> dict[str, float]:
    """Variances that make the rows most likely (empirical Bayes), by L-BFGS."""
    cells = [row.cell for row in rows]
    parts = shared(cells, cells) | own(cells, [row.baseline_points for row in rows])
    y = stretched(np.array([row.lost_points for row in rows]))
    first = np.log([start[name] if start else START for name in EFFECTS])
    found = minimize(
        objective,
        first,
        args=(y, parts),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-9.0, 4.0)] * len(EFFECTS),
        options={"maxiter": iterations},
    )
    return dict(zip(EFFECTS, np.exp(found.x).tolist(), strict=True))


def main() -> None:
    found = estimate(published_rows())
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["effect", "kind", "variance"])
    writer.writerows([name, "shared" if name not in OWN else "own", f"{found[name]:.6g}"] for name in EFFECTS)
    write_atomically(TABLE, written.getvalue())


if __name__ == "__main__":
    main()
