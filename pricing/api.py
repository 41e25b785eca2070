"""API prices from genai-prices' bundled data: one request priced at a pinned moment, then multiplied.

A month is never priced in one piece: tiers go by the tokens of one request, and a month of requests would cross them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pricing import names
from pricing.api_own import ApiOverride, override

__all__ = ["ApiOverride", "ApiPrice", "catalogue", "find", "has_batch", "moment", "override", "price_request"]

SOURCE = "genai-prices"
SOURCE_URL = "https://github.com/pydantic/genai-prices"
BATCH = {"processing": "batch"}


@dataclass(frozen=True, kw_only=True)
class ApiPrice:
    """The price of one request and what it came from.

    Rates per million tokens are those of the tier this request falls in; ``tiers`` lists (tokens of a prompt from which
    it holds, input rate, output rate), the first from 0.
    """

    provider: str
    provider_name: str
    model: str
    usd_per_request: Decimal
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_usd_per_mtok: Decimal | None
    source: str
    url: str
    date: str
    note: str = ""
    is_override: bool = False
    asked: str = ""
    batch: bool = False
    tiers: tuple[tuple[int, Decimal | None, Decimal | None], ...] = ()
    deprecated: bool = False
    by_hour: bool = False


@lru_cache(maxsize=1)
def catalogue() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Provider id → (provider, model id → model), objects of genai-prices. Imported late: it takes 0.3 s."""
    from genai_prices.data_snapshot import get_snapshot

    return {
        provider.id: (provider, {model.id: model for model in provider.models}) for provider in get_snapshot().providers
    }


def moment(as_of: date) -> datetime:
    """Noon UTC of the day: prices can depend on the hour."""
    return datetime.combine(as_of, time(12), tzinfo=UTC)


def price_request(
    *,
    provider: str,
    model: str,
    prompt_tokens: int,
    output_tokens: int,
    cached_fraction: float,
    as_of: date,
    overrides: Iterable[ApiOverride] = (),
    batch: bool = False,
) -> ApiPrice | None:
    """Price of one request; None where the catalogue lists the model without that price. Raises UnknownName.

    ``batch`` asks for the seller's batch rate: None where no such rate is known, never half the standard one.
    """
    cached_tokens = int(prompt_tokens * cached_fraction)
    for own in overrides:
        if own.provider.lower() == provider.lower() and own.model.lower() == model.lower() and not batch:
            return ApiPrice(
                provider=own.provider,
                provider_name=own.provider,
                model=own.model,
                asked=model,
                usd_per_request=own.usd_per_request(
                    prompt_tokens=prompt_tokens, cached_tokens=cached_tokens, output_tokens=output_tokens
                ),
                input_usd_per_mtok=own.input_usd_per_mtok,
                output_usd_per_mtok=own.output_usd_per_mtok,
                cached_usd_per_mtok=own.cached_usd_per_mtok,
                source=own.source,
                url="",
                date=own.date,
                is_override=True,
            )
    from genai_prices import Usage

    seller, sold = find(provider, model)
    at, context = moment(as_of), BATCH if batch else None
    rates = sold.get_prices(at, context)
    if rates.input_mtok is None and rates.output_mtok is None and rates.requests_kcount is None:
        return None
    if batch and not has_batch(sold, as_of):
        return None
    usage = Usage(input_tokens=prompt_tokens, cache_read_tokens=cached_tokens, output_tokens=output_tokens)
    cost = sold.calc_price(usage, seller, genai_request_timestamp=at, price_context=context)
    if not cost.total_price:
        return None
    return ApiPrice(
        provider=seller.id,
        provider_name=seller.name,
        model=sold.id,
        asked=model,
        usd_per_request=cost.total_price,
        input_usd_per_mtok=rate_at(rates.input_mtok, prompt_tokens),
        output_usd_per_mtok=rate_at(rates.output_mtok, prompt_tokens),
        cached_usd_per_mtok=rate_at(rates.cache_read_mtok, prompt_tokens),
        source=f"{SOURCE} {_version()}",
        url=next(iter(seller.pricing_urls or []), SOURCE_URL),
        date=as_of.isoformat(),
        note=sold.price_comments or "",
        batch=batch,
        tiers=tiers(rates),
        deprecated=bool(sold.deprecated),
        by_hour=any(hasattr(one.constraint, "start_time") for one in sold.prices)
        if isinstance(sold.prices, list)
        else False,
    )


def has_batch(sold: Any, as_of: date) -> bool:
    """True where a batch rate of this model object is known at the date."""
    return bool(sold.get_prices(moment(as_of), BATCH) != sold.get_prices(moment(as_of)))


def tiers(rates: Any) -> tuple[tuple[int, Decimal | None, Decimal | None], ...]:
    """(prompt tokens from which it holds, input rate, output rate) of every tier; empty where there is one only."""
    starts = sorted(
        {tier.start for price in (rates.input_mtok, rates.output_mtok) for tier in getattr(price, "tiers", ())}
    )
    if not starts:
        return ()
    return tuple(
        (start, rate_at(rates.input_mtok, start + 1), rate_at(rates.output_mtok, start + 1)) for start in (0, *starts)
    )


def rate_at(price: Any, prompt_tokens: int) -> Decimal | None:
    """The rate that a prompt of this size pays: crossing a tier applies its rate to every token."""
    rate: Decimal | None = getattr(price, "base", price)
    for tier in getattr(price, "tiers", ()):
        if prompt_tokens > tier.start:
            rate = tier.price
    return rate


def find(provider: str, model: str) -> tuple[Any, Any]:
    """Provider and model objects of genai-prices. Raises UnknownName with the nearest ones."""
    known_sellers = names.index((name, ()) for name in catalogue())
    seller, sold = catalogue()[names.resolve(provider, known_sellers, what="API provider")]
    known = {name.lower(): name for name in sold}
    exact = known.get(model.strip().lower())
    if exact is None:
        exact = next((item.id for item in sold.values() if item.is_match(model.strip().lower())), None)
    if exact is None:
        exact = names.resolve(model, known, what=f"model of {seller.name}")
    return seller, sold[exact]


@lru_cache(maxsize=1)
def _version() -> str:
    from importlib.metadata import version

    return version(SOURCE)
