"""Quantization-aware training: every forward pass sees the rounded weights, the optimizer moves the ones behind them.

The gradient passes the rounding as if it were not there (straight-through estimator, Bengio et al. 2013, arXiv
1308.3432). What is rounded, and how, is what ``rtn-int…-g128`` rounds afterwards.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from torch.nn.utils import parametrize

from data.models.packed import save_packed
from data.models.rounding import round_to_nearest
from data.models.training.network import Llama

GROUP_SIZE = 128


class Rounded(nn.Module):
    """A weight as its nearest levels."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits

    def forward(self, weight: Tensor) -> Tensor:
        rounded = round_to_nearest(weight.detach(), self.bits, GROUP_SIZE)
        return rounded + (weight - weight.detach())  # the bracket is exactly 0 and carries the gradient


def round_while_training(network: Llama, bits: int) -> None:
    """From now on every linear layer computes with rounded weights."""
    for layer in linears(network).values():
        parametrize.register_parametrization(layer, "weight", Rounded(bits))


def save(network: Llama, bits: int, path: Path) -> None:
    """Write the rounded weights. Afterwards the network computes with those behind them."""
    for layer in linears(network).values():
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    save_packed(path, network.state_dict(), {f"{name}.weight" for name in linears(network)}, bits, GROUP_SIZE)


def linears(network: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers by name; the output matrix is not among them, it is the embeddings."""
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.Linear)}
