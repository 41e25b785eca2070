"""The cheapest rental that carries a workload within its latency limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pricing import bill, capacity, speed
from pricing.accelerators import find as find_accelerator
from pricing.capacity import Limits
from pricing.catalogue import PriceBook, Rentable
from pricing.deployment import Variant, misfit, replica, variant
from pricing.quotes import Quote
from pricing.rental import priced
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
    spare_replicas: int = 0,
    preset: str = "pilot",
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
    candidates = book.rentables(provider=provider, provider_classes=provider_classes, tier=tier)
    best: tuple[float, Rentable] | None = None
    nearest: tuple[tuple[float, float], Rentable] | None = None
    for one in candidates:
        if one.count > max_count or (allowed is not None and one.accelerator.name not in allowed):
            continue
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
                best = (one.offer.usd_per_hour * (needed + spare), one)
                continue
            if best:
                continue
            alone = served.alone()
            rank = (0.0, limits.overshoot(alone)) if alone else (1.0, 0.0)
        if nearest is None or rank < nearest[0]:
            nearest = (rank, one)
    picked = best[1] if best else nearest[1] if nearest else None
    if picked is None:
        names = ", ".join(sorted(allowed)) if allowed else "any accelerator"
        return Quote(
            kind="rental",
            label="no offer",
            fits=False,
            reason=f"unpriced: no {tier} offer of {names} with at most {max_count} cards passes the filter",
        )
    return priced(
        book, chosen, picked.accelerator, picked.count, workload, limits, picked.offer, spare_replicas, plan, tier
    )


def _least_overshoot(chosen: Variant, one: Rentable, workload: Workload, limits: Limits) -> float:
    """By what factor the limits are exceeded by reading the weights once a token, whatever else happens."""
    lanes = one.count if chosen.engine.tensor_parallel else 1
    fitted = speed.constants(chosen.engine.name, one.accelerator.device_class)
    token_s = chosen.read_bytes / (lanes * fitted.efficiency * one.accelerator.bandwidth_gb_s * 1e9)
    over = token_s / limits.tpot_p95_s if limits.tpot_p95_s else 0.0
    return max(over, token_s * workload.output_tokens / limits.e2e_p95_s if limits.e2e_p95_s else 0.0)
