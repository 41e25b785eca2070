"""How long every option takes to be priced and ranked: ``python -m tests.benchmarks.enumeration``.

Options are variants drawn from all shipped models × formats, times every shipped offer for 1 to 8 cards: nothing is
repeated to reach a size. Seconds are of the processor (one core), beside those of the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evals.home import ROOT
from pricing import candidates, enumeration, formats, gguf, models
from pricing.candidates import Candidates
from pricing.capacity import Limits
from pricing.catalogue import PriceBook, load_price_book
from pricing.deployment import variant
from pricing.enumeration import Options
from pricing.workload import Workload

OUT = ROOT / "docs" / "benchmarks" / "enumeration.json"
SIZES = (10_000, 100_000, 1_000_000)
MOVES = 11
LIMITS = {"no_limit": Limits(), "limit": Limits(e2e_p95_s=10.0)}


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """(result, milliseconds of the processor, milliseconds of the clock)."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.process_time() - processor) * 1e3, (time.perf_counter() - clock) * 1e3


def drawn(number: int) -> list[tuple[str, str]]:
    """Distinct pairs of a shipped model and format, the same ones each time."""
    pairs = [(model, label) for model in models.load() for label in formats.load()]
    return random.Random(0).sample(pairs, number)


def build(book: PriceBook, pairs: Sequence[tuple[str, str]]) -> Candidates:
    """Candidates with no count of weights and no offer remembered; the tables are in memory."""
    gguf.weight_bytes.cache_clear()
    rows = [variant(model=model, quantization=label) for model, label in pairs]
    return candidates.of(replace(book, _rentables={}, _scaled={}, _markets={}), rows)


def ranked(known: Candidates, workload: Workload, limits: Limits) -> Options:
    """Every option priced and ranked."""
    found = enumeration.options(known, workload, limits)
    assert len(found.ranked) or found.cheapest is None
    return found


def moves() -> list[Workload]:
    """A slider from 100,000 to 100 million requests a month, prompts and answers changing with it."""
    return [
        Workload(
            requests_per_month=10 ** (5 + 3 * step / (MOVES - 1)),
            prompt_tokens=600 + 100 * step,
            output_tokens=150 + 20 * step,
        )
        for step in range(MOVES)
    ]


def measure(book: PriceBook, size: int) -> dict[str, Any]:
    """One size: built, priced for the first time, and again for each move."""
    offers = len(candidates.of(book, [variant(model="8B", quantization="fp16")]))
    pairs = drawn(math.ceil(size / offers))
    known, *built = timed(lambda: build(book, pairs))
    first, *began = timed(lambda: ranked(known, Workload(), LIMITS["limit"]))
    found: dict[str, Any] = {
        "options": len(known),
        "variants": len(known.variants),
        "offers": offers,
        "deployments": first.deployments.fits.size,
        "priced": int(np.isfinite(first.usd_per_month).sum()),
        "build_ms": built,
        "first_ms": began,
    }
    for name, limits in LIMITS.items():
        times = [timed(lambda load=load, limits=limits: ranked(known, load, limits))[1:] for load in moves()]
        processor, clock = zip(*times, strict=True)
        found[name] = {
            "median_ms": [statistics.median(processor), statistics.median(clock)],
            "slowest_ms": [max(processor), max(clock)],
        }
    found["frontier_ms"] = timed(first.frontier)[1:]
    del first
    tracemalloc.start()
    ranked(known, Workload(), LIMITS["limit"])
    found["peak_mb"] = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return found


def agreement(book: PriceBook, number: int = 300) -> dict[str, Any]:
    """Options drawn at random beside the quotes of each alone."""
    known = build(book, drawn(84))
    found = ranked(known, moves()[MOVES // 2], LIMITS["limit"])
    chosen = random.Random(1).sample(range(len(known)), number)
    columns = found.columns(chosen)
    quotes, processor, _ = timed(lambda: [found.quote(option) for option in chosen])
    same = [quote.replicas == int(replicas) for quote, replicas in zip(quotes, columns["replicas"], strict=True)]
    both = [
        (usd, quote.usd_per_month.value)
        for quote, usd in zip(quotes, columns["usd_per_month"], strict=True)
        if quote.usd_per_month
    ]
    worst = np.max([abs(usd / alone - 1) for usd, alone in both])  # NaN where only one of the two is priced
    return {
        "drawn": number,
        "replicas_equal": sum(same),
        "priced": len(both),
        "largest_relative_difference": float(worst),
        "quote_ms": processor / number,
    }


def _ms(pair: Sequence[float]) -> str:
    return f"{pair[0]:,.0f} ({pair[1]:,.0f})"


def section(found: dict[str, Any]) -> str:
    """Options enumerated, priced and ranked."""
    lines = [
        "| options | variants | priced | build | first answer | no limit, median | slowest | with a limit, median | "
        "slowest | frontier | memory |",
        "|" + "---|" * 11,
    ]
    for one in found["sizes"]:
        cells = [one["build_ms"], one["first_ms"]]
        cells += [one[name][which] for name in LIMITS for which in ("median_ms", "slowest_ms")]
        lines.append(
            f"| {one['options']:,} | {one['variants']} | {one['priced']:,} | "
            + " | ".join(_ms(cell) for cell in [*cells, one["frontier_ms"]])
            + f" | {one['peak_mb']:,.1f} MB |"
        )
    table, same = "\n".join(lines), found["agreement"]
    offers = found["sizes"][0]["offers"]
    busy = "busy with other work" if found["load"] > found["processors"] else "otherwise idle"
    return f"""## Every option at once

`{found["command"]}`, {found["date"]}: milliseconds of the processor, of the clock in brackets, on a machine that was
{busy} (load {found["load"]:.1f} on {found["processors"]} cores). One core does all of it.

{table}

An option is a variant (drawn from all shipped models and formats) on an offer for a number of cards: {offers:,} of
them, every provider and tier. *Build* looks the variants up, counts their weights and scales the offers: once. *First
answer* prices and ranks with nothing else kept. Later answers are of a slider that changes volume, prompt and answer
each time: they keep what no workload changes (weights, prices, rates of the cards) and count memory, speed, replicas
and bills again; *with a limit* keeps the slowest twentieth within 10 s end to end.

{same["replicas_equal"]} of {same["drawn"]} options drawn at random have the replicas of their own quote; of the
{same["priced"]} priced ones the largest difference of a bill is {same["largest_relative_difference"]:.0e}. One by one
a quote takes {same["quote_ms"]:.1f} ms (with its bands and sources, which the enumeration leaves to the options shown).
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    book = load_price_book()
    ranked(build(book, drawn(4)), Workload(), Limits())  # the tables are read, the code is loaded
    result = {
        "command": "python -m tests.benchmarks.enumeration",
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "sizes": [measure(book, size) for size in SIZES],
        "agreement": agreement(book),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(section(result))


if __name__ == "__main__":
    main()
