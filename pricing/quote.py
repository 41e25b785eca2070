"""Quotes: option × workload → money, speed and memory, for one named offer or one API model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pricing import accelerators, api, bill, capacity, engines, formats, memory, models, speed
from pricing.accelerators import Accelerator
from pricing.capacity import Latency, Limits
from pricing.catalogue import PriceBook
from pricing.engines import Engine
from pricing.explain import api_facts, rental_facts
from pricing.formats import Format
from pricing.memory import GIB, Memory
from pricing.models import Model
from pricing.offers import STALE_AFTER_DAYS, Offer
from pricing.quotes import Band, Quote
from pricing.speed import Pace, SpeedConstants
from pricing.workload import Workload

UNCALIBRATED_LOG_WIDTH = math.log(2)  # added to the band outside the calibrated range: our default


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A model in one format, as it would be served; measured bytes replace computed ones."""

    model: Model
    format: Format
    engine: Engine
    weight_bytes: float
    bytes_measured: bool


def variant(
    *,
    model: str,
    quantization: str,
    engine: str | None = None,
    weight_bytes: float | None = None,
    bits_per_weight: float | None = None,
) -> Variant:
    """Look up a variant. Measured ``weight_bytes`` or whole-model ``bits_per_weight`` win over the formats table."""
    shape, stored = models.find(model), formats.find(quantization)
    for name, value, high in (("weight_bytes", weight_bytes, 1e14), ("bits_per_weight", bits_per_weight, 64.0)):
        if value is not None and not (math.isfinite(value) and 0 < value <= high):
            raise ValueError(f"{name} of {model} {quantization} is {value!r}; give a number above 0 and at most {high:g}")
    measured = weight_bytes if weight_bytes is not None else None
    if measured is None and bits_per_weight is not None:
        measured = bits_per_weight * shape.parameters / 8
    return Variant(
        model=shape,
        format=stored,
        engine=engines.find(engine or stored.engine),
        weight_bytes=stored.weight_bytes(shape) if measured is None else float(measured),
        bytes_measured=measured is not None,
    )


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One replica of a variant on ``count`` cards, ready to be asked how fast it is."""

    variant: Variant
    accelerator: Accelerator
    count: int
    memory: Memory
    fitted: SpeedConstants
    workload: Workload

    def pace(self, *, slowdown: float = 1.0, batch: float = 1.0) -> Pace:
        """Pace under the workload."""
        load = self.workload
        return speed.pace(
            self.variant.model,
            self.variant.format,
            self.variant.engine,
            self.accelerator,
            self.count,
            self.fitted,
            weight_bytes=self.variant.weight_bytes,
            prompt_tokens=load.prompt_tokens * (1 - load.cached_fraction),
            context_tokens=load.prompt_tokens + load.output_tokens / 2,
            batch=batch,
            slowdown=slowdown,
        )

    def sized(self, limits: Limits, *, slowdown: float = 1.0) -> tuple[int, str, Latency | None, Pace]:
        """(replicas, why the limits cannot be kept or "", latency at the peak, pace)."""
        load, slots = self.workload, self.memory.max_sequences
        pace = self.pace(slowdown=slowdown, batch=min(slots, 8))
        for _ in range(3 if self.variant.model.experts else 1):
            count, why = capacity.replicas(pace, slots, load.output_tokens, load.peak_requests_per_s, limits)
            if count is None:
                count, overload = capacity.replicas(pace, slots, load.output_tokens, load.peak_requests_per_s, Limits())
                if count is None:
                    return 0, overload, None, pace
            seen = capacity.latency(pace, slots, load.output_tokens, load.peak_requests_per_s / count)
            if self.variant.model.experts and seen:
                pace = self.pace(slowdown=slowdown, batch=seen.batch + 1)
        return count, why, seen, pace


def misfit(chosen: Variant, accelerator: Accelerator, count: int, workload: Workload) -> str:
    """Why the variant cannot be served there at all, before any memory is counted; "" where it can."""
    model, tokens = chosen.model, workload.prompt_tokens + workload.output_tokens
    if tokens > model.context_tokens:
        return f"{model.name} holds {model.context_tokens:,} tokens of context; a request of this workload needs {tokens:,}"
    if chosen.engine.tensor_parallel and model.heads % count:
        fits = [n for n in (1, 2, 4, 8) if not model.heads % n]
        return f"{count} cards do not divide the {model.heads} heads of {model.name}; use {', '.join(map(str, fits))}"
    return ""


def replica(chosen: Variant, accelerator: Accelerator, count: int, workload: Workload) -> Replica:
    """A replica with its memory counted."""
    return Replica(
        variant=chosen,
        accelerator=accelerator,
        count=count,
        workload=workload,
        fitted=speed.constants(chosen.engine.name, accelerator.device_class),
        memory=memory.of_replica(
            chosen.model,
            chosen.engine,
            accelerator,
            count,
            weight_bytes=chosen.weight_bytes,
            prompt_tokens=workload.prompt_tokens,
            sequence_tokens=workload.prompt_tokens + workload.output_tokens,
        ),
    )


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
    spare_replicas: int = 0,
    preset: str = "pilot",
) -> Quote:
    """Quote one variant on ``count`` rented cards a replica, replicas sized by the peak load and the latency limits.

    Raises UnknownName for a name no table has, ValueError for numbers out of range.
    """
    if not (isinstance(count, int) and 1 <= count <= 72):
        raise ValueError(f"count is {count!r}; give a whole number of cards from 1 to 72")
    if not (isinstance(spare_replicas, int) and 0 <= spare_replicas <= 100):
        raise ValueError(f"spare_replicas is {spare_replicas!r}; give a whole number from 0 to 100")
    chosen = variant(
        model=model, quantization=quantization, engine=engine, weight_bytes=weight_bytes, bits_per_weight=bits_per_weight
    )
    card = accelerators.find(accelerator)
    if provider is not None:
        provider = book.check_provider(provider)
    offer = book.offer(card.name, count, provider=provider, provider_classes=provider_classes, tier=tier)
    limits = Limits(ttft_p95_s=ttft_p95_s, tpot_p95_s=tpot_p95_s, e2e_p95_s=e2e_p95_s)
    return _rental(book, chosen, card, count, workload, limits, offer, spare_replicas, bill.preset(preset), tier)


def _rental(
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
            f"{count}× {card.name} has {count * card.memory_gib:.1f} GiB, of which {room.available_bytes / GIB:.1f} usable"
        )
    if reason:
        facts = rental_facts(served, offer, book.as_of, None, 0, 0)
        return Quote(fits=False, reason=reason, memory_gib=room.needed_bytes / GIB, facts=facts, **common)
    needed, why, seen, pace = served.sized(limits)
    outside = speed.outside_calibration(chosen.model, card, chosen.format, served.fitted)
    spare = max(spare_replicas, plan.spare_replicas)
    common |= {"memory_gib": room.used_bytes(seen.batch if seen else 1) / GIB, "outside_calibration": bool(outside)}
    if needed == 0:
        facts = rental_facts(served, offer, book.as_of, pace, 0, spare, outside=outside)
        return Quote(fits=True, reason=why, facts=facts, **common)
    widen = UNCALIBRATED_LOG_WIDTH if outside else 0.0
    factor = math.exp(served.fitted.tpot_log_q90 + widen)
    fast, _, fast_seen, _ = served.sized(limits, slowdown=1 / factor)
    slow, _, slow_seen, _ = served.sized(limits, slowdown=factor)
    low_replicas, high_replicas = min(fast, needed), max(slow, needed)
    if seen:
        first = math.exp(served.fitted.ttft_log_q90 + widen)
        ends = {
            name: [getattr(one, name) for one in (fast_seen, slow_seen) if one]
            for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s")
        }
        ends["ttft_p95_s"] += [seen.ttft_p95_s / first, seen.ttft_p95_s * first]
        ends["e2e_p95_s"] += [seen.e2e_p95_s - seen.ttft_p95_s * (1 - 1 / first), seen.e2e_p95_s + seen.ttft_p95_s * (first - 1)]
        for name, values in ends.items():
            value = getattr(seen, name)
            common[name] = Band(value=value, low=min(value, *values), high=max(value, *values))
    mean_per_replica = workload.requests_per_month / (workload.hours_per_month * 3600) / needed
    ceiling = capacity.requests_per_s(pace, room.max_sequences, workload.output_tokens)
    common |= {"replicas": needed + spare, "utilisation_fraction": mean_per_replica / ceiling}
    facts = rental_facts(served, offer, book.as_of, pace, needed, spare, seen=seen, outside=outside, plan=plan)
    if offer is None:
        unpriced = f"unpriced: no {tier} offer of {count}× {card.name} passes the filter"
        return Quote(fits=True, reason="; ".join(filter(None, (why, unpriced))), facts=facts, **common)

    def parts(replicas: int) -> dict[str, float]:
        return bill.parts_usd_per_month(
            usd_per_hour=offer.usd_per_hour,
            replicas=replicas,
            spare_replicas=spare,
            weight_bytes=chosen.weight_bytes,
            workload=workload,
            plan=plan,
        )

    month = Band(
        value=sum(parts(needed).values()), low=sum(parts(low_replicas).values()), high=sum(parts(high_replicas).values())
    )
    return Quote(
        fits=True,
        reason=why,
        usd_per_month=month,
        usd_per_query=_per_query(month, workload),
        parts=parts(needed),
        facts=facts,
        **common,
    )


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
    from pricing import accelerators as cards

    chosen = variant(
        model=model, quantization=quantization, engine=engine, weight_bytes=weight_bytes, bits_per_weight=bits_per_weight
    )
    plan = bill.preset(preset)
    limits = Limits(ttft_p95_s=ttft_p95_s, tpot_p95_s=tpot_p95_s, e2e_p95_s=e2e_p95_s)
    allowed = None if accelerators is None else {cards.find(name).name for name in accelerators}
    if provider is not None:
        provider = book.check_provider(provider)
    spare = max(spare_replicas, plan.spare_replicas)
    candidates = book.rentables(provider=provider, provider_classes=provider_classes, tier=tier)
    best: tuple[float, Any] | None = None
    nearest: tuple[tuple[float, float], Any] | None = None
    for one in candidates:
        if one.count > max_count or (allowed is not None and one.accelerator.name not in allowed):
            continue
        if best and one.offer.usd_per_hour * (1 + spare) >= best[0]:
            break
        rank: tuple[float, float]
        served = replica(chosen, one.accelerator, one.count, workload)
        if misfit(chosen, one.accelerator, one.count, workload):
            rank = (3.0, 0.0)
        elif not served.memory.fits:
            rank = (2.0, served.memory.needed_bytes - served.memory.available_bytes)
        else:
            needed, why, seen, _ = served.sized(limits)
            hourly = one.offer.usd_per_hour * (needed + spare)
            if needed and not why:
                if best is None or hourly < best[0]:
                    best = (hourly, one)
                continue
            rank = (0.0, _overshoot(limits, seen)) if seen else (1.0, 0.0)
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
    return _rental(
        book, chosen, picked.accelerator, picked.count, workload, limits, picked.offer, spare_replicas, plan, tier
    )


def quote_api(book: PriceBook, *, provider: str, model: str, workload: Workload) -> Quote:
    """Quote an API model: one request priced at the book's date, times the requests. Latency stays unknown."""
    price = api.price_request(
        provider=provider,
        model=model,
        prompt_tokens=workload.prompt_tokens,
        output_tokens=workload.output_tokens,
        cached_fraction=workload.cached_fraction,
        as_of=book.as_of,
        overrides=book.api_overrides,
    )
    if price is None:
        reason = f"unpriced: {provider} lists {model} without a price on {book.as_of.isoformat()}"
        return Quote(kind="api", label=f"{provider} API", fits=True, provider=provider, offer=model, reason=reason)
    month = float(price.usd_per_request) * workload.requests_per_month
    band = Band(value=month, low=month, high=month)
    return Quote(
        kind="api",
        label=f"{price.provider_name} API",
        fits=True,
        provider=price.provider_name,
        offer=price.model,
        price_date=price.date,
        price_source=price.source,
        price_age_days=(book.as_of - date.fromisoformat(price.date)).days,
        price_is_override=price.is_override,
        usd_per_month=band,
        usd_per_query=_per_query(band, workload),
        parts={"api": month},
        facts=api_facts(price, workload),
    )


def _overshoot(limits: Limits, seen: Latency) -> float:
    """By what factor the worst limit is exceeded."""
    return max(
        getattr(seen, name) / limit
        for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s")
        if (limit := getattr(limits, name)) is not None
    )


def _per_query(month: Band, workload: Workload) -> Band:
    n = workload.requests_per_month
    return Band(value=month.value / n, low=month.low / n, high=month.high / n)


def _offer_fields(offer: Offer, as_of: date) -> dict[str, Any]:
    return {
        "provider": offer.provider,
        "offer": " ".join(filter(None, (offer.instance, offer.region, offer.tier))),
        "price_date": offer.date,
        "price_source": offer.source,
        "price_age_days": offer.age_days(as_of),
        "price_is_override": offer.is_override,
    }


__all__ = ["STALE_AFTER_DAYS", "cheapest_rental", "quote_api", "quote_rental", "variant"]
