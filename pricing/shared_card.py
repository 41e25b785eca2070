"""Two precisions of one model on the same cards: both held in memory, the time of the cards shared between them.

    busy seconds a request = calls of the first / ceiling of the first + share passed on / ceiling of the second
    replicas               = ceil(peak × busy seconds / 0.7)

Each precision runs as an engine of its own: weights, buffers and overhead count twice, and what is left for KV caches
is split by the requests each answers. Either is as slow as on cards that are this busy with it alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pricing import bill, capacity, speed
from pricing.capacity import Latency
from pricing.catalogue import PriceBook, Rentable
from pricing.deployment import Replica, Variant, misfit, replica
from pricing.memory import GIB
from pricing.quotes import Band, Fact, Quote, per_query
from pricing.rental import UNCALIBRATED_LOG_WIDTH
from pricing.workload import Workload

HOST_LINK_GB_S = 31.5  # PCI Express 4.0 with 16 lanes, one way
Keeps = Callable[[Latency, Latency], bool]


@dataclass(frozen=True, kw_only=True)
class SharedCards:
    """``whole`` is the bill of both; ``first`` and ``second`` hold the latency of each precision alone.

    ``swap_s`` is what bringing the second precision's weights over the host link takes at least, were only one held.
    """

    whole: Quote
    first: Quote
    second: Quote
    swap_s: float


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Both precisions on one kind of replica."""

    first: Replica
    second: Replica
    passed: float
    calls: float

    @property
    def slots(self) -> tuple[int, int]:
        """Requests at once of each; (0, 0) where not one of each fits."""
        one, two = self.first.memory, self.second.memory
        held = sum(m.weight_bytes + m.activation_bytes + m.overhead_bytes for m in (one, two))
        room = min(one.available_bytes, two.available_bytes) - held
        kv = max(one.kv_bytes_per_sequence, two.kv_bytes_per_sequence, 1.0)
        most = int(room // kv)
        if most < 2:
            return 0, 0
        later = min(max(1, round(most * self.passed / (self.calls + self.passed))), most - 1)
        return min(most - later, one.max_sequences), min(later, two.max_sequences)

    @property
    def needed_bytes(self) -> float:
        """Both with one request each."""
        return self.first.memory.needed_bytes + self.second.memory.needed_bytes

    def sized(self, keeps: Keeps, most: int, *, slowdown: float = 1.0) -> tuple[int, Latency, Latency] | None:
        """(fewest replicas up to ``most``, latency of each), as near to ``keeps`` as that many come; None if never."""
        load = self.first.workload
        paces = [one.pace(slowdown=slowdown, batch=min(n, 8)) for one, n in zip(self._both, self.slots, strict=True)]
        ceilings = [
            capacity.requests_per_s(pace, n, load.output_tokens) for pace, n in zip(paces, self.slots, strict=True)
        ]
        busy = load.peak_requests_per_s * (self.calls / ceilings[0] + self.passed / ceilings[1])
        fewest = max(1, math.ceil(busy / capacity.MAX_UTILISATION))
        if fewest > most:
            return None

        def at(count: int) -> tuple[int, Latency, Latency] | None:
            seen = [
                capacity.latency(pace, n, load.output_tokens, busy / count * ceiling)
                for pace, n, ceiling in zip(paces, self.slots, ceilings, strict=True)
            ]
            return (count, seen[0], seen[1]) if seen[0] and seen[1] else None

        tried = [fewest, *(math.ceil(fewest * growth) for growth in (1.25, 1.5, 2, 3, 4))]
        found = [one for count in dict.fromkeys(tried) if count <= most and (one := at(count))]
        return next((one for one in found if keeps(one[1], one[2])), found[0] if found else None)

    @property
    def _both(self) -> tuple[Replica, Replica]:
        return self.first, self.second


def quote_shared(
    book: PriceBook,
    *,
    first: Variant,
    second: Variant,
    passed_fraction: float,
    workload: Workload,
    keeps: Keeps,
    first_calls: float = 1.0,
    accelerators: Iterable[str] | None = None,
    max_count: int = 8,
    provider_classes: Sequence[str] | None = None,
    tier: str = "on-demand",
    preset: str | bill.Preset = "pilot",
) -> SharedCards | None:
    """The cheapest cards that hold both precisions and carry the load, those that ``keeps`` accepts first.

    The first precision is asked ``first_calls`` times for each request. None where no acceptable cards hold both.
    Raises ValueError for two different models.
    """
    if first.model.name != second.model.name:
        raise ValueError(f"{first.model.name} and {second.model.name} are two models; give two precisions of one")
    allowed = None if accelerators is None else set(accelerators)
    best: tuple[tuple[bool, float], SharedCards] | None = None
    for one in book.rentables(provider_classes=provider_classes, tier=tier):
        if one.count > max_count or (allowed is not None and one.accelerator.name not in allowed):
            continue
        if any(misfit(variant, one.accelerator, one.count, workload) for variant in (first, second)):
            continue
        replicas = [replica(variant, one.accelerator, one.count, workload) for variant in (first, second)]
        pair = _Pair(first=replicas[0], second=replicas[1], passed=passed_fraction, calls=first_calls)
        if pair.slots == (0, 0):
            continue
        found = _priced(pair, one, bill.preset(preset), keeps, tier)
        if found and (best is None or found[0] < best[0]):
            best = found
    return best[1] if best else None


def _priced(
    pair: _Pair, place: Rentable, plan: bill.Preset, keeps: Keeps, tier: str
) -> tuple[tuple[bool, float], SharedCards] | None:
    seen = pair.sized(keeps, capacity.MAX_REPLICAS)
    if seen is None:
        return None
    load, fitted = pair.first.workload, (pair.first.fitted, pair.second.fitted)
    outside = any(
        speed.outside_calibration(one.variant.model, place.accelerator, one.variant.format, one.fitted)
        for one in (pair.first, pair.second)
    )
    width = max(max(one.tpot_log_q90, one.ttft_log_q90) for one in fitted) + outside * UNCALIBRATED_LOG_WIDTH
    weights = pair.first.variant.weight_bytes + pair.second.variant.weight_bytes

    def usd(replicas: int) -> dict[str, float]:
        return bill.parts_usd_per_month(
            usd_per_hour=place.offer.usd_per_hour,
            replicas=replicas,
            spare_replicas=plan.spare_replicas,
            weight_bytes=weights,
            workload=load,
            plan=plan,
            tier=tier,
        )

    ends = [pair.sized(keeps, capacity.MAX_REPLICAS, slowdown=math.exp(side * width)) for side in (-1, 1)]
    parts = usd(seen[0])
    totals = [sum(usd(end[0]).values()) for end in ends if end]
    value = sum(parts.values())
    month = Band(value=value, low=min(value, *totals), high=max(value, *totals)) if totals else None
    label = f"{place.count}× {place.accelerator.name} {place.accelerator.memory_gib:.0f} GB, {place.offer.provider}"
    common: dict[str, Any] = {
        "accelerator": place.accelerator.name,
        "count": place.count,
        "label": label,
        "fits": True,
        "replicas": plan.fleet(seen[0]),
        "outside_calibration": outside,
    }
    first, second = (
        Quote(kind="rental", e2e_p50_s=middle.e2e_p50_s, e2e_p95_s=_band(middle, bounds), **common)
        for middle, bounds in (
            (seen[1], [end[1] for end in ends if end]),
            (seen[2], [end[2] for end in ends if end]),
        )
    )
    whole = Quote(
        kind="rental",
        provider=place.offer.provider,
        provider_class=place.offer.provider_class,
        tier=place.offer.tier,
        price_date=place.offer.date,
        price_source=place.offer.source,
        price_is_override=place.offer.is_override,
        memory_gib=pair.needed_bytes / GIB,
        memory_available_gib=place.count * place.accelerator.memory_gib,
        usd_per_month=month,
        usd_per_query=per_query(month, load) if month else None,
        parts=parts,
        facts=(
            Fact(name="held in memory", value=f"{weights / GIB:.1f} GiB of weights, both precisions"),
            Fact(name="requests at once", value=f"{pair.slots[0]} at the first precision, {pair.slots[1]} more"),
        ),
        **common,
    )
    link = place.accelerator.link_gb_s if place.accelerator.link == "pcie" else None
    swap = pair.second.variant.weight_bytes / ((link or HOST_LINK_GB_S) * 1e9)
    kept = keeps(seen[1], seen[2])
    return (not kept, value), SharedCards(whole=whole, first=first, second=second, swap_s=swap)


def _band(middle: Latency, ends: Sequence[Latency]) -> Band:
    values = [middle.e2e_p95_s, *(end.e2e_p95_s for end in ends)]
    return Band(value=middle.e2e_p95_s, low=min(values), high=max(values))
