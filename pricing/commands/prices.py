"""``offers`` and ``api``: the dated prices."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pricing import api as api_prices
from pricing import offers as rental_offers
from pricing.commands.arguments import AsJson, AsOf, Prices, number, price_book, whole
from pricing.quote import quote_api
from pricing.render import quote_json, quote_text
from pricing.workload import Workload


def offers(
    accelerator: Annotated[str, typer.Option(help="Only this accelerator.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    tier: Annotated[str, typer.Option(help="on-demand, spot or all.")] = "all",
    as_of: AsOf = "",
    prices: Prices = None,
    as_json: AsJson = False,
) -> None:
    """Rental offers, cheapest per card first, with date and source."""
    book = price_book(as_of, prices)
    found = rental_offers.matching(
        book.offers,
        accelerator=rental_offers.accelerators.find(accelerator).name if accelerator else None,
        provider=book.check_provider(provider) if provider else None,
        tier=None if tier == "all" else tier,
    )
    found.sort(key=lambda offer: offer.usd_per_hour / offer.count)
    rows: list[dict[str, Any]] = [
        {
            "accelerator": offer.accelerator,
            "count": offer.count,
            "provider": offer.provider,
            "provider_class": offer.provider_class,
            "tier": offer.tier,
            "region": offer.region,
            "usd_per_hour": offer.usd_per_hour,
            "usd_per_card_hour": round(offer.usd_per_hour / offer.count, 4),
            "date": offer.date,
            "age_days": offer.age_days(book.as_of),
            "stale": offer.stale(book.as_of),
            "source": offer.source,
            "is_override": offer.is_override,
        }
        for offer in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = " (stale)" if row["stale"] else ""
        typer.echo(
            f"{row['accelerator']:16} ×{row['count']:<2} ${row['usd_per_card_hour']:>8.3f}/card-h  {row['tier']:10} "
            f"{row['provider']:16} {row['region'][:22]:22} {row['date']}{mark}"
        )


def api(
    provider: Annotated[str, typer.Option(help="Only this provider, such as openai.")] = "",
    model: Annotated[str, typer.Option(help="Price this model for the workload.")] = "",
    requests_per_month: Annotated[str, typer.Option()] = "1e6",
    prompt_tokens: Annotated[str, typer.Option()] = "1200",
    output_tokens: Annotated[str, typer.Option()] = "300",
    cached_fraction: Annotated[str, typer.Option()] = "0",
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """API prices at a date; with --model the monthly bill of the workload."""
    book = price_book(as_of)
    if model:
        if not provider:
            raise ValueError("--model needs --provider: a price belongs to a seller and a model, not to a model")
        workload = Workload(
            requests_per_month=number("--requests-per-month", requests_per_month),
            prompt_tokens=whole("--prompt-tokens", prompt_tokens),
            output_tokens=whole("--output-tokens", output_tokens),
            cached_fraction=number("--cached-fraction", cached_fraction),
        )
        answer = quote_api(book, provider=provider, model=model, workload=workload)
        typer.echo(json.dumps(quote_json(answer), indent=2) if as_json else quote_text(answer, None))
        return
    rows = api_prices.prices(book.as_of, provider or None)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        rates = " ".join(
            f"{name} ${row[key]:g}"
            for name, key in (("in", "input_usd_per_mtok"), ("out", "output_usd_per_mtok"))
            if row[key] is not None
        )
        typer.echo(
            f"{row['provider']:14} {row['model']:44} {rates} per million tokens"
            + (" (deprecated)" if row["deprecated"] else "")
        )
