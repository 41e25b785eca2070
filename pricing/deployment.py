"""Deployments: a variant on n cards, with its memory counted and its speed ready to be asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing import capacity, engines, formats, memory, models, speed
from pricing.accelerators import Accelerator
from pricing.capacity import Latency, Limits
from pricing.engines import Engine
from pricing.formats import Format
from pricing.memory import Memory
from pricing.models import Model
from pricing.speed import Pace, SpeedConstants
from pricing.workload import Workload


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
    """Look up a variant. Measured ``weight_bytes``, then whole-model ``bits_per_weight``, win over the formats table.

    Nominal bits (4 for a 4-bit format) say nothing of scales and 16-bit tensors, so there the table is used.
    """
    shape, stored = models.find(model), formats.find(quantization)
    for name, value, high in (("weight_bytes", weight_bytes, 1e14), ("bits_per_weight", bits_per_weight, 64.0)):
        if value is not None and not (math.isfinite(value) and 0 < value <= high):
            raise ValueError(
                f"{name} of {model} {quantization} is {value!r}; give a number above 0 and at most {high:g}"
            )
    measured = weight_bytes if weight_bytes is not None else None
    # Bits of the whole model cannot be below those of its layers: such a figure is the nominal width of a code.
    if measured is None and bits_per_weight is not None and bits_per_weight > stored.bits_per_weight:
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

    def alone(self) -> Latency | None:
        """Latency of one request with nothing else to do."""
        return capacity.latency(self.pace(), self.memory.max_sequences, self.workload.output_tokens, 0.0)

    def sized(self, limits: Limits, *, slowdown: float = 1.0) -> tuple[int, str, Latency | None, Pace]:
        """(replicas, why the limits cannot be kept or "", latency at the peak, pace)."""
        load, slots = self.workload, self.memory.max_sequences
        pace = self.pace(slowdown=slowdown, batch=min(slots, 8))
        for _ in range(3 if self.variant.model.experts else 1):
            needed, why = capacity.replicas(pace, slots, load.output_tokens, load.peak_requests_per_s, limits)
            if needed is None:
                needed, overload = capacity.replicas(
                    pace, slots, load.output_tokens, load.peak_requests_per_s, Limits()
                )
                if needed is None:
                    return 0, overload, None, pace
            seen = capacity.latency(pace, slots, load.output_tokens, load.peak_requests_per_s / needed)
            if self.variant.model.experts and seen:
                pace = self.pace(slowdown=slowdown, batch=seen.batch + 1)
        assert needed is not None
        return needed, why, seen, pace


def misfit(chosen: Variant, accelerator: Accelerator, count: int, workload: Workload) -> str:
    """Why the variant cannot be served there at all, before any memory is counted; "" where it can."""
    model, tokens = chosen.model, workload.prompt_tokens + workload.output_tokens
    if tokens > model.context_tokens:
        return f"{model.name} holds {model.context_tokens:,} tokens of context; a request here needs {tokens:,}"
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
            output_tokens=workload.output_tokens,
        ),
    )
