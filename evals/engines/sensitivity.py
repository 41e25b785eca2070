"""Which layers suffer most: one layer rounded at a time, judged by how far the model's answers move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from evals.engines.calibration import Calibration, calibration
from evals.engines.loading import Job
from evals.engines.rounding import round_to_nearest
from evals.engines.stored import linear_names, require_whole_groups
from evals.models import LocalModel
from evals.quantizations import QUANTIZATIONS

BATCH_SIZE = 16
TEXTS = 10


@dataclass(frozen=True, kw_only=True)
class LayerLoss:
    """``kl`` is the mean divergence a token, in nats, when only ``layer`` is rounded to ``bits``."""

    layer: str
    weights: int
    bits: int
    kl: float


def sensitivity(local: LocalModel, bits: int, group_size: int) -> list[LayerLoss]:
    """Every linear layer of a model rounded alone, judged on the calibration text, the most sensitive first."""
    job = Job(local, QUANTIZATIONS["fp32"], "")
    require_whole_groups(job.original, f"rounding to {bits} bits", group_size)
    losses = layer_losses(job.original, job.tokenizer, spread(calibration()), (bits,), group_size)
    return sorted(losses, key=lambda loss: -loss.kl)


def spread(given: Calibration) -> tuple[str, ...]:
    """About 10 of the texts, taken evenly, so that every task is among them."""
    return given.texts[:: max(1, len(given.texts) // TEXTS)]


def layer_losses(
    model: Any, tokenizer: Any, texts: Sequence[str], widths: Iterable[int], group_size: int | None
) -> list[LayerLoss]:
    """Round each linear layer alone to each width; the model is left as it was."""
    batches = [_batch(tokenizer, texts[i : i + BATCH_SIZE], model.device) for i in range(0, len(texts), BATCH_SIZE)]
    losses = []
    with torch.inference_mode():
        before = [_log_probabilities(model, *batch) for batch in batches]
        for name in linear_names(model):
            weight = model.get_submodule(name).weight
            kept = weight.detach().clone()
            for bits in widths:
                weight.copy_(round_to_nearest(kept, bits, group_size))
                after = [_log_probabilities(model, *batch) for batch in batches]
                losses.append(LayerLoss(layer=name, weights=weight.numel(), bits=bits, kl=divergence(before, after)))
            weight.copy_(kept)
    return losses


def divergence(before: Sequence[Tensor], after: Sequence[Tensor]) -> float:
    """Mean Kullback–Leibler divergence of log-probabilities, rows × vocabulary, in nats."""
    total = sum(float((p.exp() * (p - q)).sum()) for p, q in zip(before, after, strict=True))
    return total / sum(len(p) for p in before)


def allocate(losses: Sequence[LayerLoss], mean_bits: float) -> dict[str, int]:
    """Bits for each layer so that the weights take at most ``mean_bits`` on average and the summed loss is small.

    Starts from the fewest bits everywhere and, again and again, takes the step up that saves most divergence for each
    bit stored, while it fits. Losses of single layers are taken to add up.
    """
    widths = sorted({loss.bits for loss in losses})
    kl: Mapping[tuple[str, int], float] = {(loss.layer, loss.bits): loss.kl for loss in losses}
    weights = {loss.layer: loss.weights for loss in losses}
    chosen = dict.fromkeys(weights, widths[0])
    left = mean_bits * sum(weights.values()) - widths[0] * sum(weights.values())
    if left < 0:
        raise ValueError(f"{mean_bits} bits on average cannot be kept with widths of {widths[0]} and more")
    while True:
        steps = [
            ((kl[name, bits] - kl[name, more]) / (cost := (more - bits) * weights[name]), name, more, cost)
            for name, bits in chosen.items()
            for more in widths
            if more > bits and (more - bits) * weights[name] <= left
        ]
        if not steps or max(steps)[0] <= 0:
            return chosen
        _, name, more, cost = max(steps)
        chosen[name], left = more, left - cost


def _batch(tokenizer: Any, texts: Sequence[str], device: Any) -> tuple[Tensor, Tensor]:
    rows = [tokenizer(text).input_ids for text in texts]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=device)
    return ids, mask


def _log_probabilities(model: Any, ids: Tensor, mask: Tensor) -> Tensor:
    logits = model(input_ids=ids, attention_mask=mask).logits.float()
    return torch.log_softmax(logits[mask.bool()], -1)
