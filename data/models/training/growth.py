"""Grow a trained member into the next size without changing what it computes.

The smaller network becomes a block of the larger one. What is new reads with random weights and writes with zeros, so
the first forward pass gives the same logits and training decides what the new units are for (after Net2Net, Chen et
al. 2016, arXiv 1511.05641, and the zero-output growth of Gesmundo and Maile 2023, arXiv 2308.06103).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from data.models.training.network import Llama
from data.models.training.recipe import Size


def grow(network: Llama, size: Size, folder: Path, smaller: Size) -> None:
    """Copy the member in ``folder`` (of size ``smaller``) into the freshly initialized ``network``.

    Raises ``ValueError`` if the member does not fit inside, or if widths of heads differ.
    """
    if smaller.hidden // smaller.heads != size.hidden // size.heads:
        raise ValueError(f"{folder}: heads of another width cannot be grown")
    old = load_file(folder / "model.safetensors")
    # A zero half of the hidden vector halves its mean square; the norms put that right again.
    scale = (smaller.hidden / size.hidden) ** 0.5
    places = _places(smaller.layers, size.layers)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            source = _source(name, places)
            _fill(weight, None if source is None else old[source].float(), name, scale)


def _places(old: int, new: int) -> dict[int, int]:
    """Which old layer stands at which new place, the added ones spread behind them."""
    if new < old:
        raise ValueError(f"{old} layers do not fit into {new}")
    return {i * new // old: i for i in range(old)}


def _source(name: str, places: dict[int, int]) -> str | None:
    parts = name.split(".")
    if "layers" not in parts:
        return name
    at = parts.index("layers") + 1
    if int(parts[at]) not in places:
        return None
    parts[at] = str(places[int(parts[at])])
    return ".".join(parts)


def _fill(weight: Tensor, old: Tensor | None, name: str, scale: float) -> None:
    writes = "o_proj" in name or "down_proj" in name
    if old is None:
        if writes:
            weight.zero_()
    elif weight.dim() == 1:
        weight.fill_(float(old.mean()) * scale)
        weight[: len(old)] = old * scale
    else:
        rows, columns = old.shape
        if "embed" in name:
            weight[:, columns:] = 0
        elif writes:
            weight[:, columns:] = 0
            weight[rows:] = 0
        else:
            # Old units must not hear the new half before it means something.
            weight[:rows, columns:] = 0
        weight[:rows, :columns] = old
