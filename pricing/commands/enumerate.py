"""``options``: every way to rent cards for a workload, ranked."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import typer

from pricing import candidates, enumeration
from pricing.capacity import Limits
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
from pricing.enumeration import Options
from pricing.workload import Workload


@takes_workload
def options(
    *,
    models: Annotated[list[str], typer.Option(help="Models, several with commas or repeated.")],
    quantizations: Annotated[list[str], typer.Option(help="Quantizations: Q4_K_M, fp8, gptq-int4-g128 …")],
    engines: Annotated[list[str] | None, typer.Option(help="vllm, llama.cpp; by the format unless named.")] = None,
    accelerators: Annotated[list[str] | None, typer.Option(help="Only these; all by default.")] = None,
    max_count: Annotated[str, typer.Option(help="Most cards of one replica.")] = "8",
    workload: Workload,
    e2e_p95_s: Annotated[str, typer.Option(help="Latency limit, end to end.")] = "",
    ttft_p95_s: Annotated[str, typer.Option(help="Latency limit, first token.")] = "",
    tpot_p95_s: Annotated[str, typer.Option(help="Latency limit, per token.")] = "",
    provider: Annotated[str, typer.Option(help="Only this provider.")] = "",
    provider_class: Annotated[list[str] | None, typer.Option(help="marketplace, neocloud, hyperscaler.")] = None,
    tiers: Annotated[list[str] | None, typer.Option(help="on-demand, spot, reserved, serverless; all.")] = None,
    region: Annotated[str, typer.Option(help="us, europe, asia, australia or a provider's own region.")] = "",
    max_commitment_months: Annotated[str, typer.Option(help="Longest commitment of a reserved price.")] = "",
    spare_replicas: Annotated[str, typer.Option(help="Replicas beyond the load.")] = "0",
    preset: Annotated[str, typer.Option(help="pilot, production or regulated.")] = "pilot",
    terms: Terms = None,
    top: Annotated[str, typer.Option(help="How many of the cheapest to show.")] = "20",
    as_of: AsOf = "",
    prices: Prices = None,
    no_overrides: NoOverrides = False,
    as_json: AsJson = False,
) -> None:
    """Every variant × engine × accelerator × count × provider × tier of a workload, cheapest first."""
    shown = whole("--top", top)
    if shown < 1:
        raise ValueError(f"--top is {top!r}; give a whole number above 0")
    limits = Limits(
        e2e_p95_s=optional("--e2e-p95-s", e2e_p95_s),
        ttft_p95_s=optional("--ttft-p95-s", ttft_p95_s),
        tpot_p95_s=optional("--tpot-p95-s", tpot_p95_s),
    )
    months = optional("--max-commitment-months", max_commitment_months)
    known = candidates.of(
        price_book(as_of, prices, no_overrides),
        candidates.variants(_split(models), _split(quantizations), _split(engines) or None),
        allowed=_split(accelerators) or None,
        max_count=whole("--max-count", max_count),
        provider=provider or None,
        provider_classes=_split(provider_class) or None,
        tiers=_split(tiers) or None,
        region=region or None,
        max_commitment_months=None if months is None else int(months),
    )
    found = enumeration.options(
        known,
        workload,
        limits,
        spare_replicas=whole("--spare-replicas", spare_replicas),
        preset=chosen_preset(preset, terms),
    )
    typer.echo(json.dumps(_json(found, shown), indent=2) if as_json else _text(found, shown))


def _split(given: list[str] | None) -> list[str]:
    every = [part.strip() for one in given or [] for part in one.split(",")]
    return list(dict.fromkeys(part for part in every if part))


def _rows(found: Options, chosen: Any) -> list[dict[str, Any]]:
    """Options as plain rows, each with the band of its bill; unknown is null."""
    columns = found.columns(chosen)
    rows = []
    for values in zip(*columns.values(), strict=True):
        row = {
            name: value.item() if hasattr(value, "item") else value for name, value in zip(columns, values, strict=True)
        }
        quote = found.quote(row["option"])
        row = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        month = quote.usd_per_month
        if month:
            row["usd_per_month"] = month.value
        row |= {"low_usd_per_month": month and month.low, "high_usd_per_month": month and month.high}
        rows.append(row | {"outside_calibration": quote.outside_calibration, "reason": quote.reason})
    return rows


def _counts(found: Options) -> dict[str, int]:
    column = found.candidates.market.column
    return {
        "options": len(found.candidates),
        "fit": int(found.deployments.fits[:, column].sum()),
        "priced": int((found.usd_per_month == found.usd_per_month).sum()),
        "meet": len(found.ranked),
    }


def _of_each(found: Options) -> list[int]:
    usd = found.usd_per_month.ravel()
    return sorted((one for one in found.cheapest_of_each() if one is not None), key=lambda one: float(usd[one]))


def _json(found: Options, top: int) -> dict[str, Any]:
    none = found.cheapest is None
    return {
        **_counts(found),
        "top": _rows(found, found.ranked[:top]),
        "cheapest_of_each_variant": _rows(found, _of_each(found)[:top]),
        "frontier": _rows(found, found.frontier()),
        "nearest_miss": _rows(found, [found.nearest()])[0] if none else None,
    }


def _text(found: Options, top: int) -> str:
    counts = _counts(found)
    lines = [
        f"{counts['options']:,} options: {counts['fit']:,} fit, {counts['priced']:,} are priced, "
        f"{counts['meet']:,} keep the limits."
    ]
    if found.cheapest is None:
        (row,) = _rows(found, [found.nearest()])
        return "\n".join([*lines, "None keeps the limits. The nearest miss:", _line(row), f"    {row['reason']}"])
    lines += ["", "Cheapest first (90 % band of the bill):"]
    lines += [_line(row) for row in _rows(found, found.ranked[:top])]
    lines += ["", "The cheapest of each variant:"]
    lines += [_line(row) for row in _rows(found, _of_each(found)[:top])]
    lines += ["", "No option is both cheaper and faster than these (whatever their accuracy):"]
    lines += [_line(row) for row in _rows(found, found.frontier())]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    terms = row["tier"] + (f" {row['commitment_months']} mo" if row["commitment_months"] else "")
    seconds = "unknown" if row["e2e_p95_s"] is None else f"{row['e2e_p95_s']:.3g} s"
    usd = "unpriced"
    if row["usd_per_month"] is not None:
        usd = f"${row['usd_per_month']:,.0f} (${row['low_usd_per_month']:,.0f} to ${row['high_usd_per_month']:,.0f})"
    return (
        f"{usd:32} {row['model']} {row['quantization']}, {row['engine']}, {row['replicas']} × "
        f"{row['count']}× {row['accelerator']}, {row['provider']} {terms}, p95 {seconds}"
    )
