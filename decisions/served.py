"""Options behind an endpoint: latency as measured there, money by its own price or its seller's."""

from __future__ import annotations

from decisions.scenarios import Scenario
from evals.endpoints.book import endpoints
from evals.endpoints.entry import PREFIX, Endpoint, endpoint_name
from evals.endpoints.times import RequestTimes, request_times
from evals.statistics.quantiles import Quantile, least_values
from pricing import quote as pricing_quote
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Fact, Quote
from pricing.workload import Workload

LONGER = 1.1  # a workload with requests this much longer than the measured ones is not spoken for by them
LATENCIES = ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s")


def is_served(model: str) -> bool:
    """Whether a model is behind an endpoint."""
    return endpoint_name(model) is not None


def served_candidates(scenario: Scenario) -> frozenset[str]:
    """Endpoints that belong among the options: in a scenario measured here all that are defined, else those named."""
    named = {model for model in scenario.models if is_served(model)}
    return frozenset(named | ({PREFIX + name for name in defined()} if scenario.evidence == "measured" else set()))


def served_quote(scenario: Scenario, model: str, book: PriceBook) -> Quote:
    """What the endpoint would cost for the workload, and the latency measured there."""
    name = endpoint_name(model) or model
    one = defined().get(name)
    times = request_times(model)
    bands, note = _latency(times, scenario.workload)
    money = _money(one, scenario.workload, book) if one else None
    if one is None:
        reason = f"unpriced: endpoint {name!r} is no longer defined here"
    elif money is None or money.usd_per_month is None:
        why = money.reason.removeprefix("unpriced: ") if money else f"endpoint {name!r} has no price; give it one"
        reason = f"unpriced: {why}"
    else:
        reason = ""
    return Quote(
        kind="endpoint",
        label=f"endpoint {name}",
        fits=True,
        reason=reason,
        provider=one.seller if one else "",
        usd_per_month=money.usd_per_month if money else None,
        usd_per_query=money.usd_per_query if money else None,
        usd_per_mtok=money.usd_per_mtok if money else None,
        parts=dict(money.parts) if money else {},
        price_date=money.price_date if money else "",
        price_source=money.price_source if money else "",
        price_age_days=money.price_age_days if money else None,
        e2e_p95_s=bands.get("e2e_p95_s"),
        ttft_p95_s=bands.get("ttft_p95_s"),
        tpot_p95_s=bands.get("tpot_p95_s"),
        latency_note=note,
        latency_origin="measured" if bands else "",
        facts=(*(money.facts if money else ()), *_facts(one, times)),
    )


def defined() -> dict[str, Endpoint]:
    """Endpoints by name; none where their file cannot be read."""
    try:
        return endpoints()
    except ValueError:  # the Run page says what is wrong with the file
        return {}


def _money(one: Endpoint, workload: Workload, book: PriceBook) -> Quote | None:
    if one.usd_per_mtok_prompt is not None and one.usd_per_mtok_output is not None:
        query = (
            workload.prompt_tokens * one.usd_per_mtok_prompt + workload.output_tokens * one.usd_per_mtok_output
        ) / 1e6
        month = query * workload.requests_per_month
        mtok = 1e6 * query / (workload.prompt_tokens + workload.output_tokens)
        exact = [Band(value=value, low=value, high=value) for value in (month, query, mtok)]
        return Quote(
            kind="endpoint",
            label="",
            fits=True,
            usd_per_month=exact[0],
            usd_per_query=exact[1],
            usd_per_mtok=exact[2],
            parts={"tokens": month},
            price_source="your price of the endpoint",
        )
    if one.seller:
        model = one.seller_model or one.model
        return pricing_quote.quote_api(book, provider=one.seller, model=model, workload=workload)
    return None


def _latency(times: RequestTimes | None, workload: Workload) -> tuple[dict[str, Band], str]:
    """Bands that the measured requests prove for this workload, and what they rest on or lack."""
    if times is None:
        return {}, "no latency measured there yet: evaluate a task whose answer is written out"
    seen = f"measured on {times.n:,} requests, {times.at_once} at once"
    if times.prompt_tokens is not None and times.output_tokens is not None:
        seen += f", of {times.prompt_tokens:,.0f} → {times.output_tokens:,.0f} tokens"
        longer = workload.prompt_tokens > LONGER * times.prompt_tokens
        if longer or workload.output_tokens > LONGER * times.output_tokens:
            wanted = f"{workload.prompt_tokens:,} → {workload.output_tokens:,}"
            return {}, f"{seen}; the workload asks for {wanted}: evaluate a task with longer ones"
    found = {name: _band(getattr(times, name)) for name in LATENCIES}
    bands = {name: band for name, band in found.items() if band is not None}
    if not bands:
        return {}, f"{seen}; a p95 needs at least {least_values(0.95)} of them"
    return bands, seen


def _band(seen: Quantile | None) -> Band | None:
    if seen is None or seen.high is None:
        return None
    return Band(value=seen.value, low=min(seen.low or 0.0, seen.value), high=max(seen.high, seen.value))


def _facts(one: Endpoint | None, times: RequestTimes | None) -> tuple[Fact, ...]:
    said = [Fact(name="endpoint", value=one.base_url), Fact(name="model there", value=one.model)] if one else []
    if one and one.precision:
        said.append(Fact(name="precision", value=one.precision, source="as its owner says"))
    if times and times.retried:
        said.append(Fact(name="requests tried again", value=f"{times.retried} of {times.n}", source="measured here"))
    return tuple(said)
