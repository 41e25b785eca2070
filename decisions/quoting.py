"""Quotes for the candidates of a scenario, asked of pricing once and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from decisions.scenarios import ApiCandidate, Scenario
from evals.measurements import Measurement
from pricing import quote as pricing_quote
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Quote

LATENCIES = ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s")
MOST_REMEMBERED = 4000
_remembered: dict[tuple[Any, ...], tuple[PriceBook, Quote]] = {}


def rental(scenario: Scenario, measurement: Measurement, book: PriceBook) -> Quote:
    """The variant at its cheapest acceptable deployment, sized so that the whole latency band keeps the SLA.

    Pricing sizes for the predicted latency; where its band reaches over a line, the line is tightened by the width
    of the band and asked again. If that cannot be had, the first quote stands.
    """
    size, terms = _size(measurement), _terms(scenario)
    limits = {name: terms.pop(name) for name in LATENCIES}

    def ask(limits: dict[str, float | None]) -> Quote:
        key = (id(book), "rental", measurement.model, measurement.quantization, *size.values(), *terms.values(), *limits.values())
        return _once(key, book, lambda: pricing_quote.cheapest_rental(
            book, model=measurement.model, quantization=measurement.quantization, **size, **terms, **limits
        ))

    first = ask(limits)
    tightened = {name: _tightened(limit, getattr(first, name)) for name, limit in limits.items()}
    if tightened == limits or not first.fits:
        return first
    second = ask(tightened)
    proven = second.usd_per_month is not None and all(
        limit is None or (band is not None and band.high <= limit)
        for limit, band in ((limit, getattr(second, name)) for name, limit in limits.items())
    )
    return second if proven and second.fits else first


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
    return _once(key, book, lambda: pricing_quote.quote_api(
        book, provider=candidate.provider, model=candidate.model, workload=scenario.workload
    ), kind="api", label=f"{candidate.label} API")


def _once(key: tuple[Any, ...], book: PriceBook, ask: Callable[[], Quote], kind: str = "rental", label: str = "") -> Quote:
    found = _remembered.get(key)
    if found and found[0] is book:
        return found[1]
    try:
        quote = ask()
    except ValueError as error:  # a model or price that pricing does not know is unpriced, not an error of the page
        quote = Quote(kind=kind, label=label or "not priced", fits=True, reason=f"unpriced: {error}")
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (book, quote)
    return quote


def _size(measurement: Measurement) -> dict[str, Any]:
    return {"weight_bytes": measurement.weight_bytes, "bits_per_weight": measurement.bits_per_weight}


def _terms(scenario: Scenario) -> dict[str, Any]:
    sla = scenario.sla
    return {
        "workload": scenario.workload, "accelerators": scenario.accelerators, "max_count": scenario.max_count,
        "e2e_p95_s": sla.e2e_p95_s, "ttft_p95_s": sla.ttft_p95_s, "tpot_p95_s": sla.tpot_p95_s,
        "provider_classes": scenario.provider_classes, "tier": scenario.tier, "preset": scenario.preset,
    }
