"""Does a cascade keep its promise in simulated deployments, and is the cheapest mix the best of all?

Writes ``docs/benchmarks/patterns.json``. Deployments differ in how well confidence tells right from wrong and in how
many items the threshold was chosen on; each is judged on the exact expected score under its threshold.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data.files import write_atomically
from decisions.patterns.items import StagePair
from decisions.patterns.mix import cheapest_mix
from decisions.patterns.thresholds import PASS_ALL, Line, guaranteed, plain
from tests.decisions.patterns.test_hybrid import brute_force, random_case

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "patterns.json"
DEPLOYMENTS, MIXES = 1000, 1000
SEED = 20261121
GRID = np.linspace(0.0, 1.0, 2001)
ITEMS = (150, 300, 600)
SLOPES = (0.0, 0.3, 0.6)  # how much the first stage's accuracy rises with its confidence
LEVEL, STRONG, MARGIN = 0.66, 0.84, 0.04


def weak_rate(sure: np.ndarray, slope: float) -> np.ndarray:
    """Chance that the first stage is right, at each confidence."""
    return np.asarray(LEVEL + slope * (sure - 0.5))


def expected(threshold: float, slope: float) -> tuple[float, float]:
    """(score, share passed on) of a threshold over uniform confidence: exact up to the grid."""
    below = threshold > GRID
    return float(np.where(below, STRONG, weak_rate(GRID, slope)).mean()), float(below.mean())


def deployment(n: int, slope: float, draw: np.random.Generator) -> StagePair:
    """Items that both stages answered; they are right or wrong independently, given the confidence."""
    sure = draw.uniform(size=n)
    return StagePair(
        task="simulated",
        ids=tuple(str(place) for place in range(n)),
        weak=(draw.uniform(size=n) < weak_rate(sure, slope)).astype(float),
        strong=(draw.uniform(size=n) < STRONG).astype(float),
        signal=sure,
    )


def cascades(count: int) -> list[dict[str, Any]]:
    """For each number of items and slope: how often the line is kept, by rule, and what is passed on."""
    draw, rows = np.random.default_rng(SEED), []
    target = STRONG - MARGIN
    rules: dict[str, Callable[..., float | None]] = {"guarantee": guaranteed, "in sample": plain}
    for n in ITEMS:
        for slope in SLOPES:
            best = min(
                share for score, share in (expected(t, slope) for t in np.linspace(0, 1.001, 1002)) if score >= target
            )
            for name, rule in rules.items():
                kept, passed, proven = 0, 0.0, 0
                for _ in range(count):
                    found = rule(deployment(n, slope, draw), (Line(name="line", target=target),))
                    score, share = expected(PASS_ALL if found is None else found, slope)
                    kept, passed, proven = kept + (score >= target), passed + share, proven + (found is not None)
                rows.append(
                    {
                        "rule": name, "items": n, "slope": slope, "deployments": count,
                        "kept_fraction": kept / count, "proven_fraction": proven / count,
                        "passed_fraction": passed / count, "best_passed_fraction": best,
                    }
                )  # fmt: skip
    return rows


def mixes(count: int) -> dict[str, Any]:
    """Random small mixes against every assignment."""
    draw, same, solvable, seconds = np.random.default_rng(SEED), 0, 0, 0.0
    for _ in range(count):
        tasks, able, cost = random_case(draw)
        started = time.perf_counter()
        found = cheapest_mix(tasks, able, cost)
        seconds += time.perf_counter() - started
        best = brute_force(tasks, able, cost)
        solvable += best is not None
        if found is None or best is None:
            same += found is None and best is None
        else:
            same += abs(found.usd_per_month - best) < 1e-9
    return {"cases": count, "equal_to_brute_force": same, "solvable": solvable, "ms_each": 1000 * seconds / count}


def main() -> None:
    """Run both and write the file."""
    rows = cascades(DEPLOYMENTS)
    result = {
        "cascade": rows,
        "worst_kept_fraction": min(row["kept_fraction"] for row in rows if row["rule"] == "guarantee"),
        "hybrid": mixes(MIXES),
    }
    write_atomically(OUT, json.dumps(result, indent=1) + "\n")
    print(section(result))


def section(found: dict[str, Any]) -> str:
    """The Markdown of the benchmarks page."""
    lines = [
        "## Patterns",
        "",
        f"A cascade's threshold is chosen on n items; the line lies {100 * MARGIN:.0f} points under the second stage. "
        "Kept: the share of simulated deployments in which the true score holds the line. Slope: how much the first "
        "stage's accuracy rises from its least sure to its surest answer. Hindsight: the least share that keeps the "
        "line.",
        "",
        "| rule | items | slope | kept | threshold proven | passed on | hindsight |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found["cascade"]:
        lines.append(
            f"| {row['rule']} | {row['items']} | {row['slope']} | {100 * row['kept_fraction']:.1f} % | "
            f"{100 * row['proven_fraction']:.0f} % | {100 * row['passed_fraction']:.0f} % | "
            f"{100 * row['best_passed_fraction']:.0f} % |"
        )
    mix = found["hybrid"]
    lines += [
        "",
        f"The cheapest mix over tasks equals trying every assignment in {mix['equal_to_brute_force']:,} of "
        f"{mix['cases']:,} random small cases ({mix['ms_each']:.0f} ms each).",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
