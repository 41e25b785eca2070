"""Quotes for the candidates of a scenario, asked of pricing once and remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from decisions.benchmarks import tested_accelerators, with_benchmark
from decisions.limits import limit_checks
from decisions.scenarios import ApiCandidate, Scenario
from decisions.served import is_served, served_quote
from decisions.verdicts import Status, overall
from evals.measurements import Measurement
from pricing import deployment
from pricing import quote as pricing_quote
from pricing.capacity import Limits
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Quote

LATENCIES = ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s")
RANK: dict[Status, int] = {"meets": 0, "unproven": 1, "misses": 2}
MOST_TRIED = 4
MOST_REMEMBERED = 4000
_remembered: dict[tuple[Any, ...], tuple[PriceBook, Quote]] = {}


def rental(scenario: Scenario, measurement: Measurement, book: PriceBook, *, thorough: bool = True) -> Quote:
    """The variant at its cheapest acceptable deployment that keeps every latency and money line for sure.

    Pricing looks for the lowest predicted cost. Where a band of that quote reaches over a line, the latency lines are
    tightened by the width of the band, then the next cheapest accelerators are asked. If none is proven, the one
    nearest to it. ``thorough=False`` asks once: for variants that miss on quality anyway.
    """
    if is_served(measurement.model):
        return served_quote(scenario, measurement.model, book)
    found: list[Quote] = []
    left = scenario.accelerators
    for _ in range(MOST_TRIED):
        quote = _seen(scenario, measurement, _cheapest(scenario, measurement, book, left))
        found.append(quote)
        if not thorough or quote.reason or not quote.fits or _standing(scenario, quote) == (0, 0):
            break
        if any(_tightened(getattr(scenario.sla, n), getattr(quote, n)) != getattr(scenario.sla, n) for n in LATENCIES):
            tighter = _cheapest(scenario, measurement, book, left, tighter_than=quote)
            found.append(_seen(scenario, measurement, tighter))
        best = min(_standing(scenario, one) for one in found)
        if best == (0, 0) or best[0] == RANK["misses"]:
            break
        left = tuple(name for name in left or acceptable_accelerators(scenario, book) if name != quote.accelerator)
        if not left:
            break
    if thorough and min(_standing(scenario, one) for one in found) != (0, 0):
        tested = tested_accelerators(measurement.model, measurement.quantization)
        for name in sorted(tested & set(acceptable_accelerators(scenario, book))) if tested else ():
            found.append(_seen(scenario, measurement, _cheapest(scenario, measurement, book, (name,))))
    return min(found, key=lambda one: (_standing(scenario, one), found.index(one)))


def ask_together(scenario: Scenario, measurements: Iterable[Measurement], book: PriceBook) -> None:
    """Ask at once what :func:`rental` asks first of each variant, which is quicker; it finds the answers remembered."""
    terms = _terms(scenario)
    left: dict[tuple[Any, ...], deployment.Variant] = {}
    for one in measurements:
        key = _key(one, book, terms)
        if not is_served(one.model) and not _known(key, book):
            with suppress(ValueError):  # the question itself tells what is wrong with it
                left[key] = deployment.variant(model=one.model, quantization=one.quantization, **_size(one))
    limits = Limits(**{name: terms.pop(name) for name in LATENCIES})
    if len(left) > 1:
        with suppress(ValueError):
            quotes = pricing_quote.cheapest_rentals(book, list(left.values()), limits=limits, **terms)
            for key, quote in zip(left, quotes, strict=True):
                _remember(key, book, quote)


def lowest_usd(scenario: Scenario, measurement: Measurement, book: PriceBook) -> float:
    """A monthly bill below which no quote of :func:`rental` meets: 0 where none is known, infinite where none meets.

    Its first question is for the cheapest of all deployments within the lines, every later one for the cheapest of
    fewer. Only a benchmark of somebody's own can prove one that pricing does not expect to keep them.
    """
    if is_served(measurement.model) or tested_accelerators(measurement.model, measurement.quantization):
        return 0.0
    first = _cheapest(scenario, measurement, book, scenario.accelerators)
    for check in limit_checks(scenario.sla, first):
        if check.status == "misses" or (check.seen is not None and check.seen > check.target):
            return math.inf
    return first.usd_per_month.value if first.usd_per_month else 0.0


def variant(scenario: Scenario, model: str, quantization: str, book: PriceBook) -> Quote:
    """The cheapest acceptable deployment of a variant that nobody measured yet; its size is taken from its format."""
    terms = _terms(scenario)
    key = (id(book), "rental", model, quantization, None, None, *terms.values())
    found = _once(
        key, book, lambda: pricing_quote.cheapest_rental(book, model=model, quantization=quantization, **terms)
    )
    return with_benchmark(scenario, model, quantization, found)


def _seen(scenario: Scenario, measurement: Measurement, quote: Quote) -> Quote:
    return with_benchmark(scenario, measurement.model, measurement.quantization, quote)


def _standing(scenario: Scenario, quote: Quote) -> tuple[int, int]:
    """Lower is better: the verdict on latency and money, then how many latency lines are not proven."""
    checks = limit_checks(scenario.sla, quote)
    rank = RANK[overall(checks)] if checks else 0
    return rank, sum(check.unit == "s" and check.status != "meets" for check in checks)


def _cheapest(
    scenario: Scenario,
    measurement: Measurement,
    book: PriceBook,
    accelerators: tuple[str, ...] | None,
    tighter_than: Quote | None = None,
) -> Quote:
    size, terms = _size(measurement), {**_terms(scenario), "accelerators": accelerators}
    if tighter_than is not None:
        terms |= {name: _tightened(terms[name], getattr(tighter_than, name)) for name in LATENCIES}
    return _once(
        _key(measurement, book, terms),
        book,
        lambda: pricing_quote.cheapest_rental(
            book, model=measurement.model, quantization=measurement.quantization, **size, **terms
        ),
    )


def _key(measurement: Measurement, book: PriceBook, terms: dict[str, Any]) -> tuple[Any, ...]:
    size = _size(measurement)
    return id(book), "rental", measurement.model, measurement.quantization, *size.values(), *terms.values()


def _tightened(limit: float | None, seen: Band | None) -> float | None:
    if limit is None or seen is None or seen.high <= limit or seen.low > limit:
        return limit
    return limit * seen.value / seen.high


def acceptable_accelerators(scenario: Scenario, book: PriceBook) -> tuple[str, ...]:
    """Accelerators that an acceptable provider offers and the scenario allows."""
    offered = book.rentables(provider_classes=scenario.provider_classes, tier=scenario.tier)
    names = dict.fromkeys(one.accelerator.name for one in offered)
    allowed = scenario.accelerators
    return tuple(name for name in names if allowed is None or name in allowed)


def api(scenario: Scenario, candidate: ApiCandidate, book: PriceBook) -> Quote:
    """The bill of an API model for the scenario's workload."""
    key = (id(book), "api", candidate.provider, candidate.model, scenario.workload)
    return _once(
        key,
        book,
        lambda: pricing_quote.quote_api(
            book, provider=candidate.provider, model=candidate.model, workload=scenario.workload
        ),
        kind="api",
        label=f"{candidate.label} API",
    )


def _once(
    key: tuple[Any, ...], book: PriceBook, ask: Callable[[], Quote], kind: str = "rental", label: str = ""
) -> Quote:
    if found := _known(key, book):
        return found
    try:
        quote = ask()
    except ValueError as error:  # a model or price that pricing does not know is unpriced, not an error of the page
        quote = Quote(kind=kind, label=label or "not priced", fits=True, reason=f"unpriced: {error}")
    return _remember(key, book, quote)


def _known(key: tuple[Any, ...], book: PriceBook) -> Quote | None:
    found = _remembered.get(key)
    return found[1] if found and found[0] is book else None


def _remember(key: tuple[Any, ...], book: PriceBook, quote: Quote) -> Quote:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (book, quote)
    return quote


def _size(measurement: Measurement) -> dict[str, Any]:
    return {"weight_bytes": measurement.weight_bytes, "bits_per_weight": measurement.bits_per_weight}


def _terms(scenario: Scenario) -> dict[str, Any]:
    sla = scenario.sla
    return {
        "workload": scenario.workload,
        "accelerators": scenario.accelerators,
        "max_count": scenario.max_count,
        "e2e_p95_s": sla.e2e_p95_s,
        "ttft_p95_s": sla.ttft_p95_s,
        "tpot_p95_s": sla.tpot_p95_s,
        "provider_classes": scenario.provider_classes,
        "tier": scenario.tier,
        "preset": scenario.preset,
    }
