"""Round to nearest in groups: the arithmetic that trained and merely rounded weights share, and how codes are packed.

Same arithmetic as torchao 0.18's symmetric ``IntxWeightOnlyConfig``: codes −2^(b−1) … 2^(b−1)−1, one scale a group.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def coded(weight: Tensor, bits: int, group_size: int | None) -> tuple[Tensor, Tensor]:
    """Codes (rows × groups × group size, whole numbers as FP32) and scales (rows × groups × 1) of a matrix.

    ``group_size`` None gives every row one scale. Raises ``ValueError`` where rows do not divide into groups.
    """
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    rows, columns = weight.shape
    group_size = group_size or columns
    if columns % group_size:
        raise ValueError(
            f"rows of {columns} weights do not divide into groups of {group_size}; choose another group size"
        )
    grouped = weight.float().view(rows, columns // group_size, group_size)
    below = grouped.amin(-1, keepdim=True).clamp(max=0).abs()
    above = grouped.amax(-1, keepdim=True).clamp(min=0)
    scale = (torch.maximum(below, above) / ((high - low) / 2)).clamp(min=torch.finfo(torch.float32).eps)
    return (grouped * (1 / scale)).round().clamp(low, high), scale


def round_to_nearest(weight: Tensor, bits: int, group_size: int | None) -> Tensor:
    """``weight`` (rows × columns) on 2^bits symmetric levels per group."""
    codes, scale = coded(weight, bits, group_size)
    return (codes * scale).view_as(weight).to(weight.dtype)


def pack(codes: Tensor, bits: int) -> Tensor:
    """Codes as bytes, ``bits`` bits each, the first code in the highest bits."""
    positive = (codes.flatten() + 2 ** (bits - 1)).to(torch.uint8).numpy()
    return torch.from_numpy(np.packbits(np.unpackbits(positive[:, None], axis=1)[:, 8 - bits :]))


def unpack(packed: Tensor, bits: int, count: int) -> Tensor:
    """The first ``count`` codes of ``pack``, flat."""
    columns = np.unpackbits(packed.numpy(), count=count * bits).reshape(count, bits)
    weights = 1 << np.arange(bits - 1, -1, -1)
    return torch.from_numpy((columns @ weights).astype(np.float32) - 2 ** (bits - 1))
