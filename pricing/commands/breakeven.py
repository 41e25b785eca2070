"""``breakeven``: from how many requests a month on renting beats an API."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pricing import breakeven as break_even
from pricing.commands.arguments import (
    AsJson,
    AsOf,
    NoOverrides,
    Prices,
    Terms,
    number,
    optional,
    price_book,
    takes_workload,
    whole,
)
from pricing.commands.arguments import preset as chosen_preset
from pricing.offers import check_tier
from pricing.quote import cheapest_rental, quote_api, quote_rental
from pricing.quotes import Quote
from pricing.workload import Workload

MOST_LINES = 14


@takes_workload
def breakeven(
    *,
    model: Annotated[str, typer.Option(help="Model, such as llama-3.1-70b.")],
    quantization: Annotated[str, typer.Option(help="Q4_K_M, fp8, gptq-int4-g128 …")],
    api: Annotated[str, typer.Option(help="Seller and model, such as openai/gpt-4o.")],
    accelerator: Annotated[str, typer.Option(help="A6000 …; by default the cheapest at --requests-per-month.")] = "",
    count: Annotated[str, typer.Option(help="Cards of one replica.")] = "1",
    workload: Workload,
    lowest: Annotated[str, typer.Option(help="Fewest requests a month to look at.")] = "1e4",
    highest: Annotated[str, typer.Option(help="Most requests a month to look at.")] = "1e8",
    e2e_p95_s: Annotated[str, typer.Option(help="Latency limit, end to end.")] = "",
    provider: Annotated[str, typer.Option()] = "",
    provider_class: Annotated[list[str] | None, typer.Option(help="marketplace, neocloud, hyperscaler.")] = None,
    tier: Annotated[str, typer.Option(help="on-demand, spot, reserved or serverless.")] = "on-demand",
    region: Annotated[str, typer.Option()] = "",
    preset: Annotated[str, typer.Option(help="pilot, production or regulated.")] = "pilot",
    terms: Terms = None,
    batch: Annotated[bool, typer.Option("--batch", help="The API's batch rate.")] = False,
    as_of: AsOf = "",
    prices: Prices = None,
    no_overrides: NoOverrides = False,
    as_json: AsJson = False,
) -> None:
    """From how many requests a month on renting beats an API: a staircase, for replicas are whole."""
    book = price_book(as_of, prices, no_overrides)
    seller, slash, sold = api.partition("/")
    if not (seller and slash and sold):
        raise ValueError(f"--api is {api!r}; give a seller and a model such as openai/gpt-4o")
    shared: dict[str, Any] = {
        "model": model,
        "quantization": quantization,
        "e2e_p95_s": optional("--e2e-p95-s", e2e_p95_s),
        "provider": provider or None,
        "provider_classes": provider_class or None,
        "tier": check_tier(tier),
        "region": region or None,
        "preset": chosen_preset(preset, terms),
    }
    chosen: dict[str, Any] = {"accelerator": accelerator, "count": whole("--count", count)}
    if not accelerator:
        cheapest = cheapest_rental(book, workload=workload, **shared)
        if not cheapest.accelerator:
            raise ValueError(cheapest.reason)
        chosen = {"accelerator": cheapest.accelerator, "count": cheapest.count}
        shared["provider"] = cheapest.provider or None

    def mine(load: Workload) -> Quote:
        return quote_rental(book, workload=load, **chosen, **shared)

    def theirs(load: Workload) -> Quote:
        return quote_api(book, provider=seller, model=sold, workload=load, batch=batch)

    stairs = break_even.stairs(mine, theirs, workload, number("--lowest", lowest), number("--highest", highest))
    now, sold_now = mine(workload), theirs(workload)
    loads = break_even.loads(now, sold_now, workload)
    intervals = break_even.cheaper_volumes(stairs)
    sentence = _sentence(now, sold_now, intervals, stairs)
    if as_json:
        typer.echo(json.dumps(_json(sentence, now, sold_now, stairs, intervals, loads), indent=2))
        return
    typer.echo(sentence + "\n")
    typer.echo("Requests a month           replicas    rented a month        API a month  cheaper")
    for stair in stairs[:MOST_LINES]:
        typer.echo(_line(stair))
    if len(stairs) > MOST_LINES:
        typer.echo(f"… {len(stairs) - MOST_LINES} more; all of them with --json")
    if loads:
        typer.echo(f"\nA query on today's {now.replicas} × {now.label}, by how much of it is used:")
        for one in loads:
            paid = "unpriced" if one.api_usd_per_query is None else f"${one.api_usd_per_query:.6f}"
            typer.echo(
                f"  {one.utilisation_fraction:4.0%} {one.requests_per_month:>14,.0f} requests  "
                f"${one.usd_per_query:.6f} a query  ${one.usd_per_mtok:.3f} a M tokens  (API {paid} a query)"
            )


def _sentence(mine: Quote, theirs: Quote, intervals: list[tuple[float, float]], stairs: list[break_even.Stair]) -> str:
    for quote in (mine, theirs):
        if quote.usd_per_month is None:
            return f"{quote.label}: {quote.reason}"
    low, high = stairs[0].first.requests_per_month, stairs[-1].last.requests_per_month
    reach = f"from {low:,.0f} to {high:,.0f} requests a month"
    if not intervals:
        return f"{theirs.label} {theirs.offer} is cheaper than {mine.label} {reach}."
    begin, end = intervals[-1]
    open_end = end >= 0.999 * high
    text = f"{mine.label} is cheaper than {theirs.label} {theirs.offer} "
    text += f"from {begin:,.0f} requests a month on" if open_end else f"from {begin:,.0f} to {end:,.0f} a month"
    if len(intervals) > 1:
        text += f", and in {len(intervals) - 1} shorter stretches before: each new replica hands the lead back"
    return text + f" (looked {reach})."


def _line(stair: break_even.Stair) -> str:
    first, last = stair.first, stair.last
    span = f"{first.requests_per_month:>12,.0f}–{last.requests_per_month:<12,.0f}"
    own = "cannot carry it" if last.self_host_usd_per_month is None else f"${last.self_host_usd_per_month:,.0f}"
    paid = (
        "unpriced"
        if first.api_usd_per_month is None or last.api_usd_per_month is None
        else f"${first.api_usd_per_month:,.0f}–{last.api_usd_per_month:,.0f}"
    )
    cheaper = "API"
    if first.self_host_is_cheaper is None:
        cheaper = "not known"
    elif interval := stair.cheaper:
        whole_stair = interval == (first.requests_per_month, last.requests_per_month)
        cheaper = "rented" if whole_stair else f"rented from {interval[0]:,.0f}"
    return f"{span} {stair.replicas:>6}  {own:>16}  {paid:>17}  {cheaper}"


def _json(
    sentence: str,
    mine: Quote,
    theirs: Quote,
    stairs: list[break_even.Stair],
    intervals: list[tuple[float, float]],
    loads: list[break_even.Load],
) -> dict[str, Any]:
    return {
        "sentence": sentence,
        "self_host": mine.label,
        "api": f"{theirs.provider} {theirs.offer}",
        "cheaper_requests_per_month": [list(interval) for interval in intervals],
        "stairs": [
            {
                "low_requests_per_month": stair.first.requests_per_month,
                "high_requests_per_month": stair.last.requests_per_month,
                "replicas": stair.replicas,
                "low_self_host_usd_per_month": stair.first.self_host_usd_per_month,
                "high_self_host_usd_per_month": stair.last.self_host_usd_per_month,
                "low_api_usd_per_month": stair.first.api_usd_per_month,
                "high_api_usd_per_month": stair.last.api_usd_per_month,
                "self_host_cheaper": list(stair.cheaper) if stair.cheaper else None,
            }
            for stair in stairs
        ],
        "utilisation": [vars(one) for one in loads],
    }
