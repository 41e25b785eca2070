"""Pruning by magnitude: half of the weights of every linear layer become zero and stay zero."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from data.models.training.network import Llama
from data.models.training.qat import linears


def two_of_four(weight: Tensor) -> Tensor:
    """1 at the two largest of every four neighbours in a row (the pattern that sparse tensor cores compute), else 0."""
    rows, columns = weight.shape
    if columns % 4:
        raise ValueError(f"rows of {columns} weights do not divide into fours")
    largest = weight.abs().view(rows, columns // 4, 4).topk(2, dim=-1).indices
    return torch.zeros(rows, columns // 4, 4).scatter_(-1, largest, 1.0).view_as(weight)


def largest_half(weight: Tensor) -> Tensor:
    """1 at the larger half of the matrix, wherever it lies, else 0."""
    largest = weight.abs().flatten().topk(weight.numel() // 2).indices
    return torch.zeros(weight.numel()).scatter_(0, largest, 1.0).view_as(weight)


PATTERNS: dict[str, Callable[[Tensor], Tensor]] = {"2:4": two_of_four, "half": largest_half}


class Masked(nn.Module):
    """A weight with zeros in fixed places."""

    def __init__(self, kept: Tensor) -> None:
        super().__init__()
        self.register_buffer("kept", kept)

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.kept


def prune(network: Llama, pattern: str) -> None:
    """Choose the zeros from the weights as they are now; training then leaves them zero."""
    for layer in linears(network).values():
        parametrize.register_parametrization(layer, "weight", Masked(PATTERNS[pattern](layer.weight.detach())))


def settle(network: Llama) -> None:
    """Write the zeros into the weights."""
    for layer in linears(network).values():
        parametrize.remove_parametrizations(layer, "weight")
