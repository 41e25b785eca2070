"""Quotes: option × workload → money, speed and memory. The entry of the package; see :mod:`pricing.quotes`."""

from __future__ import annotations

from datetime import date

from pricing import amounts, api, images
from pricing.catalogue import PriceBook, load_price_book, provider_spread
from pricing.cheapest import cheapest_rental, cheapest_rentals
from pricing.explain import api_facts
from pricing.quotes import Band, Quote, per_mtok, per_query
from pricing.rental import quote_rental
from pricing.workload import Workload

__all__ = ["cheapest_rental", "cheapest_rentals", "load_price_book", "provider_spread", "quote_api", "quote_rental"]


def quote_api(
    book: PriceBook,
    *,
    provider: str,
    model: str,
    workload: Workload,
    batch: bool = False,
    images_per_request: float = 0,
    image_size: str = "1024x1024",
    image_tokens: int | None = None,
) -> Quote:
    """Quote an API model: one request priced at the book's date, times the requests. Latency stays unknown.

    Images are prompt tokens: ``image_tokens`` each, or what the seller counts for ``image_size``. ``batch`` asks for
    the batch rate. Unpriced, with the reason, where no such rate or count is known.
    """

    def unpriced(why: str) -> Quote:
        reason = f"unpriced: {why}"
        return Quote(kind="api", label=f"{provider} API", fits=True, provider=provider, offer=model, reason=reason)

    images_per_request = amounts.within("images_per_request", images_per_request, 0, 1000, unit="images a request")
    seen, seen_source = 0, ""
    if images_per_request:
        counted = _image_tokens(provider, model, image_size, image_tokens)
        if counted is None:
            known = ", ".join(images.known_sizes(model)) or "none"
            return unpriced(
                f"how many tokens {model} takes for an image of {image_size} is not known (known: {known}); "
                "give the tokens of an image"
            )
        seen, seen_source = round(counted[0] * images_per_request), counted[1]
    price = api.price_request(
        provider=provider,
        model=model,
        prompt_tokens=workload.prompt_tokens + seen,
        output_tokens=workload.output_tokens,
        cached_fraction=workload.cached_fraction * workload.prompt_tokens / (workload.prompt_tokens + seen),
        as_of=book.as_of,
        overrides=book.api_overrides,
        batch=batch,
    )
    if price is None:
        what = "without a batch rate" if batch else "without a price"
        return unpriced(f"{provider} lists {model} {what} on {book.as_of.isoformat()}")
    month = float(price.usd_per_request) * workload.requests_per_month
    band = Band(value=month, low=month, high=month)
    return Quote(
        kind="api",
        label=f"{price.provider_name} API" + (", batch" if batch else ""),
        fits=True,
        provider=price.provider_name,
        offer=price.model,
        price_date=price.date,
        price_source=price.source,
        price_age_days=(book.as_of - date.fromisoformat(price.date)).days,
        price_is_override=price.is_override,
        usd_per_month=band,
        usd_per_query=per_query(band, workload),
        usd_per_mtok=per_mtok(band, workload),
        parts={"api": month},
        facts=api_facts(price, workload, book.as_of, image_tokens=seen, image_source=seen_source),
    )


def _image_tokens(provider: str, model: str, image_size: str, own: int | None) -> tuple[int, str] | None:
    if own is not None:
        return int(amounts.within("image_tokens", own, 1, 1_000_000, unit="tokens an image")), "your own count"
    width, height = images.size(image_size)
    _, sold = api.find(provider, model)
    return images.tokens(sold.id, width, height)
