"""How many bits a model's weights really take: every tensor a layer holds, counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from evals.quantizations import Quantization

UNQUANTIZED_BITS = 16  # what is left alone is stored at 16 bits, whatever it is computed with
PLAIN = {torch.float32, torch.float16, torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """``bits`` of all weights as stored; ``memory_bytes`` as held now; ``quantized_bits`` per quantized weight."""

    bits: float
    memory_bytes: int
    parameters: int
    quantized_weights: int
    quantized_bits: float | None


def linear_names(original: nn.Module) -> list[str]:
    """The linear layers that a method is expected to quantize: all but the output matrix."""
    output = original.get_output_embeddings() if hasattr(original, "get_output_embeddings") else None
    return [name for name, m in original.named_modules() if isinstance(m, nn.Linear) and m is not output]


def require_whole_groups(original: nn.Module, how: Quantization) -> None:
    """Refuse a group size that does not divide the rows of every layer, naming the first such layer."""
    for name in linear_names(original):
        columns = original.get_submodule(name).weight.shape[1]
        if how.group_size and columns % how.group_size:
            fitting = [size for size in (128, 64, 32, 16) if columns % size == 0]
            raise ValueError(
                f"{how.label} takes groups of {how.group_size}, and the {columns} columns of {name} do not divide into "
                f"them; choose groups of {' or '.join(map(str, fitting)) or 'a whole row'}"
            )


def is_packed(module: nn.Module) -> bool:
    """Whether the layer holds something other than one plain matrix."""
    weight = module._parameters.get("weight")
    plain = type(weight) is nn.Parameter and type(weight.data) is Tensor and weight.dtype in PLAIN
    return not plain or not isinstance(module, nn.Linear)


def stored(original: nn.Module, model: nn.Module, full_bits: float = UNQUANTIZED_BITS) -> Stored:
    """Count after a forward pass: some engines repack or unpack their weights in the first one."""
    sizes = {name: original.get_submodule(name).weight.numel() for name in linear_names(original)}
    packed = {name: model.get_submodule(name) for name in sizes if is_packed(model.get_submodule(name))}
    counted: set[tuple[int, int]] = set()
    inside = sum(_bytes(each, counted) for each in packed.values())
    rest = [t for t in (*model.parameters(), *model.buffers()) if type(t) in (nn.Parameter, Tensor)]
    rest = [t for t in unique(rest) if _key(t) not in counted]
    parameters = sum(p.numel() for p in unique(original.parameters()))
    weights = sum(sizes[name] for name in packed)
    left = parameters - weights
    return Stored(
        bits=inside * 8 + left * full_bits,
        memory_bytes=inside + sum(t.numel() * t.element_size() for t in rest),
        parameters=parameters,
        quantized_weights=weights,
        quantized_bits=inside * 8 / weights if weights else None,
    )


def unique(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    """Each piece of memory once: tied weights are one."""
    seen: set[tuple[int, int]] = set()
    for tensor in tensors:
        if tensor.numel() and _key(tensor) not in seen:
            seen.add(_key(tensor))
            yield tensor


def _bytes(module: nn.Module, counted: set[tuple[int, int]]) -> int:
    total = 0
    for tensor in _inside(module, set()):
        if tensor.numel() and _key(tensor) not in counted:
            counted.add(_key(tensor))
            total += tensor.numel() * tensor.element_size()
    return total


def _inside(thing: Any, seen: set[int]) -> Iterator[Tensor]:
    """Plain tensors held by a layer, however its package wraps them."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, Tensor):
        wrapped = getattr(thing, "__tensor_flatten__", None)
        if wrapped is not None and type(thing) not in (Tensor, nn.Parameter):
            for name in wrapped()[0]:
                yield from _inside(getattr(thing, name), seen)
        else:
            yield thing
        for value in vars(thing).values() if hasattr(thing, "__dict__") else ():
            yield from _inside(value, seen)
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from _inside(value, seen)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _inside(value, seen)
    elif isinstance(thing, nn.Module) or type(thing).__module__.split(".")[0] in ("bitsandbytes", "hqq"):
        yield from _inside(vars(thing), seen)


def _key(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), tensor.numel() * tensor.element_size()
