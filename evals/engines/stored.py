"""How many bits a model's weights really take: every tensor a layer holds, counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

UNQUANTIZED_BITS = 16  # what is left alone is stored at 16 bits, whatever it is computed with
WRAPPERS = ("bitsandbytes", "hqq")  # their objects hold tensors of a layer
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
    """The linear layers that a method is expected to quantize: all but the output matrix or classification head."""
    output = original.get_output_embeddings() if hasattr(original, "get_output_embeddings") else None
    body = f"{original.base_model_prefix}." if output is None and hasattr(original, "base_model_prefix") else ""
    linears = [(name, m) for name, m in original.named_modules() if isinstance(m, nn.Linear)]
    return [name for name, m in linears if m is not output and name.startswith(body)]


def head_names(original: nn.Module) -> list[str]:
    """The linear layers after the body: the output matrix, or all of a classification head."""
    body = set(linear_names(original))
    return [name for name, m in original.named_modules() if isinstance(m, nn.Linear) and name not in body]


def require_whole_groups(original: nn.Module, label: str, group_size: int | None) -> None:
    """Refuse a group size that does not divide the rows of every layer, naming the first such layer."""
    for name in linear_names(original):
        columns = original.get_submodule(name).weight.shape[1]
        if group_size and columns % group_size:
            fitting = [size for size in (128, 64, 32, 16) if columns % size == 0]
            raise ValueError(
                f"{label} takes groups of {group_size}, and the {columns} columns of {name} do not divide into "
                f"them; choose groups of {' or '.join(map(str, fitting)) or 'a whole row'}"
            )


def is_packed(module: nn.Module) -> bool:
    """Whether the layer holds something other than one plain matrix."""
    weight = module._parameters.get("weight")
    plain = type(weight) is nn.Parameter and type(weight.data) is Tensor and weight.dtype in PLAIN
    return not plain or not isinstance(module, nn.Linear)


def stored(original: nn.Module, model: nn.Module, full_bits: float = UNQUANTIZED_BITS) -> Stored:
    """Count after a forward pass: some engines repack or unpack their weights in the first one.

    What a layer keeps only to be faster, in attributes that begin with an underscore, takes memory but is not stored.
    """
    sizes = {name: original.get_submodule(name).weight.numel() for name in linear_names(original)}
    packed = {name: model.get_submodule(name) for name in sizes if is_packed(model.get_submodule(name))}
    kept = list(unique(t for module in packed.values() for t in inside(module)))
    held = [t for module in packed.values() for t in inside(module, caches=True)]
    plain = [t for t in (*model.parameters(), *model.buffers()) if type(t) in (nn.Parameter, Tensor)]
    parameters = sum(p.numel() for p in unique(original.parameters()))
    weights = sum(sizes[name] for name in packed)
    biases = [m.bias for m in packed.values() if type(getattr(m, "bias", None)) in (nn.Parameter, Tensor)]
    bits = 8 * (_bytes(kept) - _bytes(biases))  # biases are counted with what is left alone
    return Stored(
        bits=bits + (parameters - weights) * full_bits,
        memory_bytes=_bytes(unique([*held, *plain])),
        parameters=parameters,
        quantized_weights=weights,
        quantized_bits=bits / weights if weights else None,
    )


def unique(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    """Each piece of memory once: tied weights are one."""
    seen: set[tuple[int, int]] = set()
    for tensor in tensors:
        if tensor.numel() and _key(tensor) not in seen:
            seen.add(_key(tensor))
            yield tensor


def inside(module: nn.Module, caches: bool = False) -> Iterator[Tensor]:
    """Plain tensors held by a layer, however its package wraps them."""
    return _inside(module, set(), caches)


def _inside(thing: Any, seen: set[int], caches: bool) -> Iterator[Tensor]:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, Tensor):
        wrapped = getattr(thing, "__tensor_flatten__", None)
        if wrapped is not None and type(thing) not in (Tensor, nn.Parameter):
            for name in wrapped()[0]:
                yield from _inside(getattr(thing, name), seen, caches)
        else:
            yield thing
    values: Iterable[Any] = ()
    if isinstance(thing, dict):
        values = thing.values()
    elif isinstance(thing, list | tuple):
        values = thing
    elif isinstance(thing, nn.Module):
        public = ("_parameters", "_buffers", "_modules")
        values = [value for name, value in vars(thing).items() if caches or name in public or name[0] != "_"]
    elif isinstance(thing, Tensor) or type(thing).__module__.split(".")[0] in WRAPPERS:
        values = list(vars(thing).values()) if hasattr(thing, "__dict__") else ()
    for value in values:
        yield from _inside(value, seen, caches)


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


def _key(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), tensor.numel() * tensor.element_size()
