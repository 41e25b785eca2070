"""API prices from genai-prices' bundled data: one request priced at a pinned moment, then multiplied."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pricing import names

SOURCE = "genai-prices"
SOURCE_URL = "https://github.com/pydantic/genai-prices"


@dataclass(frozen=True, kw_only=True)
class ApiOverride:
    """A user's own price of one seller's model, per million tokens."""

    provider: str
    model: str
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_usd_per_mtok: Decimal | None
    date: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ApiPrice:
    """The price of one request and what it came from; per-million rates are the base tier's."""

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


def override(row: Mapping[str, Any]) -> ApiOverride:
    """A price override as :func:`pricing.catalogue.load_price_book` takes it. Raises ValueError."""
    missing = [field for field in ("provider", "model", "date") if not row.get(field)]
    missing += [field for field in ("input_usd_per_mtok", "output_usd_per_mtok") if row.get(field) in (None, "")]
    if missing:
        raise ValueError(f"the API price override {dict(row)!r} lacks {', '.join(missing)}")
    prices: dict[str, Decimal | None] = {}
    for field in ("input_usd_per_mtok", "output_usd_per_mtok", "cached_usd_per_mtok"):
        value = row.get(field)
        if value in (None, ""):
            prices[field] = None
            continue
        try:
            number = float(str(value))
        except ValueError as error:
            raise ValueError(f"{field} of {row['model']} is {value!r}; give dollars per million tokens") from error
        if not (math.isfinite(number) and 0 <= number <= 10_000):
            raise ValueError(f"{field} of {row['model']} is {value!r}; give dollars per million tokens, 0 to 10,000")
        prices[field] = Decimal(str(value))
    try:
        date.fromisoformat(str(row["date"])[:10])
    except ValueError as error:
        raise ValueError(f"date of the price of {row['model']} is {row['date']!r}; give a day as YYYY-MM-DD") from error
    return ApiOverride(
        provider=str(row["provider"]),
        model=str(row["model"]),
        date=str(row["date"])[:10],
        source=str(row.get("source") or "your own price"),
        **prices,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Provider id → (provider, model id → model), objects of genai-prices. Imported late: it takes 0.3 s."""
    from genai_prices.data_snapshot import get_snapshot

    return {
        provider.id: (provider, {model.id: model for model in provider.models}) for provider in get_snapshot().providers
    }


def _moment(as_of: date) -> datetime:
    """Noon UTC of the day: prices can depend on the hour."""
    return datetime.combine(as_of, time(12), tzinfo=UTC)


def _flat(price: Any) -> Decimal | None:
    """Base rate of a price that may be tiered."""
    return getattr(price, "base", price)


def price_request(
    *,
    provider: str,
    model: str,
    prompt_tokens: int,
    output_tokens: int,
    cached_fraction: float,
    as_of: date,
    overrides: Iterable[ApiOverride] = (),
) -> ApiPrice | None:
    """Price of one request; None where the catalogue lists the model without a price. Raises UnknownName."""
    cached_tokens = int(prompt_tokens * cached_fraction)
    for own in overrides:
        if own.provider.lower() == provider.lower() and own.model.lower() == model.lower():
            cached_rate = own.input_usd_per_mtok if own.cached_usd_per_mtok is None else own.cached_usd_per_mtok
            total = (prompt_tokens - cached_tokens) * own.input_usd_per_mtok
            total += cached_tokens * cached_rate + output_tokens * own.output_usd_per_mtok
            return ApiPrice(
                provider=own.provider,
                provider_name=own.provider,
                model=own.model,
                usd_per_request=total / 1_000_000,
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
    moment = _moment(as_of)
    rates = sold.get_prices(moment)
    if rates.input_mtok is None and rates.output_mtok is None and rates.requests_kcount is None:
        return None
    usage = Usage(input_tokens=prompt_tokens, cache_read_tokens=cached_tokens, output_tokens=output_tokens)
    cost = sold.calc_price(usage, seller, genai_request_timestamp=moment)
    return ApiPrice(
        provider=seller.id,
        provider_name=seller.name,
        model=sold.id,
        usd_per_request=cost.total_price,
        input_usd_per_mtok=_flat(rates.input_mtok),
        output_usd_per_mtok=_flat(rates.output_mtok),
        cached_usd_per_mtok=_flat(rates.cache_read_mtok),
        source=f"{SOURCE} {_version()}",
        url=next(iter(seller.pricing_urls or []), SOURCE_URL),
        date=as_of.isoformat(),
        note=sold.price_comments or "",
    )


def find(provider: str, model: str) -> tuple[Any, Any]:
    """Provider and model objects of genai-prices. Raises UnknownName with the nearest ones."""
    catalogue = _catalogue()
    providers = names.index((name, ()) for name in catalogue)
    seller, sold = catalogue[names.resolve(provider, providers, what="API provider")]
    known = {name.lower(): name for name in sold}
    exact = known.get(model.strip().lower())
    if exact is None:
        exact = next((item.id for item in sold.values() if item.is_match(model.strip().lower())), None)
    if exact is None:
        exact = names.resolve(model, known, what=f"model of {seller.name}")
    return seller, sold[exact]


def prices(as_of: date, provider: str | None = None) -> list[dict[str, Any]]:
    """Every priced API model (of one provider if named): ids, rates per million tokens at the date, link."""
    moment = _moment(as_of)
    catalogue = _catalogue()
    if provider is not None:
        known = names.index((name, ()) for name in catalogue)
        wanted = names.resolve(provider, known, what="API provider")
        catalogue = {wanted: catalogue[wanted]}
    found = []
    for seller, sold in catalogue.values():
        for model in sold.values():
            rates = model.get_prices(moment)
            if rates.input_mtok is None and rates.output_mtok is None:
                continue
            found.append(
                {
                    "provider": seller.id,
                    "provider_name": seller.name,
                    "model": model.id,
                    "name": model.name or model.id,
                    "input_usd_per_mtok": _number(rates.input_mtok),
                    "output_usd_per_mtok": _number(rates.output_mtok),
                    "cached_usd_per_mtok": _number(rates.cache_read_mtok),
                    "tiered": hasattr(rates.input_mtok, "tiers"),
                    "context_tokens": model.context_window,
                    "deprecated": bool(model.deprecated),
                    "url": next(iter(seller.pricing_urls or []), SOURCE_URL),
                    "as_of": as_of.isoformat(),
                }
            )
    return found


def _number(price: Any) -> float | None:
    return None if price is None else float(_flat(price))  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _version() -> str:
    from importlib.metadata import version

    return version("genai-prices")
