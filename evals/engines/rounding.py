"""Round to nearest in groups: the baseline every tuned method should beat."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SCALE_BITS = 16


def round_to_nearest(weight: Tensor, bits: int, group_size: int) -> Tensor:
    """``weight`` (rows × columns, columns divisible by ``group_size``) on 2^bits symmetric levels per group.

    Same arithmetic as torchao 0.18's symmetric ``IntxWeightOnlyConfig``: codes −2^(b−1) … 2^(b−1)−1, one scale a group.
    """
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    rows, columns = weight.shape
    if columns % group_size:
        raise ValueError(
            f"rows of {columns} weights do not divide into groups of {group_size}; choose another group size"
        )
    grouped = weight.float().view(rows, columns // group_size, group_size)
    below = grouped.amin(-1, keepdim=True).clamp(max=0).abs()
    above = grouped.amax(-1, keepdim=True).clamp(min=0)
    scale = (torch.maximum(below, above) / ((high - low) / 2)).clamp(min=torch.finfo(torch.float32).eps)
    codes = (grouped * (1 / scale)).round().clamp(low, high)
    return (codes * scale).view_as(weight).to(weight.dtype)


def round_model(model: nn.Module, bits: int, group_size: int, embeddings_too: bool) -> float:
    """Round every linear layer in place (tied embeddings once, if asked); returns the stored size in bits.

    Stored size: codes plus one 16-bit scale a group for rounded tensors, 16 bits a weight for the others.
    """
    stored = 0.0
    seen: set[int] = set()
    embedding = model.get_input_embeddings().weight
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.data_ptr() in seen:
                continue
            seen.add(parameter.data_ptr())
            is_embedding = parameter.shape == embedding.shape and parameter.data_ptr() == embedding.data_ptr()
            if parameter.dim() != 2 or (is_embedding and not embeddings_too):
                stored += 16 * parameter.numel()
                continue
            parameter.copy_(round_to_nearest(parameter.data, bits, group_size))
            stored += parameter.numel() * (bits + SCALE_BITS / group_size)
    return stored
