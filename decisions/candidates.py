"""Options of a scenario: each variant at its cheapest acceptable deployment, and the API models."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from decisions import quoting
from decisions.choosing import cost_then_score
from decisions.evidence import ItemScores, baseline_of
from decisions.forecasts import with_forecast
from decisions.frontier import frontier_shares, undominated
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.quality import quality_checks
from decisions.scenarios import ApiCandidate, Scenario
from decisions.served import is_served
from decisions.verdicts import Check, overall
from decisions.wording import price
from evals.endpoints.entry import endpoint_name
from evals.measurements import Measurement
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Quote


def option_id(model: str, quantization: str) -> str:
    """URL-safe and stable: ``meta-llama-3-70b-instruct@q4_k_m``."""
    parts = (re.sub(r"[^a-z0-9._]+", "-", part.casefold()).strip("-") for part in (model, short_format(quantization)))
    return "@".join(parts)


def short_format(quantization: str) -> str:
    """The format without the family it belongs to, as one says it: ``GGUF Q4_K_M`` → ``Q4_K_M``."""
    return re.sub(r"^GGUF\s+", "", quantization)


def build_options(
    scenario: Scenario, measurements: Sequence[Measurement], book: PriceBook, item_scores: ItemScores | None = None
) -> tuple[Option, ...]:
    """Judged options, cheapest first; those without a price last."""
    rented = {candidate.evidence for candidate in scenario.api}
    by_variant: dict[tuple[str, str], dict[str, Measurement]] = {}
    for m in measurements:
        if m.model not in rented or m.model in scenario.models:
            by_variant.setdefault((m.model, m.quantization), {})[m.task] = m
    usual = _usual_protocols(by_variant)
    peers: dict[tuple[str, str], list[Measurement]] = {}
    for m in measurements:
        peers.setdefault((m.model, m.task), []).append(m)
    quoting.ask_together(scenario, (next(iter(found.values())) for found in by_variant.values()), book)
    options = [
        _deployment(scenario, model, quantization, found, measurements, peers, book, item_scores, usual)
        for (model, quantization), found in by_variant.items()
    ]
    for name in scenario.variants:
        model, _, quantization = name.rpartition("@")
        if (model, quantization) not in by_variant:
            options.append(_unmeasured(scenario, model, quantization, book))
    for candidate in scenario.api:
        found = {m.task: m for m in reversed(measurements) if m.model == candidate.evidence}
        quote = quoting.api(scenario, candidate, book)
        checks = (*_quality(scenario, found, {}, None, usual), *limit_checks(scenario.sla, quote))
        options.append(
            Option(
                id=candidate.id,
                label=candidate.label,
                kind="api",
                model=candidate.model,
                quantization="",
                method="API",
                quote=quote,
                measurements=found,
                checks=checks,
                notes=_notes(scenario, candidate),
            )
        )
    judged = [
        replace(o, verdict=overall(o.checks), is_status_quo=o.id == scenario.status_quo) for o in _distinct(options)
    ]
    return _with_frontier(sorted(judged, key=cost_then_score), scenario.task)


def requoted_all(options: Sequence[Option], scenario: Scenario, book: PriceBook) -> tuple[Option, ...]:
    """:func:`requoted` of each option."""
    quoting.ask_together(scenario, _deployed(options).values(), book)
    return tuple(requoted(option, scenario, book) for option in options)


def lowest_usd(options: Sequence[Option], scenario: Scenario, book: PriceBook) -> dict[str, float]:
    """By id, a monthly bill below which :func:`requoted` cannot meet; see :func:`decisions.quoting.lowest_usd`."""
    deployed = _deployed(options)
    quoting.ask_together(scenario, deployed.values(), book)
    known = {key: quoting.lowest_usd(scenario, measurement, book) for key, measurement in deployed.items()}
    return {option.id: known.get(option.id, 0.0) for option in options}


def _deployed(options: Sequence[Option]) -> dict[str, Measurement]:
    return {o.id: next(iter(o.measurements.values())) for o in options if o.kind != "api" and o.measurements}


def requoted(option: Option, scenario: Scenario, book: PriceBook) -> Option:
    """The same scores at the price and speed of another workload; quality checks stay as they are."""
    if option.kind == "api":
        candidate = next(c for c in scenario.api if c.id == option.id)
        quote = quoting.api(scenario, candidate, book)
    elif option.measurements:
        quote = quoting.rental(scenario, next(iter(option.measurements.values())), book)
    else:
        quote = quoting.variant(scenario, option.model, option.quantization, book)
    checks = (*(c for c in option.checks if c.task), *limit_checks(scenario.sla, quote))
    return replace(option, quote=quote, checks=checks, verdict=overall(checks))


def deployments(scenario: Scenario, option: Option, book: PriceBook) -> tuple[Quote, ...]:
    """The option's variant on every acceptable accelerator, cheapest first, then those that do not fit."""
    if option.kind == "api" or option.quote.kind == "endpoint" or not option.measurements:
        return (option.quote,)
    measurement = next(iter(option.measurements.values()))
    quotes = []
    for accelerator in quoting.acceptable_accelerators(scenario, book):
        alone = replace(scenario, accelerators=(accelerator,))
        quotes.append(quoting.rental(alone, measurement, book))
    return tuple(
        sorted(quotes, key=lambda q: (q.usd_per_month is None, q.usd_per_month.value if q.usd_per_month else 0))
    )


def _deployment(
    scenario: Scenario,
    model: str,
    quantization: str,
    found: dict[str, Measurement],
    measurements: Sequence[Measurement],
    peers: dict[tuple[str, str], list[Measurement]],
    book: PriceBook,
    item_scores: ItemScores | None,
    usual: dict[str, str],
) -> Option:
    first = next(iter(found.values()))
    baselines = {task: b for task, m in found.items() if (b := baseline_of(m, peers[model, task]))}
    quality = [
        check if check.task in found else with_forecast(check, [first], measurements)
        for check in _quality(scenario, found, baselines, item_scores, usual)
    ]
    quote = quoting.rental(scenario, first, book, thorough=overall(quality) != "misses")
    return Option(
        id=option_id(model, quantization),
        label=_label(scenario, model, quantization),
        kind="deployment",
        model=model,
        quantization=quantization,
        method=first.method,
        quote=quote,
        measurements=found,
        baselines=baselines,
        checks=(*quality, *limit_checks(scenario.sla, quote)),
    )


def _unmeasured(scenario: Scenario, model: str, quantization: str, book: PriceBook) -> Option:
    """A variant the scenario names that nobody measured on its tasks: priced, its quality unknown."""
    quote = quoting.variant(scenario, model, quantization, book)
    return Option(
        id=option_id(model, quantization),
        label=_label(scenario, model, quantization),
        kind="deployment",
        model=model,
        quantization=quantization,
        method="",
        quote=quote,
        checks=(*_quality(scenario, {}, {}, None, {}), *limit_checks(scenario.sla, quote)),
    )


def _label(scenario: Scenario, model: str, quantization: str) -> str:
    """``70B Q4_K_M``; an endpoint goes by its name alone."""
    named = scenario.models.get(model, endpoint_name(model) or model)
    return named if is_served(model) else f"{named} {short_format(quantization)}"


def _quality(
    scenario: Scenario,
    found: dict[str, Measurement],
    baselines: dict[str, Measurement],
    item_scores: ItemScores | None,
    usual: dict[str, str],
) -> list[Check]:
    return [
        check
        for task, line in scenario.sla.quality.items()
        for check in quality_checks(
            task, scenario.tasks[task], line, found.get(task), baselines.get(task), item_scores, usual.get(task, "")
        )
    ]


def _notes(scenario: Scenario, candidate: ApiCandidate) -> tuple[str, ...]:
    """When the provider turns the model off."""
    from evals.published import api_models

    for model in api_models():
        if model.name == candidate.evidence and model.available_until:
            verb = "turned" if not model.available(scenario.as_of) else "turns"
            return (f"The provider {verb} it off on {model.available_until.isoformat()}.",)
    return ()


def _usual_protocols(by_variant: dict[tuple[str, str], dict[str, Measurement]]) -> dict[str, str]:
    votes: dict[str, Counter[str]] = {}
    for found in by_variant.values():
        for task, m in found.items():
            votes.setdefault(task, Counter())[m.protocol] += 1
    return {task: count.most_common(1)[0][0] for task, count in votes.items()}


def _distinct(options: Sequence[Option]) -> list[Option]:
    """Ids made unique where two names differ only in what a URL cannot hold."""
    seen: Counter[str] = Counter()
    result = []
    for option in options:
        seen[option.id] += 1
        result.append(option if seen[option.id] == 1 else replace(option, id=f"{option.id}-{seen[option.id]}"))
    return result


def _with_frontier(options: Sequence[Option], task: str) -> tuple[Option, ...]:
    plotted = [o for o in options if o.quote.fits and o.quote.usd_per_month and task in o.measurements]
    costs = [o.quote.usd_per_month for o in plotted if o.quote.usd_per_month]
    seen = [o.measurements[task] for o in plotted]
    front = undominated([price(c.value) for c in costs], [m.score for m in seen]) if plotted else []
    rounded = [
        Band(value=price(c.value), low=min(price(c.low), price(c.value)), high=max(price(c.high), price(c.value)))
        for c in costs
    ]
    shared = [(o.quote.label, band.low, band.value, band.high) for o, band in zip(plotted, rounded, strict=True)]
    shares = frontier_shares(rounded, [(m.score, m.low, m.high) for m in seen], shared)
    marks = {o.id: (on, share) for o, on, share in zip(plotted, front, shares, strict=True)}
    return tuple(
        replace(o, on_frontier=marks[o.id][0], frontier_fraction=marks[o.id][1]) if o.id in marks else o
        for o in options
    )
