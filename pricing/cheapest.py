"""The cheapest rental that carries a workload within its latency limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pricing import bill, candidates, slices
from pricing.capacity import Limits
from pricing.catalogue import PriceBook
from pricing.deployment import Variant, variant
from pricing.enumeration import options
from pricing.quotes import Quote
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
    (found,) = cheapest_rentals(
        book,
        [chosen],
        workload=workload,
        limits=Limits(ttft_p95_s=ttft_p95_s, tpot_p95_s=tpot_p95_s, e2e_p95_s=e2e_p95_s),
        accelerators=accelerators,
        max_count=max_count,
        provider=provider,
        provider_classes=provider_classes,
        tier=tier,
        region=region,
        max_commitment_months=max_commitment_months,
        spare_replicas=spare_replicas,
        preset=preset,
    )
    return found


def cheapest_rentals(
    book: PriceBook,
    variants: Sequence[Variant],
    *,
    workload: Workload,
    limits: Limits,
    accelerators: Sequence[str] | None = None,
    max_count: int = 8,
    provider: str | None = None,
    provider_classes: Iterable[str] | None = None,
    tier: str = "on-demand",
    region: str | None = None,
    max_commitment_months: int | None = None,
    spare_replicas: int = 0,
    preset: str | bill.Preset = "pilot",
) -> list[Quote]:
    """:func:`cheapest_rental` of each variant, all asked at once: most of the time goes by once, not once for each."""
    names = None if accelerators is None else {slices.find(name).name for name in accelerators}
    try:
        known = candidates.of(
            book,
            variants,
            allowed=names,
            max_count=max_count,
            provider=provider,
            provider_classes=provider_classes,
            tiers=[tier],
            region=region,
            max_commitment_months=max_commitment_months,
        )
    except candidates.NoOffer:
        none = Quote(
            kind="rental",
            label="no offer",
            fits=False,
            reason=f"unpriced: no {tier} offer of {', '.join(sorted(names or ['any accelerator']))} with at most "
            f"{max_count} cards passes the filter",
        )
        return [none] * len(variants)
    found = options(known, workload, limits, spare_replicas=spare_replicas, preset=preset)
    best = found.cheapest_of_each()
    return [found.quote(found.nearest(row) if one is None else one) for row, one in enumerate(best)]
