"""What an ONNX file holds: its kind of weights and how many bits they take, read from the file itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto
from onnx.helper import tensor_dtype_to_np_dtype

BYTES = (TensorProto.INT8, TensorProto.UINT8)
FLOATS = {TensorProto.FLOAT: 32, TensorProto.FLOAT16: 16, TensorProto.BFLOAT16: 16}
BLOCKS = ("MatMulNBits", "GatherBlockQuantized")
PARTS = ("_quantized", "_scale", "_zero_point")  # how ONNX Runtime's quantizer names what one weight becomes


class DamagedOnnx(ValueError):
    """The file is cut short or is no ONNX model."""


@dataclass(frozen=True, kw_only=True)
class OnnxFacts:
    """``kind`` is the catalogue label of what the weights are, "" if it is none of ours; sizes count every tensor."""

    kind: str
    told: str
    parameters: int
    weight_bytes: int
    quantized_weights: int
    quantized_bits: float | None

    @property
    def bits_per_weight(self) -> float:
        return 8 * self.weight_bytes / self.parameters


def facts(path: Path) -> OnnxFacts:
    """Without reading weights that lie in a file beside."""
    graph = _graph(path)
    tensors = list(graph.initializer)
    sizes = {tensor.name: _bytes(tensor) for tensor in tensors}
    codes = [tensor for tensor in tensors if tensor.data_type in BYTES and len(tensor.dims) > 1]
    floats = [tensor for tensor in tensors if tensor.data_type in FLOATS and not tensor.name.endswith(PARTS)]
    quantized = sum(prod(tensor.dims) for tensor in codes)
    beside = {tensor.name.removesuffix("_quantized") + part for tensor in codes for part in PARTS}
    quantized_bytes = sum(sizes[tensor.name] for tensor in tensors if tensor in codes or tensor.name in beside)
    kind, told = _kind(graph, quantized, floats)
    return OnnxFacts(
        kind=kind,
        told=told,
        parameters=quantized + sum(prod(tensor.dims) for tensor in floats),
        weight_bytes=sum(sizes.values()),
        quantized_weights=quantized,
        quantized_bits=8 * quantized_bytes / quantized if quantized else None,
    )


def _graph(path: Path) -> Any:
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except (DecodeError, ValueError) as error:
        raise DamagedOnnx(f"{path.name} is damaged or cut short, or no ONNX model ({error}); copy it again") from error
    if not graph.node:
        raise DamagedOnnx(f"{path.name} holds no model; copy it again")
    for tensor in graph.initializer:
        _require_all_there(path, tensor)
    return graph


def _require_all_there(path: Path, tensor: Any) -> None:
    """Weights beside the file must be as long as the file says; ONNX Runtime may read past their end."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    if not entries:
        return
    beside = path.parent / entries["location"]
    if not beside.is_file():
        raise DamagedOnnx(f"{path.name} keeps its weights in {entries['location']}, which is not beside it")
    if beside.stat().st_size < int(entries.get("offset", 0)) + int(entries.get("length", 0)):
        raise DamagedOnnx(f"{beside.name} is cut short: {tensor.name} lies beyond its end; copy it again")


def _kind(graph: Any, quantized: int, floats: list[Any]) -> tuple[str, str]:
    """Catalogue label, and the same in words."""
    blocks = next((node for node in graph.node if node.op_type in BLOCKS), None)
    if blocks is not None:
        bits = next((attribute.i for attribute in blocks.attribute if attribute.name == "bits"), 4)
        return "", f"{bits}-bit blocks"
    if quantized:
        return "onnx-int8", "8-bit integers"
    widths = {FLOATS[tensor.data_type] for tensor in floats if len(tensor.dims) > 1}
    return ("onnx-fp32", "32-bit floats") if widths == {32} else ("", f"{min(widths, default=0)}-bit floats")


def _bytes(tensor: Any) -> int:
    return int(prod(tensor.dims) * tensor_dtype_to_np_dtype(tensor.data_type).itemsize)
