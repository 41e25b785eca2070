"""Cases of the back-test: from published scores, and from a store of the tiny family."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from decisions import quoting
from decisions.order import race_order
from decisions.scenarios import Scenario, scenario, scenario_from_inputs
from decisions.sla import Sla
from decisions.wording import price
from evals.forecast.model import shipped_model
from evals.measurements import Measurement
from evals.published import published_measurements
from evals.race_check import Line
from evals.results import item_scores, measured_measurements
from evals.store import Store
from pricing import models
from pricing.catalogue import PriceBook, load_price_book
from tests.benchmarks.backtest_policies import FULL_BITS, Candidate, Case

LEAST_ITEMS, MOST_ITEMS = 100, 2000
SHARED = 0.7  # how much of an item's difficulty all variants share
NEAR = 0.06
VOLUMES = (0.1, 1.0, 10.0)


def published_cases(draws: int, seed: int, hide: str) -> Iterator[Case]:
    """``draws`` lines for every source, task and protocol with four priced variants or more at two prices or more.

    ``hide`` is "half" of the variants at random, or "quantized": all but the runs at 16 bits.
    """
    base = replace(scenario("seventy-or-eight"), sla=Sla())
    book = load_price_book((), base.as_of)
    groups: dict[tuple[str, ...], list[Measurement]] = {}
    for m in published_measurements():
        if m.method != "API" and m.bits_per_weight and (m.n_items or 0) >= LEAST_ITEMS:
            groups.setdefault((m.source, m.task, m.protocol, m.metric), []).append(m)
    bands = {(h.row.cell.source, h.row.model, h.row.quantization, h.row.task): h for h in shipped_model().held_out()}
    rng = random.Random(seed)
    for key, found in groups.items():
        priced = {volume: _priced(base, found, book, volume) for volume in VOLUMES}
        for _ in range(draws):
            usd = priced[rng.choice(VOLUMES)]
            able = [m for m in found if id(m) in usd]
            if len(able) < 4 or len({usd[id(m)] for m in able}) < 2:
                continue
            yield _published_case(f"{key[0]} {key[1]}", able, usd, bands, hide, rng)


def _priced(base: Scenario, found: Sequence[Measurement], book: PriceBook, volume: float) -> dict[int, float]:
    load = scenario_from_inputs(base, requests_per_month=base.workload.requests_per_month * volume)
    quotes = {id(m): quoting.rental(load, m, book, thorough=False).usd_per_month for m in found}
    return {key: price(cost.value) for key, cost in quotes.items() if cost}


def _published_case(
    name: str,
    able: Sequence[Measurement],
    usd: Mapping[int, float],
    bands: Mapping[Any, Any],
    hide: str,
    rng: random.Random,
) -> Case:
    n = min(MOST_ITEMS, min(m.n_items or 0 for m in able))
    draws = np.random.default_rng(rng.getrandbits(64))
    common = draws.random(n)
    hidden = {i for i, m in enumerate(able) if (m.bits_per_weight or 16.0) < FULL_BITS}
    if hide == "half":
        hidden = set(rng.sample(range(len(able)), len(able) // 2))
    known = {(m.model, m.quantization.casefold()) for i, m in enumerate(able) if i not in hidden}
    candidates = []
    for number, m in enumerate(able):
        band = bands.get((m.source, m.model, m.quantization, m.task))
        top = None
        if band and (m.model, m.baseline.casefold()) in known:  # a forecast starts from the baseline's score
            top = (band.row.baseline_points - band.band.low) / 100
        own = np.where(draws.random(n) < SHARED, common, draws.random(n))
        candidates.append(
            Candidate(
                id=f"{m.model}@{m.quantization}",
                baseline=f"{m.model}@{m.quantization}",
                usd_per_month=usd[id(m)],
                parameters_b=_size(m),
                bits=m.bits_per_weight or 16.0,
                scores={"task": (own < m.score).astype(float).tolist()},
                truth={"task": m.score},
                hidden=number in hidden,
                forecast_top=top,
            )
        )
    line = min(0.97, max(0.02, rng.choice(able).score + rng.uniform(-NEAR, NEAR)))
    lines = (Line(task="task", kind="minimum", value=round(line, 3)),)
    return Case(name=name, candidates=tuple(_ordered(candidates)), lines=lines, order_seed=rng.getrandbits(32))


def _size(m: Measurement) -> float:
    return models.find(m.model).parameters / 1e9


def store_cases(path: Path, draws: int, seed: int) -> Iterator[Case]:
    """Lines on one to three tasks near the scores of the variants in a store; half of the items may be asked."""
    store = Store(path)
    base = replace(scenario("support-desk"), sla=Sla())
    book = load_price_book((), base.as_of)
    cells = {(m.model, m.quantization, m.task): m for m in measured_measurements(store)}
    tasks = sorted({task for _, _, task in cells})
    variants = sorted({key[:2] for key in cells if all((*key[:2], task) in cells for task in tasks)})
    scores = {(model, how, task): item_scores(model, how, task, store) for model, how in variants for task in tasks}
    rng = random.Random(seed)
    for _ in range(draws):
        load = scenario_from_inputs(
            base, requests_per_month=base.workload.requests_per_month * rng.choice((0.2, 1.0, 5.0))
        )
        entries = race_order(load, [f"{model}@{how}" for model, how in variants], book)
        usd = {entry.id: price(entry.usd_per_month) for entry in entries if entry.usd_per_month}
        asked = rng.sample(tasks, rng.choice((1, 2, 3)))
        yield _store_case([v for v in variants if "@".join(v) in usd], asked, scores, usd, cells, rng)


def _store_case(
    variants: Sequence[tuple[str, str]],
    asked: Sequence[str],
    scores: Mapping[tuple[str, str, str], Mapping[str, float]],
    usd: Mapping[str, float],
    cells: Mapping[tuple[str, str, str], Measurement],
    rng: random.Random,
) -> Case:
    pools = {}
    for task in asked:
        common = set.intersection(*(set(scores[model, how, task]) for model, how in variants))
        ids = sorted(common)
        rng.shuffle(ids)
        pools[task] = ids
    candidates = []
    for model, how in variants:
        mine = {task: [scores[model, how, task][item] for item in ids] for task, ids in pools.items()}
        candidates.append(
            Candidate(
                id=f"{model}@{how}",
                baseline=f"{model}@bf16",
                usd_per_month=usd[f"{model}@{how}"],
                parameters_b=models.find(model).parameters / 1e9,
                bits=cells[model, how, asked[0]].bits_per_weight or 16.0,
                scores={task: values[: len(values) // 2] for task, values in mine.items()},
                truth={task: statistics.fmean(values) for task, values in mine.items()},
                hidden=True,
                forecast_top=None,
            )
        )
    lines = []
    for task in asked:
        one = rng.choice(candidates)
        base = next(c.truth[task] for c in candidates if c.id == one.baseline)
        kind = rng.choice(("minimum", "minimum_of_baseline"))
        seen = one.truth[task] if kind == "minimum" else min(1.0, one.truth[task] / base) if base else 1.0
        lines.append(Line(task=task, kind=kind, value=round(min(0.97, max(0.02, seen - rng.uniform(-0.02, 0.10))), 3)))
    return Case(
        name="tiny family", candidates=tuple(_ordered(candidates)), lines=tuple(lines), order_seed=rng.getrandbits(32)
    )


def _ordered(candidates: Sequence[Candidate]) -> list[Candidate]:
    """As a race visits them: by cost, the better forecast or the wider weights first at an equal price."""
    return sorted(candidates, key=lambda c: (c.usd_per_month, c.parameters_b * c.bits, c.id))
