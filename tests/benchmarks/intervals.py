"""How often intervals hold the truth, and sequential tests err: ``python -m tests.benchmarks.intervals``.

Fixed intervals are drawn anew many times from a known truth: the share that holds it should be near 95 %. Sequential
tests run under their null, looked at after every item: the share that ever rejects must stay under α.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evals.home import ROOT
from evals.statistics.intervals import (
    Interval,
    clustered_interval,
    difference_interval,
    ratio_interval_from_summaries,
    score_interval,
    wilson,
)
from evals.statistics.pairs import compare_pairs, ratio_interval, tango
from evals.statistics.sequential import BettingTest, cluster_means, confidence_sequence

OUT = ROOT / "docs" / "benchmarks" / "intervals.json"
REPEATS = 4000
RUNS = 2000
ALPHA = 0.05
Generator = np.random.Generator


def pairs_of(rng: Generator, n: int, first: float, only_first: float, only_second: float) -> tuple[list, list]:  # type: ignore[type-arg]
    """Right-or-wrong pairs with these chances of only one being right."""
    u = rng.random(n)
    b, c = u < only_first, (u >= only_first) & (u < only_first + only_second)
    both = (u >= only_first + only_second) & (u < first + only_second)
    return (both | b).astype(float).tolist(), (both | c).astype(float).tolist()


def _wilson(p: float, n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    return lambda rng: (wilson(int(rng.binomial(n, p)), n), p)


def _graded(n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    return lambda rng: (score_interval(rng.beta(4, 2, n).tolist()), 4 / 6)


def _clustered(clusters: int, size: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    def draw(rng: Generator) -> tuple[Interval | None, float]:
        chance = np.repeat(rng.beta(3, 2, clusters), size)
        scores = (rng.random(clusters * size) < chance).astype(float)
        return clustered_interval(scores.tolist(), np.repeat(np.arange(clusters), size).astype(str).tolist()), 0.6

    return draw


def _tango(n: int, only_first: float, only_second: float) -> Callable[[Generator], tuple[Interval | None, float]]:
    def draw(rng: Generator) -> tuple[Interval | None, float]:
        b, c, _ = rng.multinomial(n, [only_first, only_second, 1 - only_first - only_second])
        return tango(int(b), int(c), n), only_second - only_first

    return draw


def _graded_pairs(n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    def draw(rng: Generator) -> tuple[Interval | None, float]:
        before = rng.beta(4, 2, n)
        after = before * rng.beta(18, 2, n)
        pair = compare_pairs(before.tolist(), after.tolist())
        return Interval(pair.low, pair.high) if pair.low is not None and pair.high is not None else None, -4 / 60

    return draw


def _paired_ratio(n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    return lambda rng: (ratio_interval(*pairs_of(rng, n, 0.8, 0.06, 0.02)), 0.76 / 0.8)


def _newcombe(n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    def draw(rng: Generator) -> tuple[Interval | None, float]:
        first, second = rng.binomial(n, 0.8) / n, rng.binomial(n, 0.7) / n
        return difference_interval((first, n), (second, n)), -0.1

    return draw


def _mover(n: int) -> Callable[[Generator], tuple[Interval | None, float]]:
    def draw(rng: Generator) -> tuple[Interval | None, float]:
        first, second = rng.binomial(n, 0.8) / n, rng.binomial(n, 0.76) / n
        return ratio_interval_from_summaries((first, n), (second, n)), 0.95

    return draw


FIXED: tuple[tuple[str, int, Callable[[Generator], tuple[Interval | None, float]]], ...] = (
    *((f"Wilson, p = {p}", n, _wilson(p, n)) for p in (0.5, 0.8, 0.9) for n in (100, 500)),
    *(("graded mean, Student t", n, _graded(n)) for n in (100, 500)),
    ("clustered mean, 40 documents of 5", 200, _clustered(40, 5)),
    ("clustered mean, 100 documents of 5", 500, _clustered(100, 5)),
    *(
        (f"paired difference, Tango, flips {100 * (b + c):.0f} %", n, _tango(n, b, c))
        for n in (100, 500)
        for b, c in ((0.08, 0.04), (0.05, 0.05), (0.03, 0.01))
    ),
    *(("graded paired difference, Student t", n, _graded_pairs(n)) for n in (100, 500)),
    *(("paired ratio, Bonett and Price", n, _paired_ratio(n)) for n in (100, 500)),
    *(("unpaired difference, Newcombe", n, _newcombe(n)) for n in (100, 500)),
    *(("unpaired ratio, MOVER", n, _mover(n)) for n in (100, 500)),
)


def coverage(repeats: int) -> list[dict[str, Any]]:
    """Share of intervals that hold the truth."""
    rows = []
    for number, (name, n, draw) in enumerate(FIXED):
        rng = np.random.default_rng(100 + number)
        held = 0
        for _ in range(repeats):
            interval, truth = draw(rng)
            held += interval is not None and interval.low - 1e-12 <= truth <= interval.high + 1e-12
        rows.append({"interval": name, "n": n, "repeats": repeats, "coverage": round(held / repeats, 4)})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def _score(side: str, pool: int | None) -> Callable[[Generator], bool]:
    def run(rng: Generator) -> bool:
        n = pool or 1000
        right = rng.permutation(np.arange(n) < round(0.8 * n)) if pool else rng.random(n) < 0.8
        test = BettingTest(0.8, side=side, pool=pool)  # type: ignore[arg-type]
        test.add(right.astype(float))
        return test.proves(ALPHA)

    return run


def _difference(side: str, pool: int | None) -> Callable[[Generator], bool]:
    def run(rng: Generator) -> bool:
        n = pool or 1000
        u = (rng.permutation(n) + 0.5) / n if pool else rng.random(n)
        test = BettingTest(-0.02, side=side, low=-1.0, pool=pool)  # type: ignore[arg-type]
        test.add(np.where(u < 0.05, -1.0, np.where(u < 0.08, 1.0, 0.0)))
        return test.proves(ALPHA)

    return run


def _documents(rng: Generator) -> bool:
    chance = np.repeat(rng.beta(3, 2, 200), 5)
    scores = (rng.random(1000) < chance).astype(float)
    test = BettingTest(0.6)
    test.add(cluster_means(scores.tolist(), np.repeat(np.arange(200), 5).astype(str).tolist()))
    return test.proves(ALPHA)


def _sequence(rng: Generator) -> bool:
    """An interval that is looked at 20 times and once fails to hold the truth."""
    scores = (rng.random(400) < 0.8).astype(float)
    looks = (confidence_sequence(scores[:n], ALPHA) for n in range(20, 401, 20))
    return any(not look.low <= 0.8 <= look.high for look in looks)


NULLS: tuple[tuple[str, Callable[[Generator], bool]], ...] = (
    ("score above 80 %, truth 80 %", _score("above", None)),
    ("score below 80 %, truth 80 %", _score("below", None)),
    ("the same, pool of 500 without replacement", _score("above", 500)),
    ("the same, below", _score("below", 500)),
    ("within 2 points of the baseline, truth 2 points below, 8 % flips", _difference("above", None)),
    ("more than 2 points below it, truth 2 points below", _difference("below", None)),
    ("within 2 points, pool of 1,000", _difference("above", 1000)),
    ("score of 200 documents of 5 questions, by document", _documents),
)


def anytime(runs: int) -> list[dict[str, Any]]:
    """Share of runs under the null that ever reject, looked at after each item."""
    rows = []
    for number, (name, run) in enumerate(NULLS):
        rng = np.random.default_rng(900 + number)
        errors = sum(run(rng) for _ in range(runs))
        upper = wilson(errors, runs)
        rows.append(
            {
                "test": name,
                "runs": runs,
                "errors": round(errors / runs, 4),
                "errors_high": round(upper.high if upper else math.inf, 4),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def section(found: dict[str, Any]) -> str:
    """Coverage and anytime errors."""
    fixed = "\n".join(f"| {r['interval']} | {r['n']} | {r['coverage']:.1%} |" for r in found["coverage"])
    tests = "\n".join(f"| {r['test']} | {r['errors']:.1%} | {r['errors_high']:.1%} |" for r in found["anytime"])
    return f"""## Intervals and tests in simulation

`{found["command"]}`, {found["date"]}, {found["seconds"]:.0f} s. Share of {found["repeats"]:,} intervals of 95 % that
hold the truth:

| interval | items | holds the truth |
|---|---|---|
{fixed}

Sequential tests under their null, α = 5 %, looked at after every item of at most 1,000: share of {found["runs"]:,} runs
that ever reject. The confidence sequence is looked at 20 times in {found["sequence_runs"]:,} runs of 400 items; it
misses the truth at some look in {found["sequence_misses"]:.1%}.

| null | ever rejects | 95 % upper end |
|---|---|---|
{tests}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    started = time.perf_counter()
    rng = np.random.default_rng(7)
    few = max(1, given.runs // 10)
    fixed, tests = coverage(given.repeats), anytime(given.runs)
    misses = sum(_sequence(rng) for _ in range(few)) / few
    command = "python -m tests.benchmarks.intervals"
    for name, value, usual in (("repeats", given.repeats, REPEATS), ("runs", given.runs, RUNS)):
        command += "" if value == usual else f" --{name} {value}"
    result = {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "seconds": round(time.perf_counter() - started, 1),
        "repeats": given.repeats,
        "runs": given.runs,
        "sequence_runs": few,
        "sequence_misses": misses,
        "coverage": fixed,
        "anytime": tests,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
