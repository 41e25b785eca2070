"""The importance matrix: how strongly calibration text drives each input column of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from evals.engines.gguf_export import Source


def importance_matrix(
    source: Source, model: Any, tokenizer: Any, texts: Sequence[str], window: int = 512
) -> dict[str, NDArray[np.float32]]:
    """Mean square of every input column over all tokens of the texts, by GGUF tensor name: what llama-imatrix sums."""
    sums: dict[str, torch.Tensor] = {}
    counts: dict[str, int] = {}

    def watch(name: str) -> Any:
        def seen(_: nn.Module, inputs: tuple[torch.Tensor, ...], __: Any) -> None:
            rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).double()
            sums[name] = sums.get(name, torch.zeros(rows.shape[1], dtype=torch.float64, device=rows.device))
            sums[name] += rows.square().sum(0)
            counts[name] = counts.get(name, 0) + len(rows)

        return seen

    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            tied_output = source.shape.tied and module is model.get_output_embeddings()
            tensor = "token_embd.weight" if tied_output else source.gguf_name(f"{name}.weight")
            hooks.append(module.register_forward_hook(watch(tensor)))
    try:
        with torch.inference_mode():
            for text in texts:
                ids = tokenizer(text, return_tensors="pt").input_ids[:, :window].to(model.device)
                model(input_ids=ids)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: (total / counts[name]).float().cpu().numpy() for name, total in sums.items()}
