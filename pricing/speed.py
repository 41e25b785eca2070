"""Speed of one replica: seconds per decoding step and per prompt, from constants fitted on measurements.

    step(B)   = max(bytes read / (n × e × bandwidth), 2 × parameters × B / (n × m × peak))
                + k × weights / shader rate + layers × (c + c_experts + c_link(n) + c_seq × B × log2 n)
    prompt(p) = operations(p) / (n × m × peak) + layers × (c + c_experts + c_link(n))
                + p × layers × (t + t_link × log2 n)
    first(B)  = fixed + prompt × (1 + share × (B − 1)) + steps × step(B)

A fixed cost per layer does most of the work beyond bytes over bandwidth. llama.cpp splits layers over cards, so more
cards add memory, pass long prompts like a pipeline, and decode no faster. Its kernels for a few requests and for many
differ: a step of B takes the smaller of ``1 + batch_growth × (B − 1)`` and ``many_base + many_growth × B`` times that
of one request.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pricing import tables, work
from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.formats import Format
from pricing.models import Model
from pricing.work import Work, read_fraction

__all__ = ["Pace", "SpeedConstants", "constants", "load", "outside_calibration", "pace", "paced", "read_fraction"]


@dataclass(frozen=True, kw_only=True)
class SpeedConstants:
    """Fitted constants of one engine on one device class, with their error on GPUs and models that were held out.

    ``wide`` weights have 16 bits or more; ``cache_factor`` multiplies the bytes of the KV cache.
    ``*_log_q80`` and ``*_log_q90`` are quantiles of |ln(predicted / measured)|: the 80 % and 90 % bands.
    """

    engine: str
    device_class: str
    efficiency: float
    cache_factor: float
    layer_us: float
    expert_layer_us: float
    kernel_operations_per_weight: float
    kernel_operations_per_wide_weight: float
    split_layer_us: float
    nvlink_layer_us: float
    pcie_layer_us: float
    pcie_card_layer_us: float
    sequence_layer_us: float
    batch_growth: float
    many_base: float
    many_growth: float
    prompt_efficiency: float
    prompt_ceiling_tflops: float | None
    token_layer_us: float
    token_hop_layer_us: float
    first_fixed_s: float
    first_steps: float
    first_share: float
    tpot_log_q80: float
    tpot_log_q90: float
    tpot_mape: float
    tpot_median: float
    ttft_log_q80: float
    ttft_log_q90: float
    ttft_mape: float
    ttft_median: float
    rows: int
    gpus: int
    smallest_parameters: float
    largest_parameters: float
    source: str = ""
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds of one replica: a step of B requests takes ``max(read_s + read_per_request_s × B, compute_per_request_s
    × B) + fixed_s + fixed_per_request_s × B``, the first of these no more than the line of ``many_read_s``; a prompt
    takes ``prompt_s``, None where the chip's rate is unknown. Arrays where the work is of many deployments."""

    read_s: Any
    read_per_request_s: Any
    compute_per_request_s: Any
    fixed_s: Any
    fixed_per_request_s: Any
    prompt_s: Any
    first_fixed_s: Any = 0.0
    first_steps: Any = 1.0
    first_share: Any = 0.0
    many_read_s: Any = None
    many_read_per_request_s: Any = 0.0

    def first_s(self, batch: Any) -> Any:
        """Mean seconds to the first token with ``batch`` requests in flight, a free slot given."""
        if self.prompt_s is None:
            return None
        busy = self.prompt_s * (1 + self.first_share * (batch - 1))
        return self.first_fixed_s + busy + self.first_steps * self.step_s(batch)

    def step_s(self, batch: Any) -> Any:
        """Seconds of one decoding step of ``batch`` requests."""
        read = self.read_s + self.read_per_request_s * batch
        if self.many_read_s is not None:
            read = _smaller(read, self.many_read_s + self.many_read_per_request_s * batch)
        return _larger(read, self.compute_per_request_s * batch) + self.fixed_s + self.fixed_per_request_s * batch


def _larger(first: Any, second: Any) -> Any:
    return np.maximum(first, second) if isinstance(first, np.ndarray) else max(first, second)


def _smaller(first: Any, second: Any) -> Any:
    return np.minimum(first, second) if isinstance(first, np.ndarray) else min(first, second)


@lru_cache(maxsize=1)
def load() -> dict[tuple[str, str], SpeedConstants]:
    """Fitted constants by (engine, device class); device class ``any`` is the fallback."""
    found = {}
    for row in tables.rows("speed"):
        numbers = {
            field: tables.number(text)
            for field, text in row.items()
            if field not in ("engine", "device_class", "source", "date", "rows", "gpus")
        }
        found[row["engine"], row["device_class"]] = SpeedConstants(
            engine=row["engine"],
            device_class=row["device_class"],
            rows=int(row["rows"]),
            gpus=int(row["gpus"]),
            source=row["source"],
            date=row["date"],
            **numbers,  # type: ignore[arg-type]
        )
    return found


def constants(engine: str, device_class: str) -> SpeedConstants:
    """Constants of an engine class on a device class."""
    table = load()
    return table.get((engine, device_class)) or table[engine, "any"]


def outside_calibration(model: Model, accelerator: Accelerator, fmt: Format, fitted: SpeedConstants) -> str:
    """Why a prediction leaves the calibrated range, "" where it stays inside."""
    if not fitted.smallest_parameters / 2 <= model.parameters <= fitted.largest_parameters * 2:
        low, high = fitted.smallest_parameters / 1e9, fitted.largest_parameters / 1e9
        return f"{model.parameters / 1e9:.3g} B parameters; calibrated on {low:.2g} to {high:.3g} B"
    if ":" in accelerator.name:
        return f"no calibration rows for slices of cards such as {accelerator.name}"
    unseen = ("edge", "amd") if fitted.device_class == "apple" else ("edge", "amd", "apple")
    if accelerator.device_class in unseen:
        return f"no calibration rows for {accelerator.device_class} devices on {fitted.engine}"
    if fmt.method == "bitsandbytes":
        return "bitsandbytes kernels are slower than the calibrated ones by an unmeasured factor"
    if fmt.bits_per_weight < 3.9 and fmt.engine == "vllm":
        return f"no calibration rows below 4 bits on {fitted.engine}"
    return ""


def pace(
    model: Model,
    fmt: Format,
    engine: Engine,
    accelerator: Accelerator,
    count: int,
    fitted: SpeedConstants,
    *,
    weight_bytes: float,
    prompt_tokens: float,
    context_tokens: float,
    batch: float = 1.0,
    slowdown: float = 1.0,
) -> Pace:
    """Pace of one replica of ``count`` cards. ``prompt_tokens`` are those to compute (not cached);
    ``context_tokens`` the mean context while decoding; ``batch`` sets how many experts a step reads;
    ``slowdown`` multiplies every time (the ends of the band)."""
    asked = work.of(
        model,
        fmt,
        engine,
        accelerator,
        count,
        weight_bytes=weight_bytes,
        prompt_tokens=prompt_tokens,
        context_tokens=context_tokens,
        batch=batch,
    )
    return paced(asked, fitted, slowdown=slowdown)


def paced(asked: Work, fitted: SpeedConstants, *, slowdown: Any = 1.0) -> Pace:
    """Seconds of the counted work; of arrays where the work is, the constants may then be arrays too."""
    rate = asked.lanes * fitted.efficiency * asked.bandwidth_bytes_s
    shared = asked.lanes > 1
    pcie_us = fitted.pcie_layer_us + fitted.pcie_card_layer_us * asked.lanes
    link_us = shared * (asked.nvlink * fitted.nvlink_layer_us * asked.hops + (1 - asked.nvlink) * pcie_us)
    fixed_s = asked.layers * (fitted.layer_us + link_us + fitted.split_layer_us * asked.split_hops) * 1e-6
    fixed_s = fixed_s + asked.expert_layers * fitted.expert_layer_us * 1e-6
    kernel = fitted.kernel_operations_per_weight * (1 - asked.wide)
    kernel = kernel + fitted.kernel_operations_per_wide_weight * asked.wide
    read_s = asked.read_bytes / rate + kernel * asked.parameters / asked.shader_operations_per_s
    read_per_request_s = fitted.cache_factor * asked.cache_bytes / rate
    per_second = asked.lanes * fitted.prompt_efficiency * asked.operations_per_s
    if fitted.prompt_ceiling_tflops:
        per_second = 1 / (1 / per_second + 1 / (asked.lanes * fitted.prompt_ceiling_tflops * 1e12))
    token_us = asked.layers * (fitted.token_layer_us + fitted.token_hop_layer_us * asked.hops)
    prompt_s: Any = asked.prompt_operations / per_second + fixed_s + asked.prompt_tokens * token_us * 1e-6
    prompt_s = prompt_s * asked.prompt_share
    compute_s: Any = asked.step_operations / per_second
    if not isinstance(prompt_s, np.ndarray) and math.isnan(prompt_s):
        prompt_s, compute_s = None, 0.0
    many_read_s, many_per_request_s = None, 0.0
    if fitted.batch_growth:
        one_s = read_s + fixed_s
        many_read_s = (fitted.many_base * one_s - fixed_s) * slowdown
        many_per_request_s = (read_per_request_s + fitted.many_growth * one_s) * slowdown
        read_per_request_s = read_per_request_s + fitted.batch_growth * one_s
        read_s = read_s - fitted.batch_growth * one_s
    return Pace(
        read_s=read_s * slowdown,
        read_per_request_s=read_per_request_s * slowdown,
        compute_per_request_s=compute_s * slowdown,
        fixed_s=fixed_s * slowdown,
        fixed_per_request_s=asked.layers * fitted.sequence_layer_us * asked.hops * 1e-6 * slowdown,
        prompt_s=None if prompt_s is None else prompt_s * slowdown,
        first_fixed_s=fitted.first_fixed_s * slowdown,
        first_steps=fitted.first_steps,
        first_share=fitted.first_share,
        many_read_s=many_read_s,
        many_read_per_request_s=many_per_request_s,
    )
