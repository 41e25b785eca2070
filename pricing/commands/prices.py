"""``offers`` and ``api``: the dated prices."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import typer

from pricing import api_prices, slices
from pricing import offers as rental_offers
from pricing.commands.arguments import AsJson, AsOf, NoOverrides, Prices, number, price_book, whole
from pricing.quote import quote_api
from pricing.render import quote_json, quote_text
from pricing.workload import Workload


def offers(
    context: typer.Context,
    accelerator: Annotated[str, typer.Option(help="Only this accelerator.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    provider_class: Annotated[list[str] | None, typer.Option(help="marketplace, neocloud, hyperscaler.")] = None,
    tier: Annotated[str, typer.Option(help="on-demand, spot, reserved, serverless or all.")] = "all",
    region: Annotated[str, typer.Option(help="us, europe, asia, australia or a provider's own region.")] = "",
    as_of: AsOf = "",
    prices: Prices = None,
    no_overrides: NoOverrides = False,
    as_json: AsJson = False,
) -> None:
    """Rental offers, cheapest per card first, with date and source."""
    if context.invoked_subcommand:
        return
    book = price_book(as_of, prices, no_overrides)
    found = rental_offers.matching(
        book.offers,
        accelerator=slices.find(accelerator).name if accelerator else None,
        provider=book.check_provider(provider) if provider else None,
        provider_classes=provider_class or None,
        tier=None if tier == "all" else rental_offers.check_tier(tier),
        region=region or None,
    )
    found.sort(key=lambda offer: offer.usd_per_hour / offer.count)
    rows: list[dict[str, Any]] = [
        {
            "accelerator": offer.accelerator,
            "count": offer.count,
            "provider": offer.provider,
            "provider_class": offer.provider_class,
            "tier": offer.tier,
            "commitment_months": offer.commitment_months,
            "instance": offer.instance,
            "region": offer.region,
            "usd_per_hour": offer.usd_per_hour,
            "usd_per_card_hour": round(offer.usd_per_hour / offer.count, 4),
            "date": offer.date,
            "age_days": offer.age_days(book.as_of),
            "stale": offer.stale(book.as_of),
            "source": offer.source,
            "url": offer.url,
            "note": offer.note,
            "is_override": offer.is_override,
        }
        for offer in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = f" ({row['age_days']} days old)" if row["stale"] else ""
        mark += " (yours)" if row["is_override"] else ""
        terms = row["tier"] + (f" {row['commitment_months']} mo" if row["commitment_months"] else "")
        typer.echo(
            f"{row['accelerator']:16} ×{row['count']:<2} ${row['usd_per_card_hour']:>8.3f}/card-h  {terms:14} "
            f"{row['provider']:16} {row['region'][:22]:22} {row['date']}{mark}"
        )


def api(
    provider: Annotated[str, typer.Option(help="Only this provider, such as openai.")] = "",
    model: Annotated[str, typer.Option(help="Price this model for the workload.")] = "",
    requests_per_month: Annotated[str, typer.Option()] = "1e6",
    prompt_tokens: Annotated[str, typer.Option()] = "1200",
    output_tokens: Annotated[str, typer.Option()] = "300",
    cached_fraction: Annotated[str, typer.Option()] = "0",
    batch: Annotated[bool, typer.Option("--batch", help="The batch rate, where the seller has one.")] = False,
    images_per_request: Annotated[str, typer.Option(help="Images in each request.")] = "0",
    image_size: Annotated[str, typer.Option(help="Their size in pixels, or 12MP.")] = "1024x1024",
    image_tokens: Annotated[str, typer.Option(help="Tokens of one image, where you know better.")] = "",
    history: Annotated[bool, typer.Option("--history", help="The model's prices by date instead of a bill.")] = False,
    as_of: AsOf = "",
    no_overrides: NoOverrides = False,
    as_json: AsJson = False,
) -> None:
    """API prices at a date; with --model the monthly bill of the workload, with --history its prices by date."""
    book = price_book(as_of, None, no_overrides)
    if (model or history) and not (provider and model):
        raise ValueError("--model needs --provider: a price belongs to a seller and a model, not to a model")
    if history:
        _history(provider, model, as_json)
        return
    if model:
        workload = Workload(
            requests_per_month=number("--requests-per-month", requests_per_month),
            prompt_tokens=whole("--prompt-tokens", prompt_tokens),
            output_tokens=whole("--output-tokens", output_tokens),
            cached_fraction=number("--cached-fraction", cached_fraction),
        )
        answer = quote_api(
            book,
            provider=provider,
            model=model,
            workload=workload,
            batch=batch,
            images_per_request=number("--images-per-request", images_per_request),
            image_size=image_size,
            image_tokens=whole("--image-tokens", image_tokens) if image_tokens else None,
        )
        typer.echo(json.dumps(quote_json(answer), indent=2) if as_json else quote_text(answer, None))
        return
    rows = api_prices.prices(book.as_of, provider or None)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        rates = " ".join(
            f"{name} ${row[key]:g}"
            for name, key in (
                ("in", "input_usd_per_mtok"),
                ("cached", "cached_usd_per_mtok"),
                ("out", "output_usd_per_mtok"),
                ("batch in", "batch_input_usd_per_mtok"),
                ("batch out", "batch_output_usd_per_mtok"),
            )
            if row[key] is not None
        )
        typer.echo(
            f"{row['provider']:14} {row['model']:44} {rates} per million tokens"
            + (" (dearer for long prompts)" if row["tiered"] else "")
            + (f" (turned off {row['turned_off']})" if row["turned_off"] else " (deprecated)" * row["deprecated"])
        )


def _history(provider: str, model: str, as_json: bool) -> None:
    periods = api_prices.history(provider, model)
    rows = [
        {
            "from": period.start.isoformat() if period.start else None,
            "hours": period.hours or None,
            "input_usd_per_mtok": _plain(period.input_usd_per_mtok),
            "output_usd_per_mtok": _plain(period.output_usd_per_mtok),
            "cached_usd_per_mtok": _plain(period.cached_usd_per_mtok),
        }
        for period in periods
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        since = f"from {row['from']}" if row["from"] else "first known"
        typer.echo(
            f"{since:16} in ${row['input_usd_per_mtok']:g} out ${row['output_usd_per_mtok']:g} per million tokens"
            + (f", cached ${row['cached_usd_per_mtok']:g}" if row["cached_usd_per_mtok"] is not None else "")
            + (f", {row['hours']}" if row["hours"] else "")
        )


def _plain(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)
