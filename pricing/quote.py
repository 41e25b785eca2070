"""Quotes: option × workload → money, speed and memory. The entry of the package; see :mod:`pricing.quotes`."""

from __future__ import annotations

from datetime import date

from pricing import api
from pricing.catalogue import PriceBook, load_price_book, provider_spread
from pricing.cheapest import cheapest_rental
from pricing.explain import api_facts
from pricing.quotes import Band, Quote, per_query
from pricing.rental import quote_rental
from pricing.workload import Workload

__all__ = ["cheapest_rental", "load_price_book", "provider_spread", "quote_api", "quote_rental"]


def quote_api(book: PriceBook, *, provider: str, model: str, workload: Workload) -> Quote:
    """Quote an API model: one request priced at the book's date, times the requests. Latency stays unknown."""
    price = api.price_request(
        provider=provider,
        model=model,
        prompt_tokens=workload.prompt_tokens,
        output_tokens=workload.output_tokens,
        cached_fraction=workload.cached_fraction,
        as_of=book.as_of,
        overrides=book.api_overrides,
    )
    if price is None:
        reason = f"unpriced: {provider} lists {model} without a price on {book.as_of.isoformat()}"
        return Quote(kind="api", label=f"{provider} API", fits=True, provider=provider, offer=model, reason=reason)
    month = float(price.usd_per_request) * workload.requests_per_month
    band = Band(value=month, low=month, high=month)
    return Quote(
        kind="api",
        label=f"{price.provider_name} API",
        fits=True,
        provider=price.provider_name,
        offer=price.model,
        price_date=price.date,
        price_source=price.source,
        price_age_days=(book.as_of - date.fromisoformat(price.date)).days,
        price_is_override=price.is_override,
        usd_per_month=band,
        usd_per_query=per_query(band, workload),
        parts={"api": month},
        facts=api_facts(price, workload),
    )
