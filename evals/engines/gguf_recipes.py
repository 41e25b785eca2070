"""Which tensor gets which type in a GGUF file of a given name: llama.cpp's own mixtures for dense decoders.

``Q4_K_M`` names a file, not a format: most of it is Q4_K, some tensors get more bits. The choices are those of
llama.cpp's quantizer (src/llama-quant.cpp, October 2026); files made here equal its files tensor by tensor.
"""

from __future__ import annotations

from dataclasses import dataclass

from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Type

BASE = {
    "F32": Type.F32,
    "F16": Type.F16,
    "BF16": Type.BF16,
    "Q8_0": Type.Q8_0,
    "Q6_K": Type.Q6_K,
    "Q5_K_M": Type.Q5_K,
    "Q5_K_S": Type.Q5_K,
    "Q4_K_M": Type.Q4_K,
    "Q4_K_S": Type.Q4_K,
    "Q4_0": Type.Q4_0,
    "Q3_K_L": Type.Q3_K,
    "Q3_K_M": Type.Q3_K,
    "Q3_K_S": Type.Q3_K,
    "Q2_K": Type.Q2_K,
    "IQ4_XS": Type.IQ4_XS,
    "IQ3_XXS": Type.IQ3_XXS,
    "IQ2_M": Type.IQ2_S,
    "IQ2_XXS": Type.IQ2_XXS,
}
PLAIN = ("F32", "F16", "BF16")
NEED_IMPORTANCE = (Type.IQ3_XXS, Type.IQ2_S, Type.IQ2_XXS)
SUPER_BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the mixtures look at: layers, query heads for each KV head, whether embeddings are the output matrix."""

    layers: int
    heads_per_kv_head: int
    tied: bool


def tensor_type(file_type: str, tensor: str, columns: int, shape: Shape, importance: bool = False) -> Type:
    """The type of a matrix by its GGUF name (``blk.3.ffn_down.weight``), with ``columns`` weights in a row.

    Raises ``ValueError`` where rows do not divide into blocks: llama.cpp would put another format there unasked.
    """
    base = BASE[file_type]
    if file_type in PLAIN:
        return base
    part = tensor.removesuffix(".weight").split(".")[-1]
    if part == "output" or (part == "token_embd" and shape.tied):
        chosen = _output(file_type, columns)
    else:
        layer = int(tensor.split(".")[1]) if tensor.startswith("blk.") else 0
        chosen = _inner(file_type, part, layer, shape, importance) or base
    block = GGML_QUANT_SIZES[chosen][0]
    if columns % block:
        raise ValueError(
            f"{file_type} packs rows in blocks of {block} weights, and {tensor} has rows of {columns}; "
            f"choose {'Q8_0 or Q4_0 (blocks of 32)' if block > 32 and columns % 32 == 0 else 'F16'}"
        )
    return chosen


def more_bits(layer: int, layers: int) -> bool:
    """The first and last eighth of the layers and every third in between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _output(file_type: str, columns: int) -> Type:
    if file_type == "Q8_0" or columns % SUPER_BLOCK:
        return Type.Q8_0
    return Type.Q5_K if file_type in ("IQ3_XXS", "IQ2_M", "IQ2_XXS") else Type.Q6_K


def _inner(file_type: str, part: str, layer: int, shape: Shape, importance: bool) -> Type | None:
    """The exception for this tensor, None for the type that names the file."""
    early = layer < shape.layers // 8
    if part == "token_embd":
        return {"IQ3_XXS": Type.IQ3_S, "IQ2_M": Type.IQ3_S, "IQ2_XXS": Type.Q2_K}.get(file_type)
    if part == "attn_v":
        return _values(file_type, layer, shape)
    if part in ("attn_q", "attn_k"):
        return Type.IQ2_S if file_type == "IQ3_XXS" else None
    if part == "attn_output":
        return {
            "Q3_K_L": Type.Q5_K,
            "Q3_K_M": Type.Q4_K,
            "Q2_K": Type.Q3_K,
            "IQ3_XXS": Type.IQ3_S,
            "IQ2_M": Type.IQ3_S,
        }.get(file_type)
    if part != "ffn_down":
        return None
    if file_type in ("Q4_K_M", "Q5_K_M"):
        return Type.Q6_K if more_bits(layer, shape.layers) else None
    if file_type == "Q3_K_M":
        return Type.Q5_K if layer < shape.layers // 16 else Type.Q4_K
    if file_type == "Q4_0":
        return Type.Q4_1 if early and importance else None
    if file_type == "IQ4_XS":
        return Type.Q5_K if early and not importance else None
    if early and file_type in ("Q4_K_S", "IQ2_M", "IQ2_XXS"):
        return {"Q4_K_S": Type.Q5_K, "IQ2_M": Type.IQ3_S, "IQ2_XXS": Type.Q2_K}[file_type]
    return {"Q3_K_L": Type.Q5_K, "Q2_K": Type.Q3_K}.get(file_type)


def _values(file_type: str, layer: int, shape: Shape) -> Type | None:
    """Values matter most and are small where many query heads share one of them."""
    shared = shape.heads_per_kv_head >= 4
    if file_type in ("Q4_K_M", "Q5_K_M"):
        chosen = Type.Q6_K if more_bits(layer, shape.layers) else None
    elif file_type == "Q4_K_S":
        chosen = Type.Q5_K if layer < 4 else None
    elif file_type == "Q3_K_M":
        chosen = Type.Q5_K if layer < 2 else Type.Q4_K
    elif file_type == "IQ4_XS":
        chosen = Type.Q5_K if shared else None
    elif shared and file_type in ("Q2_K", "IQ3_XXS", "IQ2_M", "IQ2_XXS"):
        chosen = Type.Q4_K
    else:
        chosen = {"Q3_K_L": Type.Q5_K, "Q2_K": Type.Q3_K, "IQ2_M": Type.IQ3_S, "IQ2_XXS": Type.Q2_K}.get(file_type)
    seventy_b = shape.layers == 80 and shape.heads_per_kv_head > 1
    if seventy_b and (chosen or BASE[file_type]) in (Type.Q3_K, Type.Q4_K):
        return Type.Q5_K
    return chosen
