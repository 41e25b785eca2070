"""The decisions themselves, tested backwards: ``python -m tests.benchmarks.backtest [--store FILE]``.

A case is a set of variants scored on the same items, their monthly costs, and a line. Part of the scores is hidden;
forecast and race choose; the choice is compared with the cheapest variant that truly meets. Beside it three habits.
Cases from published scores: truth is the published score, and a hidden variant answers by chance at its published
score, items being hard or easy for all. Cases from a store of the tiny family: truth is the
score on all items, and the choice is made on half of them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.home import ROOT
from tests.benchmarks.backtest_cases import published_cases, store_cases
from tests.benchmarks.backtest_policies import HABITS, Case, chosen_by_habit, decided, full_grid, judged, truth

OUT = ROOT / "docs" / "benchmarks" / "backtest.json"
CLOSE = 0.05


def measured(cases: Iterator[Case]) -> dict[str, Any]:
    """Every policy over the same cases."""
    policies: dict[str, Callable[[Case], Any]] = {
        "forecast and race": decided,
        "every item asked": lambda case: (full_grid(case), 1.0),
    }
    policies |= {name: (lambda case, name=name: (chosen_by_habit(case, name), 0.0)) for name in HABITS}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in policies}
    count = 0
    for case in cases:
        count += 1
        best = truth(case)
        for name, choose in policies.items():
            choice, calls = choose(case)
            rows[name].append(judged(case, choice, best) | {"calls": calls})
    return {"cases": count, "policies": {name: _figures(found) for name, found in rows.items()}}


def _figures(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    made = [one for one in found if one["decided"]]
    regrets = [one["regret"] for one in made if one["regret"] is not None]
    missed = sum(one["missed"] for one in made)
    possible = sum(one["possible"] for one in found)
    good = sum(regret <= CLOSE for regret in regrets)
    return {
        "decided": len(made),
        "missed": missed,
        "missed_fraction": round(missed / len(made), 4) if made else None,
        "regret_median": round(statistics.median(regrets), 4) if regrets else None,
        "regret_mean": round(statistics.fmean(regrets), 4) if regrets else None,
        "good_fraction": round(good / possible, 4) if possible else None,
        "undecided_though_something_meets": sum(not one["decided"] and one["possible"] for one in found),
        "rightly_none": sum(not one["decided"] and not one["possible"] for one in found),
        "calls_fraction": round(statistics.fmean(one["calls"] for one in found), 4),
    }


def section(found: dict[str, Any]) -> str:
    """Decisions beside habits."""

    def row(name: str, f: Mapping[str, Any]) -> str:
        if not f["decided"]:
            return f"| {name} | 0 | – | – | – | – | {f['undecided_though_something_meets']} | {f['rightly_none']} | – |"
        calls = f"{f['calls_fraction']:.1%}" if f["calls_fraction"] else "none"
        cells = (
            f["decided"],
            f"{f['missed_fraction']:.1%}",
            _percent(f["regret_median"]),
            _percent(f["regret_mean"]),
            _percent(f["good_fraction"]),
            f["undecided_though_something_meets"],
            f["rightly_none"],
            calls,
        )
        return f"| {name} | {' | '.join(map(str, cells))} |"

    parts = [
        f"## Decisions tested backwards\n\n`{found['command']}`, {found['date']}, {found['seconds']:.0f} s. Part of "
        "the scores is hidden, a policy chooses, and the choice is held against the cheapest variant that truly meets "
        "the line. Regret is the bill over that one's, where the choice truly meets; the next column counts the cases "
        "in which something meets and the choice meets within 5 % of the cheapest. Goals: at most 5 % of the decisions "
        "miss in truth, median regret at most 5 %, both better than every habit."
    ]
    words = {
        "half": "published scores: half of the variants hidden, truth the published score",
        "quantized": "published scores: all but the runs at 16 bits hidden, truth the published score",
        "measured": "the tiny family, measured item by item: half of the items asked, truth the score on all",
    }
    heads = (
        "policy",
        "decisions",
        "miss in truth",
        "regret, median",
        "mean",
        "meets within 5 % of the cheapest",
        "undecided though something meets",
        "rightly none",
        "calls of the full grid",
    )
    head = f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|"
    for name, title in words.items():
        if name in found:
            part = found[name]
            rows = "\n".join(row(policy, f) for policy, f in part["policies"].items())
            parts.append(f"{part['cases']} cases from {title}.\n\n{head}\n{rows}")
    return "\n\n".join(parts) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=24, help="lines for each source and task")
    parser.add_argument("--store", type=Path, help="a finished store of the tiny family (SQLite)")
    parser.add_argument("--store-draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    started = time.perf_counter()
    command = "python -m tests.benchmarks.backtest" + (f" --draws {given.draws}" if given.draws != 24 else "")
    result: dict[str, Any] = {
        "command": command + (" --store FILE" if given.store else ""),
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "seed": given.seed,
        **{hide: measured(published_cases(given.draws, given.seed, hide)) for hide in ("half", "quantized")},
    }
    if given.store:
        result["measured"] = measured(store_cases(given.store, given.store_draws, given.seed))
    result["seconds"] = round(time.perf_counter() - started, 1)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(section(result))


if __name__ == "__main__":
    main()
