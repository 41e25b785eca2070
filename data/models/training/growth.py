"""Grow a trained member into the next size without changing what it computes.

The smaller network becomes a block of the larger one. What is new writes zeros, so the first forward pass gives the
same logits and training decides what the new units are for. A new layer reads like the one it follows (as in the
stacking of Gong et al. 2019, PMLR 97), so that what one layer looks up the next can look up again; new units within a
layer read with random weights (after Net2Net, Chen et
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
    with torch.no_grad():
        for name, weight in network.named_parameters():
            source, added = _source(name, smaller.layers, size.layers)
            _fill(weight, old[source].float(), added, name, scale)


def _source(name: str, old: int, new: int) -> tuple[str, bool]:
    """Where a weight of the larger network comes from, and whether its layer is an added one.

    Old layers are spread over the new places; an added layer follows the old one it takes after.
    """
    if new < old:
        raise ValueError(f"{old} layers do not fit into {new}")
    parts = name.split(".")
    if "layers" not in parts:
        return name, False
    at = parts.index("layers") + 1
    place = int(parts[at])
    layer = max(i for i in range(old) if i * new // old <= place)
    parts[at] = str(layer)
    return ".".join(parts), layer * new // old != place


def _fill(weight: Tensor, old: Tensor, added: bool, name: str, scale: float) -> None:
    writes = "o_proj" in name or "down_proj" in name
    if added and writes:
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
