"""Speed of one replica: seconds per decoding step and per prompt, from constants fitted on measurements.

    step(B)   = max(bytes read / (n × e × bandwidth), 2 × parameters × B / (n × m × peak))
                + k × weights / shader rate + layers × (c + c_tp(n) + c_seq × B × log2 n)
    prompt(p) = operations(p) / (n × m × peak) + layers × (c + c_tp(n))
    first(B)  = fixed + factor × prompt × B^power + step(B): prompts of others in flight go first

A fixed cost per layer does most of the work beyond bytes over bandwidth. llama.cpp splits layers over cards, so more
cards add memory and no speed. Its kernels for a few requests and for many differ: a step of B takes the smaller of
``1 + batch_growth × (B − 1)`` and ``many_base + many_growth × B`` times that of one request.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from pricing import tables
from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.formats import Format
from pricing.models import Model


@dataclass(frozen=True, kw_only=True)
class SpeedConstants:
    """Fitted constants of one engine class on one device class, with their error on GPUs that were held out.

    ``*_log_q80`` and ``*_log_q90`` are quantiles of |ln(predicted / measured)|: the 80 % and 90 % bands.
    """

    engine: str
    device_class: str
    efficiency: float
    layer_us: float
    kernel_operations_per_weight: float
    nvlink_layer_us: float
    pcie_layer_us: float
    sequence_layer_us: float
    batch_growth: float
    many_base: float
    many_growth: float
    prompt_efficiency: float
    prompt_ceiling_tflops: float | None
    first_fixed_s: float
    first_factor: float
    first_power: float
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
    takes ``prompt_s``, None where the chip's rate is unknown."""

    read_s: float
    read_per_request_s: float
    compute_per_request_s: float
    fixed_s: float
    fixed_per_request_s: float
    prompt_s: float | None
    first_fixed_s: float = 0.0
    first_factor: float = 1.0
    first_power: float = 0.0
    many_read_s: float | None = None
    many_read_per_request_s: float = 0.0

    def first_s(self, batch: float) -> float | None:
        """Mean seconds to the first token with ``batch`` requests in flight, a free slot given."""
        if self.prompt_s is None:
            return None
        busy = self.first_factor * self.prompt_s * batch**self.first_power
        return self.first_fixed_s + max(self.prompt_s, busy) + self.step_s(batch)

    def step_s(self, batch: float) -> float:
        """Seconds of one decoding step of ``batch`` requests."""
        read = self.read_s + self.read_per_request_s * batch
        if self.many_read_s is not None:
            read = min(read, self.many_read_s + self.many_read_per_request_s * batch)
        return max(read, self.compute_per_request_s * batch) + self.fixed_s + self.fixed_per_request_s * batch


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
    unseen = ("edge", "amd") if fitted.device_class == "apple" else ("edge", "amd", "apple")
    if accelerator.device_class in unseen:
        return f"no calibration rows for {accelerator.device_class} devices on {fitted.engine}"
    if fmt.method == "bitsandbytes":
        return "bitsandbytes kernels are slower than the calibrated ones by an unmeasured factor"
    if fmt.bits_per_weight < 3.9 and fmt.engine == "vllm":
        return f"no calibration rows below 4 bits on {fitted.engine}"
    return ""


def read_fraction(model: Model, fmt: Format) -> float:
    """Share of the weight bytes that a step reads: all but the input embedding, of which it reads a row."""
    if model.tied_embeddings:
        return 1.0
    return 1 - model.embedding_parameters * fmt.embedding_bits / 8 / fmt.weight_bytes(model)


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
    lanes = count if engine.tensor_parallel else 1
    rate = lanes * fitted.efficiency * accelerator.bandwidth_gb_s * 1e9
    read_bytes = weight_bytes * read_fraction(model, fmt)
    if model.experts:
        share = model.expert_parameters * model.experts * fmt.bits_per_weight / 8 / fmt.weight_bytes(model)
        idle = 1 - model.touched_experts(batch) / model.experts
        read_bytes -= weight_bytes * share * idle
    layer_us, per_request_us = fitted.layer_us, 0.0
    if lanes > 1:
        hops = math.log2(lanes)
        layer_us += fitted.nvlink_layer_us * hops if accelerator.link == "nvlink" else fitted.pcie_layer_us
        per_request_us = fitted.sequence_layer_us * hops
    shader = accelerator.fp32_tflops
    kernel_s = 0.0
    if shader and fitted.kernel_operations_per_weight:
        kernel_s = fitted.kernel_operations_per_weight * model.active_linear_parameters / (shader * 1e12)
    fixed_s = model.layers * layer_us * 1e-6
    read_s = read_bytes / rate + kernel_s
    active = model.active_linear_parameters + model.embedding_parameters
    peak = accelerator.tflops(fmt.compute) if engine.tensor_parallel else accelerator.fp16_accumulate_tflops
    per_second = lanes * fitted.prompt_efficiency * peak * 1e12 if peak else None
    if per_second and fitted.prompt_ceiling_tflops:
        per_second = 1 / (1 / per_second + 1 / (lanes * fitted.prompt_ceiling_tflops * 1e12))
    read_per_request_s = model.kv_bytes(context_tokens) / rate
    many_read_s, many_per_request_s = None, 0.0
    if fitted.batch_growth:
        one_s = read_s + fixed_s
        many_read_s = (fitted.many_base * one_s - fixed_s) * slowdown
        many_per_request_s = (read_per_request_s + fitted.many_growth * one_s) * slowdown
        read_per_request_s += fitted.batch_growth * one_s
        read_s -= fitted.batch_growth * one_s
    prompt_s = None
    if per_second:
        operations = 2 * model.active_linear_parameters * prompt_tokens
        operations += 2 * model.layers * model.heads * model.head_dim * prompt_tokens**2
        prompt_s = operations / per_second + fixed_s
    return Pace(
        read_s=read_s * slowdown,
        read_per_request_s=read_per_request_s * slowdown,
        compute_per_request_s=(2 * active / per_second if per_second else 0.0) * slowdown,
        fixed_s=fixed_s * slowdown,
        fixed_per_request_s=model.layers * per_request_us * 1e-6 * slowdown,
        prompt_s=None if prompt_s is None else prompt_s * slowdown,
        first_fixed_s=fitted.first_fixed_s * slowdown,
        first_factor=fitted.first_factor,
        first_power=fitted.first_power,
        many_read_s=many_read_s,
        many_read_per_request_s=many_per_request_s,
    )
