"""Rounded weights in a file as small as their bits say: packed codes, 16-bit scales, everything else in BF16.

A safetensors file whose metadata say ``rounded: 4 bits, groups of 128``. A matrix ``x`` is kept as ``x.codes``
(bytes of ``rounding.pack``) and ``x.scales`` (FP16, rows × groups).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from data.models.rounding import coded, pack, unpack


def save_packed(
    path: Path, weights: Mapping[str, Tensor], matrices: Collection[str], bits: int, group_size: int
) -> None:
    """Round the ``matrices`` among ``weights`` and write the file; a half-written one is never seen."""
    tensors: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if name in matrices:
            codes, scale = coded(weight, bits, group_size)
            tensors |= {f"{name}.codes": pack(codes, bits), f"{name}.scales": scale.squeeze(-1).to(torch.float16)}
        else:
            tensors[name] = weight.to(torch.bfloat16)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".tmp")
    # One entry: the order of several changes from run to run, and with it the bytes of the file.
    save_file(tensors, half, metadata={"rounded": f"{bits} bits, groups of {group_size}"})
    half.replace(path)


def load_packed(path: Path) -> dict[str, Tensor]:
    """All weights by name in FP32. Raises ``SafetensorError`` for a damaged file, ``ValueError`` for another format."""
    with safe_open(path, framework="pt") as file:
        about = re.fullmatch(r"(\d+) bits, groups of (\d+)", (file.metadata() or {}).get("rounded", ""))
        if not about:
            raise ValueError(f"{path.name} does not name its bits and group size: it is not a file of rounded weights")
        bits, group_size = map(int, about.groups())
        weights: dict[str, Tensor] = {}
        for name in file.keys():  # noqa: SIM118  # not a mapping
            matrix, _, part = name.rpartition(".")
            if part == "codes":
                scale = file.get_tensor(f"{matrix}.scales").float().unsqueeze(-1)
                codes = unpack(file.get_tensor(name), bits, scale.numel() * group_size)
                weights[matrix] = (codes.view(*scale.shape[:2], group_size) * scale).flatten(1)
            elif part != "scales":
                weights[name] = file.get_tensor(name).float()
    return weights
