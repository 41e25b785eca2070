"""The quote of one variant on rented cards."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from pricing import bill, capacity, slices, speed
from pricing.accelerators import Accelerator
from pricing.capacity import Latency, Limits
from pricing.catalogue import PriceBook
from pricing.deployment import Variant, misfit, replica, variant
from pricing.explain import rental_facts, terms_facts
from pricing.memory import GIB
from pricing.offers import Offer
from pricing.quotes import Band, Quote, per_mtok, per_query
from pricing.serverless import Uptime, uptime
from pricing.workload import Workload

MOST_EXTRA = 2  # replicas at the slow end of the band, over those planned, that are bought to keep a latency limit
COLD_SHOWS = 0.05  # share of requests from which a wait is in the 95th percentile
UNCALIBRATED_LOG_WIDTH = math.log(2)  # added to the band outside the calibrated range: our default


def quote_rental(
    book: PriceBook,
    *,
    model: str,
    quantization: str,
    accelerator: str,
    workload: Workload,
    count: int = 1,
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
    """Quote one variant on ``count`` rented cards a replica, replicas sized by the peak load and the latency limits.

    The offer is the cheapest that passes provider, class, tier, region and commitment. Raises UnknownName for a name
    no table has, ValueError for numbers out of range.
    """
    if not (isinstance(count, int) and 1 <= count <= 72):
        raise ValueError(f"count is {count!r}; give a whole number of cards from 1 to 72")
    if not (isinstance(spare_replicas, int) and 0 <= spare_replicas <= 100):
        raise ValueError(f"spare_replicas is {spare_replicas!r}; give a whole number from 0 to 100")
    chosen = variant(
        model=model,
        quantization=quantization,
        engine=engine,
        weight_bytes=weight_bytes,
        bits_per_weight=bits_per_weight,
    )
    card = slices.find(accelerator)
    slices.check_count(card, count)
    if provider is not None:
        provider = book.check_provider(provider)
    offer = book.offer(
        card.name,
        count,
        provider=provider,
        provider_classes=provider_classes,
        tier=tier,
        region=region,
        max_commitment_months=max_commitment_months,
    )
    limits = Limits(ttft_p95_s=ttft_p95_s, tpot_p95_s=tpot_p95_s, e2e_p95_s=e2e_p95_s)
    return priced(book, chosen, card, count, workload, limits, offer, spare_replicas, bill.preset(preset), tier)


def priced(
    book: PriceBook,
    chosen: Variant,
    card: Accelerator,
    count: int,
    workload: Workload,
    limits: Limits,
    offer: Offer | None,
    spare_replicas: int,
    plan: bill.Preset,
    tier: str,
) -> Quote:
    label = f"{count}× {card.name} {card.memory_gib:.0f} GB" + (f", {offer.provider}" if offer else "")
    common: dict[str, Any] = {"kind": "rental", "accelerator": card.name, "count": count, "label": label}
    if offer is not None:
        common |= _offer_fields(offer, book.as_of)
    reason = misfit(chosen, card, count, workload)
    served = replica(chosen, card, count, workload)
    room = served.memory
    common["memory_available_gib"] = count * card.memory_gib
    if not reason and not room.fits:
        reason = (
            f"{chosen.format.label} of {chosen.model.name} needs {room.needed_bytes / GIB:.1f} GiB with one request; "
            f"{count}× {card.name} has {count * card.memory_gib:.1f} GiB, "
            f"{room.available_bytes / GIB:.1f} of them usable"
        )
    if reason:
        facts = rental_facts(served, offer, book.as_of, None, 0, 0)
        return Quote(fits=False, reason=reason, memory_gib=room.needed_bytes / GIB, facts=facts, **common)
    needed, why, seen, pace = served.sized(limits)
    outside = speed.outside_calibration(chosen.model, card, chosen.format, served.fitted)
    plan = replace(plan, spare_replicas=max(spare_replicas, plan.spare_replicas))
    common |= {"memory_gib": room.used_bytes(seen.batch if seen else 1) / GIB, "outside_calibration": bool(outside)}
    if needed == 0:
        facts = rental_facts(served, offer, book.as_of, pace, 0, plan.spare_replicas, outside=outside)
        return Quote(fits=True, reason=why, facts=facts, **common)
    widen = UNCALIBRATED_LOG_WIDTH if outside else 0.0
    factor = math.exp(served.fitted.tpot_log_q90 + widen)
    fast, _, fast_seen, _ = served.sized(limits, slowdown=1 / factor)
    slow, _, slow_seen, _ = served.sized(limits, slowdown=factor)
    if slow > MOST_EXTRA * needed:
        # Nobody buys a fleet to chase the last tenth of a second: there the line is missed and the bill stays near.
        slow, _, slow_seen, _ = served.sized(Limits(), slowdown=factor)
    if seen:
        common |= _latency_bands(seen, [fast_seen, slow_seen], math.exp(served.fitted.ttft_log_q90 + widen))
        common["e2e_p50_s"] = seen.e2e_p50_s
    fleet = plan.fleet(needed)
    mean_per_replica = workload.requests_per_month / (workload.hours_per_month * 3600) / fleet
    ceiling = capacity.requests_per_s(pace, room.max_sequences, workload.output_tokens)
    common |= {"replicas": fleet, "utilisation_fraction": mean_per_replica / ceiling}
    up: list[Uptime | None] = [None, None, None]
    if tier == "serverless":
        alone = served.alone()
        up = [
            uptime(
                workload,
                service_s=alone.e2e_p95_s * slowness,
                requests_per_s=capacity.MAX_UTILISATION * ceiling / slowness,
                idle_window_s=plan.idle_window_s,
                peak_containers=containers,
            )
            if alone
            else None
            for slowness, containers in ((1.0, needed), (1 / factor, min(fast, needed)), (factor, max(slow, needed)))
        ]
        why = "; ".join(filter(None, (why, *_cold(common, up[0], plan, limits))))
    fallback = fallback_offer(book, offer, tier)
    facts = rental_facts(
        served, offer, book.as_of, pace, needed, plan.spare_replicas, seen=seen, outside=outside, plan=plan
    ) + terms_facts(plan, tier, up[0], fallback)
    if offer is None or (tier == "serverless" and up[0] is None):
        unpriced = f"unpriced: no {tier} offer of {count}× {card.name} passes the filter"
        if slices.is_slice(card):
            unpriced += "; the tables price whole cards only, give your own price of the slice"
        if offer is not None:
            unpriced = "unpriced: without the speed of prompts the seconds billed are unknown"
        return Quote(fits=True, reason="; ".join(filter(None, (why, unpriced))), facts=facts, **common)
    found = [
        bill.parts_usd_per_month(
            usd_per_hour=offer.usd_per_hour,
            replicas=replicas,
            spare_replicas=plan.spare_replicas,
            weight_bytes=chosen.weight_bytes,
            workload=workload,
            plan=plan,
            tier=tier,
            fallback_usd_per_hour=fallback.usd_per_hour if fallback else None,
            uptime=hours,
        )
        for replicas, hours in zip((needed, min(fast, needed), max(slow, needed)), up, strict=True)
    ]
    usd, low, high = (sum(parts.values()) for parts in found)
    month = Band(value=usd, low=min(low, usd), high=max(high, usd))
    return Quote(
        fits=True,
        reason=why,
        usd_per_month=month,
        usd_per_query=per_query(month, workload),
        usd_per_mtok=per_mtok(month, workload),
        parts=found[0],
        facts=facts,
        **common,
    )


def _latency_bands(seen: Latency, ends: list[Latency | None], first: float) -> dict[str, Band]:
    """Bands of the three latencies: as seen at both ends of the speed, the first token by its own factor too."""
    found = {name: [getattr(one, name) for one in ends if one] for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s")}
    found["ttft_p95_s"] += [seen.ttft_p95_s / first, seen.ttft_p95_s * first]
    found["e2e_p95_s"] += [
        seen.e2e_p95_s - seen.ttft_p95_s * (1 - 1 / first),
        seen.e2e_p95_s + seen.ttft_p95_s * (first - 1),
    ]
    bands = {}
    for name, values in found.items():
        value = getattr(seen, name)
        bands[name] = Band(value=value, low=min(value, *values), high=max(value, *values))
    return bands


def _cold(common: dict[str, Any], up: Uptime | None, plan: bill.Preset, limits: Limits) -> list[str]:
    """Where more than one request in twenty starts a container, the 95th percentile waits for it."""
    if up is None or plan.spare_replicas or up.cold_fraction <= COLD_SHOWS or "ttft_p95_s" not in common:
        return []
    for name in ("ttft_p95_s", "e2e_p95_s"):
        band = common[name]
        common[name] = Band(
            value=band.value + plan.cold_start_s, low=band.low + plan.cold_start_s, high=band.high + plan.cold_start_s
        )
    line = limits.ttft_p95_s if limits.ttft_p95_s is not None else limits.e2e_p95_s
    if line is None or plan.cold_start_s <= line:
        return []
    return [f"{up.cold_fraction:.0%} of requests wait {plan.cold_start_s:g} s for a cold container, above {line:g} s"]


def fallback_offer(book: PriceBook, offer: Offer | None, tier: str) -> Offer | None:
    """Where to go when spot is gone: the same cards on demand, of the same provider where it sells them."""
    if offer is None or tier != "spot":
        return None
    same = book.offer(offer.accelerator, offer.count, provider=offer.provider)
    return same or book.offer(offer.accelerator, offer.count)


def _offer_fields(offer: Offer, as_of: date) -> dict[str, Any]:
    return {
        "provider": offer.provider,
        "offer": " ".join(filter(None, (offer.instance, offer.region, offer.terms))),
        "provider_class": offer.provider_class,
        "tier": offer.tier,
        "price_date": offer.date,
        "price_source": offer.source,
        "price_age_days": offer.age_days(as_of),
        "price_is_override": offer.is_override,
    }
