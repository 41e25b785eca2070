"""The price book under other prices: what would be quoted if one card, or one seller's model, cost more or less."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from pricing import api, offers
from pricing.catalogue import PriceBook
from pricing.quotes import Quote
from pricing.workload import Workload

MOST_REMEMBERED = 64
_remembered: dict[tuple[int, str, str, float], tuple[PriceBook, PriceBook]] = {}


def with_card_price(book: PriceBook, accelerator: str, factor: float) -> PriceBook:
    """Every offer of the accelerator at ``factor`` times its price. The same arguments give the same book."""
    return _once(
        book,
        (id(book), "card", accelerator, factor),
        offers=tuple(
            replace(one, usd_per_hour=one.usd_per_hour * factor) if one.accelerator == accelerator else one
            for one in book.offers
        ),
    )


def with_api_price(book: PriceBook, provider: str, model: str, factor: float, workload: Workload) -> PriceBook:
    """The seller's rates for this model at ``factor`` times those of the tier a request of ``workload`` falls in."""
    price = api.price_request(
        provider=provider,
        model=model,
        prompt_tokens=workload.prompt_tokens,
        output_tokens=workload.output_tokens,
        cached_fraction=workload.cached_fraction,
        as_of=book.as_of,
        overrides=book.api_overrides,
    )
    if price is None or price.input_usd_per_mtok is None or price.output_usd_per_mtok is None:
        raise ValueError(f"{provider} lists {model} without a price by the token; give your own price of it")
    by, cached = Decimal(str(factor)), price.cached_usd_per_mtok
    own = api.ApiOverride(
        provider=provider,
        model=model,
        input_usd_per_mtok=price.input_usd_per_mtok * by,
        output_usd_per_mtok=price.output_usd_per_mtok * by,
        cached_usd_per_mtok=None if cached is None else cached * by,
        date=book.as_of.isoformat(),
        source=f"{factor:g} × {price.source}",
    )
    return _once(book, (id(book), provider, model, factor), api_overrides=(own, *book.api_overrides))


def card_hour_usd(book: PriceBook, quote: Quote) -> float | None:
    """What the offer of a rental quote asks for one card and hour; None where the book does not hold it any more."""
    if not quote.accelerator or not quote.count or not quote.provider:
        return None
    offer = book.offer(quote.accelerator, quote.count, provider=quote.provider, tier=quote.tier or "on-demand")
    return offer.usd_per_hour / quote.count if offer else None


def asked_per_card(
    book: PriceBook, accelerator: str, count: int, tier: str, provider_classes: Iterable[str]
) -> dict[str, float]:
    """Provider → the least it asks for one card and hour of ``count`` cards, cheapest provider first."""
    found: dict[str, float] = {}
    for offer in offers.matching(
        book.offers, accelerator=accelerator, count=count, tier=tier, provider_classes=provider_classes
    ):
        found.setdefault(offer.provider, offer.usd_per_hour / count)
    return found


def _once(book: PriceBook, key: tuple[int, str, str, float], **changed: object) -> PriceBook:
    known = _remembered.get(key)
    if known and known[0] is book:
        return known[1]
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    made = replace(book, **changed, _scaled={}, _markets={}, _rentables={})  # type: ignore[arg-type]
    _remembered[key] = (book, made)
    return made
