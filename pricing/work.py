"""Work: what one decoding step and one prompt ask of the cards, counted before any fitted constant.

Every field is a number, or, where many deployments are asked at once, an array of one length: ``speed`` is plain
arithmetic on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.formats import Format
from pricing.models import Model

FP4_UNITS = ("B200", "B300", "GB200", "GB300", "RTX5090", "RTXPRO6000")  # Blackwell: FP4 at twice the FP8 rate


@dataclass(frozen=True, kw_only=True)
class Work:
    """Counts of one replica; bytes and operations are of all its cards together.

    ``lanes`` cards share each layer (1 where layers are split over cards instead: ``split_hops`` is then log2 of the
    cards, and pieces of a prompt pass the cards like a pipeline, in ``prompt_share`` of the time of one card);
    ``hops`` is log2 of the lanes. ``cache_bytes`` and ``step_operations`` are per request, the cache at the
    mean context, ``read_bytes`` the weights a step reads. ``wide`` is 1 where weights keep 16 bits or more. Rates
    are of one card; ``operations_per_s`` is NaN where unknown, ``shader_operations_per_s`` infinite.
    """

    lanes: Any
    hops: Any
    split_hops: Any
    nvlink: Any
    layers: Any
    expert_layers: Any
    read_bytes: Any
    cache_bytes: Any
    parameters: Any
    wide: Any
    step_operations: Any
    prompt_operations: Any
    prompt_tokens: Any
    prompt_share: Any
    bandwidth_bytes_s: Any
    operations_per_s: Any
    shader_operations_per_s: Any


def stacked(works: Sequence[Work]) -> Work:
    """Many deployments as one Work of arrays."""
    return Work(**{field.name: np.array([getattr(one, field.name) for one in works], float) for field in fields(Work)})


def read_fraction(model: Model, fmt: Format) -> float:
    """Share of the weight bytes that a step reads: all but the input embedding, of which it reads a row."""
    if model.tied_embeddings:
        return 1.0
    return 1 - model.embedding_parameters * fmt.embedding_bits / 8 / fmt.weight_bytes(model)


def read_bytes(model: Model, fmt: Format, weight_bytes: float, batch: Any) -> Any:
    """Weight bytes of one step of ``batch`` requests: of a mixture, only the experts that the batch touches."""
    read = weight_bytes * read_fraction(model, fmt)
    if not model.experts:
        return read
    share = model.expert_parameters * model.experts * fmt.bits_per_weight / 8 / fmt.weight_bytes(model)
    idle = 1 - model.touched_experts(batch) / model.experts
    return read - weight_bytes * share * idle


def peak_tflops(fmt: Format, engine: Engine, accelerator: Accelerator) -> float | None:
    """The rate a prompt is computed at: the format's, or FP16 with FP16 accumulation on llama.cpp."""
    if not engine.tensor_parallel:
        return accelerator.fp16_accumulate_tflops
    peak = accelerator.tflops(fmt.compute)
    return 2 * peak if peak and fmt.label == "nvfp4" and accelerator.name.partition(":")[0] in FP4_UNITS else peak


def of_cards(engine: Engine, accelerator: Accelerator, count: int) -> Mapping[str, float]:
    """The part of the work that the cards alone decide."""
    lanes, shader = count if engine.tensor_parallel else 1, accelerator.fp32_tflops
    return {
        "lanes": lanes,
        "hops": math.log2(lanes),
        "split_hops": math.log2(count / lanes),
        "nvlink": 1.0 if accelerator.link == "nvlink" else 0.0,
        "bandwidth_bytes_s": accelerator.bandwidth_gb_s * 1e9,
        "shader_operations_per_s": shader * 1e12 if shader else math.inf,
    }


def of(
    model: Model,
    fmt: Format,
    engine: Engine,
    accelerator: Accelerator,
    count: int,
    *,
    weight_bytes: float,
    prompt_tokens: float,
    context_tokens: float,
    batch: float = 1.0,
) -> Work:
    """Work of one replica of ``count`` cards. ``prompt_tokens`` are those to compute (not cached);
    ``context_tokens`` the mean context while decoding; ``batch`` sets how many experts a step reads."""
    lanes = count if engine.tensor_parallel else 1
    active = model.active_linear_parameters
    operations = 2 * active * prompt_tokens + 2 * model.layers * model.heads * model.head_dim * prompt_tokens**2
    pieces = max(1.0, prompt_tokens / engine.prompt_chunk_tokens)
    stages = 1 if engine.tensor_parallel else count
    peak = peak_tflops(fmt, engine, accelerator)
    return Work(
        **of_cards(engine, accelerator, count),
        layers=model.layers,
        expert_layers=model.layers - model.dense_layers if model.experts else 0,
        read_bytes=read_bytes(model, fmt, weight_bytes, batch),
        cache_bytes=model.kv_bytes(context_tokens) * model.kv_copies(lanes),
        parameters=active,
        wide=1.0 if fmt.bits_per_weight >= 16 else 0.0,
        step_operations=2 * (active + model.embedding_parameters),
        prompt_operations=operations,
        prompt_tokens=prompt_tokens,
        prompt_share=(pieces + stages - 1) / (pieces * stages),
        operations_per_s=peak * 1e12 if peak else math.nan,
    )
