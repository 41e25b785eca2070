"""A quote as JSON and as lines a person can check."""

from __future__ import annotations

import math
from typing import Any

from pricing.catalogue import Spread
from pricing.quotes import Band, Quote


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def quote_json(quote: Quote) -> dict[str, Any]:
    """The quote as plain values; bands appear as the value, low and high. Unknown is null."""

    def value(band: Band | None) -> float | None:
        return _finite(band.value) if band else None

    def ends(name: str, band: Band | None) -> dict[str, float | None]:
        return {
            f"low_{name}": _finite(band.low) if band else None,
            f"high_{name}": _finite(band.high) if band else None,
        }

    return {
        "fits": quote.fits,
        "memory_gib": quote.memory_gib,
        "accelerator": quote.accelerator,
        "count": quote.count,
        "replicas": quote.replicas,
        "usd_per_month": value(quote.usd_per_month),
        "usd_per_query": value(quote.usd_per_query),
        **ends("usd_per_month", quote.usd_per_month),
        **ends("usd_per_query", quote.usd_per_query),
        "usd_per_mtok": value(quote.usd_per_mtok),
        **ends("usd_per_mtok", quote.usd_per_mtok),
        "parts": quote.parts,
        "ttft_p95_s": value(quote.ttft_p95_s),
        "tpot_p95_s": value(quote.tpot_p95_s),
        "e2e_p95_s": value(quote.e2e_p95_s),
        "utilisation_fraction": quote.utilisation_fraction,
        **ends("ttft_p95_s", quote.ttft_p95_s),
        **ends("tpot_p95_s", quote.tpot_p95_s),
        **ends("e2e_p95_s", quote.e2e_p95_s),
        "reason": quote.reason,
        "kind": quote.kind,
        "label": quote.label,
        "provider": quote.provider,
        "provider_class": quote.provider_class,
        "tier": quote.tier,
        "offer": quote.offer,
        "price_date": quote.price_date,
        "price_source": quote.price_source,
        "price_age_days": quote.price_age_days,
        "price_is_override": quote.price_is_override,
        "memory_available_gib": quote.memory_available_gib,
        "outside_calibration": quote.outside_calibration,
        "facts": [
            {"name": fact.name, "value": fact.value, "source": fact.source, "url": fact.url, "date": fact.date}
            for fact in quote.facts
        ],
    }


def quote_text(quote: Quote, spread: Spread | None) -> str:
    """The quote line by line: the answer, its inputs with sources, the bill."""
    lines = [_headline(quote), ""]
    lines += [_wrapped(f"{fact.name}: {fact.value}", fact.source, fact.date) for fact in quote.facts]
    for name, band in (
        ("First token", quote.ttft_p95_s),
        ("Per token", quote.tpot_p95_s),
        ("End to end", quote.e2e_p95_s),
    ):
        if band:
            lines.append(f"{name} p95: {band.value:.3g} s (90 % band {band.low:.3g} to {band.high:.3g})")
    if quote.utilisation_fraction is not None:
        lines.append(
            f"Utilisation over the month: {quote.utilisation_fraction:.0%} of what the replicas could carry; "
            "idle hours are paid"
        )
    if quote.usd_per_month and quote.usd_per_query:
        lines += ["", "Bill a month:"]
        lines += [f"  {name.replace('_', ' '):16} ${usd:>12,.2f}" for name, usd in quote.parts.items()]
        month, query = quote.usd_per_month, quote.usd_per_query
        lines.append(f"  {'in all':16} ${month.value:>12,.2f} (${month.low:,.0f} to ${month.high:,.0f})")
        lines.append(f"  {'a request':16} ${query.value:>12.6f} (${query.low:.6f} to ${query.high:.6f})")
        if mtok := quote.usd_per_mtok:
            lines.append(
                f"  {'a M tokens':16} ${mtok.value:>12.4f} (${mtok.low:.4f} to ${mtok.high:.4f}), prompt and output"
            )
    if spread and spread.providers > 1:
        lines.append(
            f"Which provider is a choice, not in the band: {spread.providers} ask ${spread.low_usd_per_hour:.2f} to "
            f"${spread.high_usd_per_hour:.2f}/h for the same cards, median ${spread.median_usd_per_hour:.2f}."
        )
    return "\n".join(lines)


def _headline(quote: Quote) -> str:
    if not quote.fits:
        return f"Does not fit: {quote.reason}"
    what = f"{quote.replicas} replicas of {quote.label}" if quote.replicas > 1 else quote.label
    if quote.usd_per_month is None:
        return f"{what}: {quote.reason}"
    month = quote.usd_per_month
    text = f"{what}: ${month.value:,.0f} a month (${month.low:,.0f} to ${month.high:,.0f})"
    terms = "" if quote.tier in ("", "on-demand") else f", {quote.tier}"
    return f"{text}{terms}. {quote.reason[0].upper()}{quote.reason[1:]}." if quote.reason else f"{text}{terms}."


def _wrapped(text: str, source: str, date: str) -> str:
    origin = " · ".join(part for part in (source, date) if part)
    return f"{text}\n    [{origin}]" if origin else text
