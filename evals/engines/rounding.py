"""Round to nearest in groups: the baseline every tuned method should beat."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from data.models.rounding import round_to_nearest
from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.stored import head_names, require_whole_groups, unique

SCALE_BITS = 16


def quantized(job: Job) -> Any:
    """Rounded from FP32, held at full width."""
    require_whole_groups(job.original, job.how.label, job.how.group_size)
    model = job.plain(torch.float32)
    round_model(model, int(job.how.nominal_bits), job.how.group_size, job.how.embeddings_too)
    return model.to(job.arithmetic)


def load(job: Job) -> LoadedVariant:
    """Accuracy as stored, memory not."""
    how = job.how
    bits = rounded_bits(job.original, int(how.nominal_bits), how.group_size, how.embeddings_too)
    return finished(job, quantized(job), stored_bits=bits)


def round_model(model: nn.Module, bits: int, group_size: int | None, embeddings_too: bool) -> None:
    """Round every linear layer in place, the tied embeddings once if asked.

    The output matrix or classification head is left alone unless the embeddings are rounded too, as the other methods
    leave it.
    """
    with torch.no_grad():
        for matrix in matrices(model, embeddings_too):
            matrix.copy_(round_to_nearest(matrix.data, bits, group_size))


def rounded_bits(model: nn.Module, bits: int, group_size: int | None, embeddings_too: bool) -> float:
    """Stored size in bits: codes and one 16-bit scale a group for rounded matrices, 16 bits a weight for the rest."""
    rounded = matrices(model, embeddings_too)
    codes = sum(w.numel() * (bits + SCALE_BITS / (group_size or w.shape[1])) for w in rounded)
    return codes + 16 * (sum(w.numel() for w in unique(model.parameters())) - sum(w.numel() for w in rounded))


def matrices(model: nn.Module, embeddings_too: bool) -> list[Tensor]:
    """The weights that are rounded, each once."""
    heads = [model.get_submodule(name).weight for name in head_names(model)]
    ends = {weight.data_ptr() for weight in (model.get_input_embeddings().weight, *heads)}
    kinds = (nn.Linear, nn.Embedding) if embeddings_too else nn.Linear
    found = unique(m.weight for m in model.modules() if isinstance(m, kinds))
    return [w for w in found if embeddings_too or w.data_ptr() not in ends]
