"""What APIs ask, by date: the list of every priced model, the history of one, and when sellers turn models off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pricing import api, names, tables


@dataclass(frozen=True, kw_only=True)
class Period:
    """A price and since when it holds: ``start`` is None for the first one known, ``hours`` "" for all day."""

    start: date | None
    hours: str
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_usd_per_mtok: Decimal | None


def prices(as_of: date, provider: str | None = None) -> list[dict[str, Any]]:
    """Every priced API model (of one provider if named): ids, rates per million tokens at the date, link."""
    at, every = api.moment(as_of), api.catalogue()
    if provider is not None:
        known = names.index((name, ()) for name in every)
        wanted = names.resolve(provider, known, what="API provider")
        every = {wanted: every[wanted]}
    found = []
    for seller, sold in every.values():
        for model in sold.values():
            rates = model.get_prices(at)
            if not (_number(rates.input_mtok) or _number(rates.output_mtok)):
                continue  # listed without a price: unpriced, not free
            batch = model.get_prices(at, api.BATCH) if model.price_variants else rates
            is_batch = batch != rates
            off = retirement(seller.id, model.id)
            found.append(
                {
                    "provider": seller.id,
                    "provider_name": seller.name,
                    "model": model.id,
                    "name": model.name or model.id,
                    "input_usd_per_mtok": _number(rates.input_mtok),
                    "output_usd_per_mtok": _number(rates.output_mtok),
                    "cached_usd_per_mtok": _number(rates.cache_read_mtok),
                    "batch_input_usd_per_mtok": _number(batch.input_mtok) if is_batch else None,
                    "batch_output_usd_per_mtok": _number(batch.output_mtok) if is_batch else None,
                    "tiered": hasattr(rates.input_mtok, "tiers"),
                    "tiers": [[start, _number(into), _number(out)] for start, into, out in api.tiers(rates)],
                    "context_tokens": model.context_window,
                    "deprecated": bool(model.deprecated),
                    "turned_off": off.isoformat() if off else None,
                    "url": next(iter(seller.pricing_urls or []), api.SOURCE_URL),
                    "as_of": as_of.isoformat(),
                }
            )
    return found


def history(provider: str, model: str) -> list[Period]:
    """Prices of one model, oldest first; later ones replace earlier ones from their start. Raises UnknownName."""
    _, sold = api.find(provider, model)
    dated = sold.prices if isinstance(sold.prices, list) else []
    if not dated:
        return [_period(None, "", sold.prices)] if not isinstance(sold.prices, list) else []
    found = []
    for one in dated:
        begin = getattr(one.constraint, "start_date", None)
        clock = getattr(one.constraint, "start_time", None)
        hours = f"{clock:%H:%M}–{one.constraint.end_time:%H:%M} UTC" if clock else ""
        found.append(_period(begin, hours, one.prices))
    return sorted(found, key=lambda period: (bool(period.hours), period.start or date.min))


def _period(start: date | None, hours: str, rates: Any) -> Period:
    return Period(
        start=start,
        hours=hours,
        input_usd_per_mtok=api.rate_at(rates.input_mtok, 0),
        output_usd_per_mtok=api.rate_at(rates.output_mtok, 0),
        cached_usd_per_mtok=api.rate_at(rates.cache_read_mtok, 0),
    )


@lru_cache(maxsize=1)
def _retirements() -> dict[tuple[str, str], date]:
    return {
        (row["provider"], row["model"]): date.fromisoformat(row["turned_off"])
        for row in tables.rows("api_retirements")
    }


def retirement(provider: str, model: str) -> date | None:
    """The day the seller turns the model off, None where none is known."""
    return _retirements().get((provider, model))


def _number(price: Any) -> float | None:
    rate = api.rate_at(price, 0)
    return None if rate is None else float(rate)
