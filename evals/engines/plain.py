"""The model as it is, at 32 or 16 bits."""

from __future__ import annotations

from typing import Any

import torch

from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job


def quantized(job: Job) -> Any:
    """Weights rounded to the format named; computed with in 16 bits where the hardware can, in 32 otherwise."""
    model = job.original
    if job.how.nominal_bits == 16:
        half = torch.float16 if job.how.label == "fp16" else torch.bfloat16
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.to(half))
    return model


def load(job: Job) -> LoadedVariant:
    """The model itself."""
    return finished(job, quantized(job))
