"""The cheapest rental that carries a workload within its latency limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pricing import bill, capacity, speed
from pricing.accelerators import find as find_accelerator
from pricing.capacity import Limits
from pricing.catalogue import PriceBook, Rentable
from pricing.deployment import Variant, misfit, replica, variant
from pricing.offers import Offer
from pricing.quotes import Quote
from pricing.rental import fallback_offer, priced
from pricing.workload import Workload


def cheapest_rental(
    book: PriceBook,
    *,
    model: str,
    quantization: str,
    workload: Workload,
    accelerators: Sequence[str] | None = None,
    max_count: int = 8,
    weight_bytes: float | None = None,
    bits_per_weight: float | None = None,
    e2e_p95_s: float | None = None,
    ttft_p95_s: float | None = None,
    tpot_p95_s: float | None = None,
    engine: str | None = None,
    provider: str | None = None,
    provider_classes: Iterable[str] | None = None,
    tier: str = "on-demand",
    region: str | None = None,
    max_commitment_months: int | None = None,
    spare_replicas: int = 0,
    preset: str | bill.Preset = "pilot",
) -> Quote:
    """The cheapest rental that fits and carries the load within the latency limits.

    Where none does: the one nearest to the limits, or the one with least memory missing, with the reason.
    """
    chosen = variant(
        model=model,
        quantization=quantization,
        engine=engine,
        weight_bytes=weight_bytes,
        bits_per_weight=bits_per_weight,
    )
    plan = bill.preset(preset)
    limits = Limits(ttft_p95_s=ttft_p95_s, tpot_p95_s=tpot_p95_s, e2e_p95_s=e2e_p95_s)
    allowed = None if accelerators is None else {find_accelerator(name).name for name in accelerators}
    if provider is not None:
        provider = book.check_provider(provider)
    spare = max(spare_replicas, plan.spare_replicas)
    candidates = [
        one
        for one in book.rentables(
            provider=provider,
            provider_classes=provider_classes,
            tier=tier,
            region=region,
            max_commitment_months=max_commitment_months,
        )
        if one.count <= max_count and (allowed is None or one.accelerator.name in allowed)
    ]
    if tier == "serverless":  # billed by use: the dearer second may be the cheaper month
        return _cheapest_of(
            [
                priced(
                    book, chosen, one.accelerator, one.count, workload, limits, one.offer, spare_replicas, plan, tier
                )
                for one in candidates
            ]
        ) or _nothing(allowed, tier, max_count)
    best: tuple[float, Rentable] | None = None
    nearest: tuple[tuple[float, float], Rentable] | None = None
    for one in candidates:
        if best and one.offer.usd_per_hour * (1 + spare) >= best[0]:
            break
        rank: tuple[float, float]
        floor = _least_overshoot(chosen, one, workload, limits)
        if best and floor > 1:
            continue
        served = replica(chosen, one.accelerator, one.count, workload)
        if misfit(chosen, one.accelerator, one.count, workload):
            rank = (3.0, 0.0)
        elif not served.memory.fits:
            rank = (2.0, served.memory.needed_bytes - served.memory.available_bytes)
        elif floor > 1:
            rank = (0.0, floor)
        else:
            affordable = capacity.MAX_REPLICAS
            if best:
                affordable = min(affordable, math.ceil(best[0] / one.offer.usd_per_hour) - 1 - spare)
            if needed := served.fewest(limits, affordable):
                cost = one.offer.usd_per_hour * (needed + spare) + _spot_extra(book, one.offer, needed, plan, tier)
                if best is None or cost < best[0]:
                    best = (cost, one)
                continue
            if best:
                continue
            alone = served.alone()
            rank = (0.0, limits.overshoot(alone)) if alone else (1.0, 0.0)
        if nearest is None or rank < nearest[0]:
            nearest = (rank, one)
    picked = best[1] if best else nearest[1] if nearest else None
    if picked is None:
        return _nothing(allowed, tier, max_count)
    return priced(
        book, chosen, picked.accelerator, picked.count, workload, limits, picked.offer, spare_replicas, plan, tier
    )


def _nothing(allowed: set[str] | None, tier: str, max_count: int) -> Quote:
    names = ", ".join(sorted(allowed)) if allowed else "any accelerator"
    return Quote(
        kind="rental",
        label="no offer",
        fits=False,
        reason=f"unpriced: no {tier} offer of {names} with at most {max_count} cards passes the filter",
    )


def _cheapest_of(quotes: Sequence[Quote]) -> Quote | None:
    """The cheapest that keeps the limits; else the cheapest that fits; else the one with the least memory missing."""

    def rank(quote: Quote) -> tuple[int, float]:
        if quote.usd_per_month is None:
            return 2 + (not quote.fits), quote.memory_gib or math.inf
        return int(bool(quote.reason)), quote.usd_per_month.value

    return min(quotes, key=rank, default=None)


def _spot_extra(book: PriceBook, offer: Offer, needed: int, plan: bill.Preset, tier: str) -> float:
    """Dollars an hour that interruptions add."""
    if tier != "spot":
        return 0.0
    fallback = fallback_offer(book, offer, tier)
    dearer = max(0.0, fallback.usd_per_hour - offer.usd_per_hour) if fallback else 0.0
    extra = math.ceil(needed * plan.spot_extra_fraction) * offer.usd_per_hour
    return extra + needed * plan.spot_fallback_fraction * dearer


def _least_overshoot(chosen: Variant, one: Rentable, workload: Workload, limits: Limits) -> float:
    """By what factor the limits are exceeded by reading the weights once a token, whatever else happens."""
    lanes = one.count if chosen.engine.tensor_parallel else 1
    fitted = speed.constants(chosen.engine.name, one.accelerator.device_class)
    token_s = chosen.read_bytes / (lanes * fitted.efficiency * one.accelerator.bandwidth_gb_s * 1e9)
    over = token_s / limits.tpot_p95_s if limits.tpot_p95_s else 0.0
    return max(over, token_s * workload.output_tokens / limits.e2e_p95_s if limits.e2e_p95_s else 0.0)
