"""Half-quadratic quantization through hqq itself (transformers 5 does not load it)."""

from __future__ import annotations

from typing import Any

import torch
from hqq.core.quantize import BaseQuantizeConfig, HQQLinear
from torch import nn

from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.stored import linear_names, require_whole_groups


def quantized(job: Job) -> Any:
    """Every linear layer but the output matrix replaced by packed codes, scales and zero points at 16 bits."""
    require_whole_groups(job.original, job.how.label, job.how.group_size)
    model = job.plain(job.arithmetic)
    recipe = BaseQuantizeConfig(nbits=int(job.how.nominal_bits), group_size=job.how.group_size, axis=1)
    for name in linear_names(job.original):
        parent, _, child = name.rpartition(".")
        layer = HQQLinear(model.get_submodule(name), recipe, compute_dtype=job.arithmetic, device=job.device)
        for each in ("scale", "zero"):
            layer.meta[each] = layer.meta[each].half()
        setattr(model.get_submodule(parent), child, layer)
    return model


def exportable(job: Job) -> Any:
    """The same weights unpacked: no other library reads the packed form from a folder."""
    model = job.plain(torch.float32)
    packed = quantized(job)
    with torch.no_grad():
        for name in linear_names(job.original):
            layer: nn.Linear = model.get_submodule(name)
            layer.weight.copy_(packed.get_submodule(name).dequantize())
    return model


def load(job: Job) -> LoadedVariant:
    """Packed in memory."""
    return finished(job, quantized(job))
