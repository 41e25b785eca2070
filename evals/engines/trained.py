"""Weights trained for their rounding (QAT): what a model's folder brings for it, never made here."""

from __future__ import annotations

from typing import Any

import torch
from safetensors import SafetensorError

from data.models.packed import load_packed
from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.rounding import rounded_bits


def quantized(job: Job) -> Any:
    """The trained weights, held at full width."""
    path, name = job.local.trained_file(job.how.label), job.local.name
    if not path.exists():
        rounded = job.how.label.replace("qat", "rtn")
        raise ValueError(
            f"{name} has no weights trained for {job.how.label} (there is no {path.parent.name}/{path.name} in its "
            f"folder); choose {rounded}, which rounds the weights as they are, or a model that has them, as tiny-1m"
        )
    try:
        weights = load_packed(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} of {name} is damaged or cut short ({error}); copy it again") from error
    model = job.plain(torch.float32)
    own = {key: weight.shape for key, weight in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        own.pop("lm_head.weight", None)
    if {key: weight.shape for key, weight in weights.items()} != own:
        raise ValueError(f"{path.name} of {name} was trained for another architecture; train it again from {name}")
    model.load_state_dict(weights, strict=False)
    return model.to(job.arithmetic)


def load(job: Job) -> LoadedVariant:
    """Accuracy as stored, memory not."""
    bits = rounded_bits(job.original, int(job.how.nominal_bits), job.how.group_size, embeddings_too=False)
    return finished(job, quantized(job), stored_bits=bits)
