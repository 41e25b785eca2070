"""Money and latency lines of the SLA against a quote."""

from __future__ import annotations

from decisions.sla import Sla
from decisions.verdicts import Check, judge
from decisions.wording import quantity
from pricing.quotes import Band, Quote

LINES = (
    ("e2e_p95_s", "p95 latency", "s"),
    ("ttft_p95_s", "p95 time to first token", "s"),
    ("tpot_p95_s", "p95 time per token", "s"),
    ("usd_per_query", "cost per query", "usd"),
    ("usd_per_month", "monthly cost", "usd"),
)


def limit_checks(sla: Sla, quote: Quote) -> list[Check]:
    """One check a threshold. What does not fit or cannot carry the load misses; the unknown is unproven."""
    checks = []
    if not quote.fits:
        checks.append(
            Check(
                name="fits",
                unit="gib",
                direction="at most",
                target=quote.memory_available_gib or 0.0,
                seen=quote.memory_gib,
                low=None,
                high=None,
                status="misses",
                reason=quote.reason,
            )
        )
    elif quote.kind == "rental" and quote.replicas == 0 and quote.reason and not quote.reason.startswith("unpriced"):
        checks.append(
            Check(
                name="load",
                unit="",
                direction="at least",
                target=0.0,
                seen=None,
                low=None,
                high=None,
                status="misses",
                reason=quote.reason,
            )
        )
    for field, name, unit in LINES:
        target = getattr(sla, field)
        if target is not None:
            checks.append(_limit(name, unit, target, getattr(quote, field), quote))
    return checks


def _limit(name: str, unit: str, target: float, band: Band | None, quote: Quote) -> Check:
    if band is None:
        known = (quote.latency_note if unit == "s" else "") or quote.reason or (
            "unpriced"
            if unit == "usd"
            else "not published for an API: measure it"
            if quote.kind == "api"
            else "not yet known"
        )
        return Check(
            name=name,
            unit=unit,
            direction="at most",
            target=target,
            seen=None,
            low=None,
            high=None,
            status="unproven",
            reason=known,
        )
    status = judge("at most", target, band.low, band.high)
    reasons = []
    if status == "misses":
        reasons.append(f"{quantity(band.value - target, unit)} over")
    elif status == "unproven":
        reasons.append("the band reaches over the line")
    if quote.latency_note and unit == "s":
        reasons.append(quote.latency_note)
    if quote.outside_calibration and unit == "s" and not quote.latency_origin:
        reasons.append("predicted outside what the speed model was checked on")
    return Check(
        name=name,
        unit=unit,
        direction="at most",
        target=target,
        seen=band.value,
        low=band.low,
        high=band.high,
        status=status,
        reason="; ".join(reasons),
        origin=quote.latency_origin if unit == "s" else "",
    )
