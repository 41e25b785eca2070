"""``quote``: what one variant needs, how fast it is and what it costs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pricing import bill
from pricing.catalogue import provider_spread
from pricing.commands.arguments import (
    AsJson,
    AsOf,
    NoOverrides,
    Prices,
    Terms,
    optional,
    price_book,
    takes_workload,
    whole,
)
from pricing.commands.arguments import preset as chosen_preset
from pricing.offers import check_tier
from pricing.quote import cheapest_rental, quote_rental
from pricing.render import quote_json, quote_text
from pricing.workload import Workload


@takes_workload
def quote(
    *,
    model: Annotated[str, typer.Option(help="Model, such as llama-3.1-70b or Qwen2.5-32B.")],
    quantization: Annotated[str, typer.Option(help="Q4_K_M, fp8, gptq-int4-g128, 4.65bpw …")],
    accelerator: Annotated[str, typer.Option(help="A6000, A100-80GB-SXM:3g.40gb …; none: the cheapest.")] = "",
    count: Annotated[str, typer.Option(help="Cards of one replica.")] = "1",
    workload: Workload,
    e2e_p95_s: Annotated[str, typer.Option(help="Latency limit, end to end.")] = "",
    ttft_p95_s: Annotated[str, typer.Option(help="Latency limit, first token.")] = "",
    tpot_p95_s: Annotated[str, typer.Option(help="Latency limit, per token.")] = "",
    engine: Annotated[str, typer.Option(help="vllm or llama.cpp; by the format unless named.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    provider_class: Annotated[list[str] | None, typer.Option(help="marketplace, neocloud, hyperscaler.")] = None,
    tier: Annotated[str, typer.Option(help="on-demand, spot, reserved or serverless.")] = "on-demand",
    region: Annotated[str, typer.Option(help="us, europe, asia, australia or a provider's own region.")] = "",
    max_commitment_months: Annotated[str, typer.Option(help="Longest commitment of a reserved price.")] = "",
    spare_replicas: Annotated[str, typer.Option(help="Replicas beyond the load.")] = "0",
    preset: Annotated[str, typer.Option(help="pilot, production or regulated.")] = "pilot",
    terms: Terms = None,
    weight_bytes: Annotated[str, typer.Option(help="Measured size of the weights.")] = "",
    as_of: AsOf = "",
    prices: Prices = None,
    no_overrides: NoOverrides = False,
    as_json: AsJson = False,
) -> None:
    """What one variant needs, how fast it is and what it costs a month on rented cards."""
    book = price_book(as_of, prices, no_overrides)
    size = optional("--weight-bytes", weight_bytes)
    months = optional("--max-commitment-months", max_commitment_months)
    tier = check_tier(tier)
    shared: dict[str, Any] = {
        "model": model,
        "quantization": quantization,
        "workload": workload,
        "weight_bytes": None if size is None else int(size),
        "e2e_p95_s": optional("--e2e-p95-s", e2e_p95_s),
        "ttft_p95_s": optional("--ttft-p95-s", ttft_p95_s),
        "tpot_p95_s": optional("--tpot-p95-s", tpot_p95_s),
        "engine": engine or None,
        "provider": provider or None,
        "provider_classes": provider_class or None,
        "tier": tier,
        "region": region or None,
        "max_commitment_months": None if months is None else int(months),
        "spare_replicas": whole("--spare-replicas", spare_replicas),
        "preset": chosen_preset(preset, terms),
    }
    if accelerator:
        answer = quote_rental(book, accelerator=accelerator, count=whole("--count", count), **shared)
    else:
        answer = cheapest_rental(book, **shared)
    spread = provider_spread(book, answer.accelerator, answer.count, tier) if answer.accelerator else None
    typer.echo(json.dumps(quote_json(answer), indent=2) if as_json else quote_text(answer, spread))


def presets(
    name: Annotated[str, typer.Argument(help="pilot, production or regulated; all by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a month includes besides the cards: every default with its source."""
    plans = [bill.preset(name)] if name else list(bill.PRESETS.values())
    if as_json:
        shown = {
            plan.name: {
                fact.name: {"value": getattr(plan, fact.name), "source": fact.source} for fact in bill.terms(plan)
            }
            for plan in plans
        }
        typer.echo(json.dumps(shown, indent=2))
        return
    for plan in plans:
        typer.echo(f"{plan.name}: {plan.source}")
        for fact in bill.terms(plan):
            typer.echo(f"  {fact.name:26} {fact.value}  [{fact.source}]")
