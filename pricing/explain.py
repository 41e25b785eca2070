"""The inputs of a quote as facts: each with its value in words and where it comes from."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pricing import bill, capacity
from pricing.api import ApiPrice
from pricing.api_prices import retirement
from pricing.memory import GIB
from pricing.offers import STALE_AFTER_DAYS, Offer
from pricing.quotes import Fact
from pricing.workload import Workload

if TYPE_CHECKING:
    from pricing.capacity import Latency
    from pricing.deployment import Replica
    from pricing.serverless import Uptime
    from pricing.speed import Pace


def rental_facts(
    served: Replica,
    offer: Offer | None,
    as_of: date,
    pace: Pace | None,
    replicas: int,
    spare: int,
    *,
    seen: Latency | None = None,
    outside: str = "",
    plan: bill.Preset | None = None,
) -> tuple[Fact, ...]:
    """Facts of a rental quote, in the order of the calculation."""
    facts = [*_variant_facts(served), *_memory_facts(served)]
    if pace is not None:
        facts += _speed_facts(served, pace, replicas, seen, outside)
    if replicas:
        load = served.workload
        facts.append(
            Fact(
                name="Replicas",
                value=f"{replicas} for {load.peak_requests_per_s:.3g} requests/s in the busiest hour "
                f"({load.peak_to_mean:g} × the mean), at most {capacity.MAX_UTILISATION:.0%} busy"
                + (f"; {spare} spare" if spare else "; no spare")
                + (f", in each of {plan.regions} regions" if plan and plan.regions > 1 else ""),
                source="fewest that carry the peak within the latency limits",
            )
        )
    if offer is not None:
        facts.append(_offer_fact(offer, as_of))
    if plan is not None:
        facts.append(
            Fact(
                name="Besides the cards",
                value=f"{plan.people_hours_per_month:g} h of people at ${plan.people_usd_per_hour:g}; storage "
                f"${plan.storage_usd_per_gb_month:g}/GB-month × {plan.copies_stored} copies"
                + (f" and {plan.log_months:g} months of logs" if plan.log_months else "")
                + f"; egress ${plan.egress_usd_per_gb:g}/GB"
                + (f"; ${plan.fixed_usd_per_month:g} fixed" if plan.fixed_usd_per_month else "")
                + (f"; {plan.regions} regions" if plan.regions > 1 else "")
                + (f"; {plan.discount_fraction:.0%} discount of yours" if plan.discount_fraction else ""),
                source=f"preset {plan.name}: {plan.source}; storage and egress at {bill.AWS_LIST}",
            )
        )
    return tuple(facts)


def terms_facts(plan: bill.Preset, tier: str, up: Uptime | None, fallback: Offer | None) -> tuple[Fact, ...]:
    """What the offer's terms add to the bill: spot and serverless have their own."""
    if tier == "spot":
        there = (
            f"{plan.spot_fallback_fraction:.0%} of the hours on demand at ${fallback.usd_per_hour:,.3f}/h from "
            f"{fallback.provider}"
            if fallback
            else "no on-demand price of these cards is known, so the hours without spot are not in the bill"
        )
        return (
            Fact(
                name="Interruptions",
                value=f"{plan.spot_extra_fraction:.0%} more replicas for those being replaced; {there}",
                source=bill.TERMS["spot_fallback_fraction"][3],
            ),
        )
    if up is None:
        return ()
    return (
        Fact(
            name="Containers",
            value=f"{up.busy_hours:,.1f} h at work, {up.idle_hours:,.1f} h waiting {plan.idle_window_s:g} s for the "
            f"next request, {up.cold_starts:,.0f} cold starts of {plan.cold_start_s:g} s; {up.cold_fraction:.1%} of "
            "requests find no container",
            source=f"requests at random at the mean rate; cold start: {bill.TERMS['cold_start_s'][3]}",
        ),
    )


def _variant_facts(served: Replica) -> list[Fact]:
    model, stored, chosen = served.variant.model, served.variant.format, served.variant
    shape = f"{model.parameters / 1e9:,.3f} B parameters, {model.layers} layers, {model.heads}/{model.kv_heads} heads"
    if model.experts:
        shape += f", {model.experts_per_token} of {model.experts} experts"
    bits = chosen.weight_bytes * 8 / model.parameters
    kept = f"; {stored.kept_16_bit} kept at 16 bits" if stored.kept_16_bit and stored.bits_per_weight < 16 else ""
    origin = "as measured" if chosen.bytes_measured else stored.source
    card = served.accelerator
    return [
        Fact(name="Model", value=shape, source=model.source, date=model.date),
        Fact(
            name="Quantization",
            value=f"{stored.label}: {chosen.weight_bytes / GIB:.2f} GiB, {bits:.2f} bits a weight over the model{kept}",
            source=origin,
            date=stored.date,
        ),
        Fact(
            name="Engine class", value=chosen.engine.description, source=chosen.engine.source, date=chosen.engine.date
        ),
        Fact(
            name="Accelerator",
            value=f"{served.count}× {card.description}: {card.memory_gib:g} GiB usable, {card.bandwidth_gb_s:,g} GB/s, "
            + (f"{card.fp16_tflops:g} dense FP16 TFLOPS each" if card.fp16_tflops else "arithmetic rate unknown"),
            source=card.source,
            date=card.date,
        ),
    ]


def _memory_facts(served: Replica) -> list[Fact]:
    room = served.memory
    text = (
        f"weights {room.weight_bytes / GIB:.2f} + KV cache {room.kv_bytes_per_sequence / GIB:.2f} a request + buffers "
        f"{room.activation_bytes / GIB:.2f} + engine {room.overhead_bytes / GIB:.2f} = "
        f"{room.needed_bytes / GIB:.2f} GiB with one request, of {room.available_bytes / GIB:.1f} usable"
    )
    fits = f"; {room.max_sequences} requests at once" if room.fits else "; does not fit"
    return [Fact(name="Memory", value=text + fits, source="counted from the shapes; KV cache at 16 bits")]


def _speed_facts(served: Replica, pace: Pace, replicas: int, seen: Latency | None, outside: str) -> list[Fact]:
    fitted, slots = served.fitted, served.memory.max_sequences
    per_month = capacity.requests_per_s(pace, slots, served.workload.output_tokens)
    prompt = "unknown" if pace.prompt_s is None else f"{pace.prompt_s:.3g} s"
    alone = f"one request: prompt {prompt}, {1 / pace.step_s(1):,.1f} tokens/s; "
    alone += f"all {slots} slots: {slots / pace.step_s(slots):,.0f}"
    facts = [
        Fact(
            name="Speed of a replica",
            value=f"{alone} tokens/s, {per_month:.3g} requests/s at most",
            source=f"{fitted.efficiency:.2f} of the bandwidth + {fitted.layer_us:.0f} µs a layer; {fitted.source}",
            date=fitted.date,
        ),
        Fact(
            name="Held-out error",
            value=f"time per token {fitted.tpot_mape:.0%} mean, {fitted.tpot_median:.0%} median; first token "
            f"{fitted.ttft_mape:.0%} mean, {fitted.ttft_median:.0%} median; the band is its 90 % band"
            + ("" if served.variant.format.calibrated else f"; no row of {served.variant.format.label} among them"),
            source=f"{fitted.rows} measured rows, each GPU of {fitted.gpus} predicted from the others",
            date=fitted.date,
        ),
    ]
    if seen and replicas:
        facts.append(
            Fact(
                name="Under the peak load",
                value=f"{seen.batch:.1f} requests in flight on each of {replicas}, {seen.utilisation_fraction:.0%} of "
                "its limit; every request taken at the workload's prompt and output size",
                source="continuous batching fixed point with random arrivals",
            )
        )
    if outside:
        facts.append(Fact(name="Outside calibration", value=f"{outside}; the band is doubled", source="our rule"))
    return facts


def _offer_fact(offer: Offer, as_of: date) -> Fact:
    age = offer.age_days(as_of)
    text = f"{offer.provider} ({offer.provider_class}) {offer.count}× {offer.accelerator} "
    text += f"at ${offer.usd_per_hour:,.3f}/h {offer.terms}"
    text += f", {offer.instance}" if offer.instance else ""
    text += f", {offer.region}" if offer.region else ""
    text += f"; {offer.note}" if offer.note else ""
    if age > STALE_AFTER_DAYS:
        text += f"; the price is {age} days old"
    return Fact(
        name="Your own price" if offer.is_override else "Offer",
        value=text,
        source=offer.source,
        url=offer.url,
        date=offer.date,
    )


def api_facts(
    price: ApiPrice, workload: Workload, as_of: date, *, image_tokens: int = 0, image_source: str = ""
) -> tuple[Fact, ...]:
    """Facts of an API quote."""
    rates = f"${price.input_usd_per_mtok}/{price.output_usd_per_mtok} per million tokens in/out"
    rates += " in batches" if price.batch else ""
    if price.cached_usd_per_mtok is not None:
        rates += f", ${price.cached_usd_per_mtok} cached"
    elif workload.cached_fraction:
        rates += ", cached tokens at the full rate (none is listed for them)"
    origin = {"source": price.source, "url": price.url, "date": price.date}
    resolved = f" (asked for {price.asked})" if price.asked and price.asked != price.model else ""
    size = f"{workload.prompt_tokens:,}" + (f" + {image_tokens:,} image" if image_tokens else "")
    age = (as_of - date.fromisoformat(price.date)).days
    stale = f"; the price is {age} days old" if age > STALE_AFTER_DAYS else ""
    facts = [
        Fact(name="API model", value=f"{price.provider} / {price.model}{resolved}", **origin),
        Fact(
            name="Your own price" if price.is_override else "Price",
            value=f"{rates}; ${price.usd_per_request:.6f} a request of {size} → {workload.output_tokens:,} tokens"
            + stale,
            **origin,
        ),
    ]
    if image_tokens:
        facts.append(Fact(name="Images", value=f"{image_tokens:,} prompt tokens a request", source=image_source))
    if price.tiers:
        steps = "; ".join(f"above {start:,} prompt tokens ${into}/{out}" for start, into, out in price.tiers[1:])
        facts.append(Fact(name="Tiers", value=f"by the tokens of one request: {steps}", **origin))
    if price.by_hour:
        facts.append(Fact(name="Hour", value="the price depends on the hour; this one is of 12:00 UTC", **origin))
    if off := retirement(price.provider, price.model):
        verb = "turned" if off <= as_of else "turns"
        facts.append(
            Fact(name="End of life", value=f"the seller {verb} it off on {off.isoformat()}", source="LiteLLM 1.109.1")
        )
    elif price.deprecated:
        facts.append(Fact(name="End of life", value="the seller calls it deprecated", **origin))
    if price.note:
        facts.append(Fact(name="Note", value=price.note, **origin))
    return (*facts, Fact(name="Latency", value="not known: no measurement of this API is in the tables"))
