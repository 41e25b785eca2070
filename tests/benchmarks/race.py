"""The race against the full grid on replays with planted accuracies: ``python -m tests.benchmarks.race``.

A replay plants 20 candidates (4 sizes × 5 widths; a call costs as much as the weights are long), each with a true
accuracy that rises with size and width but not strictly, and a line that no true accuracy comes nearer to than the
gap; one of them lies exactly at the gap. Items are answered by chance at those accuracies, hard items hard for all.
The full grid answers every item and takes the cheapest whose 95 % interval clears the line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evals.home import ROOT
from evals.race import Entrant, Race
from evals.race_check import Line, RaceCheck

OUT = ROOT / "docs" / "benchmarks" / "race.json"
PARAMETERS_B = (8, 14, 32, 70)
BITS = (2.6, 3.5, 4.8, 8.5, 16.0)
SHARED = 0.7  # how much of an item's difficulty all candidates share
ALPHA = 0.05
SETTINGS = (  # line, gap in points, items, replays
    ("minimum", 5, 1000, 1000),
    ("minimum", 2, 1000, 1000),
    ("minimum_of_baseline", 5, 1000, 1000),
    ("minimum_of_baseline", 2, 1000, 1000),
    ("minimum", 5, 500, 1000),
    ("minimum", 2, 500, 1000),
)


def entrants() -> list[Entrant]:
    """Cheapest first; a call costs the bytes that are read."""
    found = [
        Entrant(id=f"{size}B@{bits}", baseline=f"{size}B@{BITS[-1]}", weight=size * bits)
        for size in PARAMETERS_B
        for bits in BITS
    ]
    return sorted(found, key=lambda entrant: entrant.weight)


def planted(rng: random.Random, kind: str, gap: float) -> tuple[dict[str, float], float]:
    """True accuracies by id, and a line whose nearest candidate lies exactly ``gap`` from it.

    For a share of the baseline the gap is one of shares.
    """
    best = {size: 0.55 + 0.09 * i + rng.gauss(0, 0.03) for i, size in enumerate(PARAMETERS_B)}
    loss = dict(zip(BITS, (0.30, 0.12, 0.05, 0.01, 0.0), strict=True))
    scale = rng.uniform(0.4, 1.6)
    truth = {
        f"{size}B@{bits}": best[size] * (1.0 - scale * loss[bits] * rng.uniform(0.6, 1.4) * (8 / size) ** 0.15)
        for size in PARAMETERS_B
        for bits in BITS
    }
    base = {name: 1.0 if kind == "minimum" else truth[f"{name.split('@')[0]}@{BITS[-1]}"] for name in truth}
    shares = {name: truth[name] / base[name] for name in truth}
    free = [name for name in shares if kind == "minimum" or not name.endswith(f"@{BITS[-1]}")]
    target = round(rng.choice([shares[name] for name in free]) + rng.uniform(-0.06, 0.06), 3)
    target = min(target, 0.97 if kind == "minimum" else 1.0 - gap)
    for name in free:
        if abs(shares[name] - target) < gap:
            shares[name] = target + (gap if shares[name] >= target else -gap)
    nearest = min(free, key=lambda name: abs(shares[name] - target))
    shares[nearest] = target + (gap if shares[nearest] >= target else -gap)
    return {name: min(0.995, shares[name] * base[name]) for name in shares}, target


def outcomes(rng: random.Random, truth: Mapping[str, float], items: int) -> dict[str, list[float]]:
    """Right or wrong for every candidate and item."""
    draws = np.random.default_rng(rng.getrandbits(64))
    common = draws.random(items)
    found = {}
    for name, accuracy in truth.items():
        own = np.where(draws.random(items) < SHARED, common, draws.random(items))
        found[name] = (own < accuracy).astype(float).tolist()
    return found


def full_grid(line: Line, scores: Mapping[str, list[float]], order: list[Entrant], items: int) -> str | None:
    """The decision once all items are in: the cheapest that meets, by the same verdict the race gives at the end."""
    for entrant in order:
        check = RaceCheck(line, items, ALPHA, is_baseline=entrant.id == entrant.baseline)
        if check.full_status(scores[entrant.baseline], scores[entrant.id]) == "meets":
            return entrant.id
    return None


def replay(rng: random.Random, kind: str, gap: float, items: int) -> dict[str, Any]:
    """One race beside its full grid."""
    truth, target = planted(rng, kind, gap)
    order = entrants()
    line = Line(task="quiz", kind=kind, value=target)  # type: ignore[arg-type]
    scores = outcomes(rng, truth, items)
    race = Race(order, [line], {"quiz": [str(i) for i in range(items)]}, alpha=ALPHA)
    while ask := race.next():
        race.give(ask, [scores[ask.entrant][int(item)] for item in ask.items])
    end = race.result()
    decision = full_grid(line, scores, order, items)
    base = {e.id: 1.0 if kind == "minimum" else truth[e.baseline] for e in order}
    right = {name: "meets" if truth[name] / base[name] >= target - 1e-9 else "misses" for name in truth}
    cheapest = next((e.id for e in order if right[e.id] == "meets"), None)
    settled = {name: status for name, status in end.statuses.items() if status in ("meets", "misses")}
    return {
        "same": end.decision == decision,
        "race_true": end.decision == cheapest,
        "grid_true": decision == cheapest,
        "cost": end.cost_fraction,
        "calls": end.calls / (len(order) * items),
        "wrong": sum(right[name] != status for name, status in settled.items()),
        "settled": len(settled),
        "false_choice": end.decision is not None and right[end.decision] != "meets",
    }


def measured(kind: str, gap_points: int, items: int, replays: int, seed: int) -> dict[str, Any]:
    """One row of the table."""
    rng = random.Random(seed)
    found = [replay(rng, kind, gap_points / 100, items) for _ in range(replays)]
    costs = sorted(one["cost"] for one in found)

    def share(name: str) -> float:
        return round(sum(one[name] for one in found) / replays, 4)

    settled = sum(one["settled"] for one in found)
    return {
        "line": kind,
        "gap_points": gap_points,
        "items": items,
        "replays": replays,
        "same_decision": share("same"),
        "cost_median": round(statistics.median(costs), 4),
        "cost_p90": round(costs[int(0.9 * replays)], 4),
        "calls_median": round(statistics.median(one["calls"] for one in found), 4),
        "wrong_verdicts": sum(one["wrong"] for one in found),
        "verdicts": settled,
        "false_choice": share("false_choice"),
        "race_right": share("race_true"),
        "grid_right": share("grid_true"),
    }


def section(found: dict[str, Any]) -> str:
    """The race beside the full grid."""
    words = {"minimum": "minimum score", "minimum_of_baseline": "share of baseline"}
    rows = "\n".join(
        f"| {words[r['line']]} | {r['gap_points']} | {r['items']:,} | {r['replays']:,} | {r['same_decision']:.1%} | "
        f"{r['cost_median']:.3f} | {r['cost_p90']:.3f} | {r['calls_median']:.3f} | "
        f"{r['wrong_verdicts']} of {r['verdicts']:,} | {r['false_choice']:.1%} | {r['race_right']:.1%} | "
        f"{r['grid_right']:.1%} |"
        for r in found["rows"]
    )
    return f"""## The race beside the full grid

`{found["command"]}`, {found["date"]}, {found["seconds"]:.0f} s: replays with planted accuracies, 20 candidates of four
sizes and five widths, a call weighted by the bytes of the weights, α = {found["alpha"]}. In each replay the nearest
candidate lies exactly the gap from the line. Cost is the share of the full grid's weighted calls.

| line | gap, points | items | replays | same decision as the full grid | cost, median | 90th percentile | calls, \
median | wrong verdicts | chosen but truly below | race finds the true answer | full grid finds it |
|---|---|---|---|---|---|---|---|---|---|---|---|
{rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replays", type=int, help="fewer, for a quick look")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--resume", action="store_true", help="keep the rows that the file has, make those that miss")
    given = parser.parse_args()
    kept = json.loads(given.out.read_text()) if given.resume else {"rows": [], "seconds": 0.0}
    started = time.perf_counter() - kept["seconds"]
    rows: list[dict[str, Any]] = []
    given.out.parent.mkdir(parents=True, exist_ok=True)
    for number, (kind, gap, items, replays) in enumerate(SETTINGS):
        asked = {"line": kind, "gap_points": gap, "items": items, "replays": given.replays or replays}
        there = next((row for row in kept["rows"] if asked.items() <= row.items()), None)
        rows.append(there or measured(kind, gap, items, given.replays or replays, seed=1000 + number))
        print(json.dumps(rows[-1]), flush=True)
        result = {
            "command": "python -m tests.benchmarks.race" + (f" --replays {given.replays}" if given.replays else ""),
            "date": time.strftime("%Y-%m-%d"),
            "processors": os.cpu_count(),
            "alpha": ALPHA,
            "seconds": round(time.perf_counter() - started, 1),
            "rows": rows,
        }
        given.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
