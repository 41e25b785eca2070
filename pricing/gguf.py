"""GGUF files: the block type that llama.cpp gives each tensor, and the bytes that follow.

``tables/formats_gguf.csv`` lists, for each label, the type of most tensors (``base``) and its exceptions; of those
that name a tensor the first whose ``when`` holds is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from pricing import tables
from pricing.shapes import Model

# Bits a weight of a block, scales included: bytes of a block × 8 / weights in it (ggml).
BLOCK_BITS = {
    "IQ1_S": 1.5625, "IQ1_M": 1.75, "IQ2_XXS": 2.0625, "IQ2_XS": 2.3125, "IQ2_S": 2.5625, "IQ3_XXS": 3.0625,
    "IQ3_S": 3.4375, "IQ4_XS": 4.25, "IQ4_NL": 4.5, "Q2_K": 2.625, "Q3_K": 3.4375, "Q4_K": 4.5, "Q5_K": 5.5,
    "Q6_K": 6.5625, "Q8_0": 8.5, "Q4_0": 4.5, "Q4_1": 5.0, "Q5_0": 5.5, "Q5_1": 6.0, "MXFP4": 4.25, "F16": 16.0,
}  # fmt: skip
# Blocks of these hold 32 weights, the others 256: a row that 256 does not divide takes the type on the right.
SHORT_BLOCKS = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL", "MXFP4", "F16")
FALLBACKS = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
SMALL_BITS = 32.0  # norms, biases and routers stay in 32 bits
TENSORS = {"v": "value", "k": "key", "q": "query", "output": "output"}
Rules = dict[str, list[tuple[str, str]]]


@lru_cache(maxsize=1)
def load() -> dict[str, Rules]:
    """Label → tensor → [(when, type)] in the order they are tried."""
    found: dict[str, Rules] = defaultdict(lambda: defaultdict(list))
    for row in tables.rows("formats_gguf"):
        found[row["label"]][row["tensor"]].append((row["when"], row["type"]))
    return {label: dict(rules) for label, rules in found.items()}


def _holds(when: str, model: Model, layer: int) -> bool:
    layers = model.layers
    match when:
        case "":
            return True
        case "4 heads a KV head":
            return model.heads // model.kv_heads >= 4 and not model.kv_lora_rank
        case "4 experts":
            return model.experts >= 4
        case "8 experts":
            return model.experts == 8
        case "80 layers":
            return layers == 80
        case "first 2" | "first 4":
            return layer < int(when[-1])
        case "first sixteenth":
            return layer < layers // 16
        case "first eighth":
            return layer < layers // 8
        case "middle":
            return layers // 8 <= layer < 7 * layers // 8
        case "more bits":  # the ends, and every third layer between them
            return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
    raise ValueError(f"when of a row of formats_gguf.csv is {when!r}; expected one of those in pricing/gguf.py")


def fitting(kind: str, columns: int) -> str:
    """The type itself, or the one that takes its place where its blocks do not divide a row of ``columns``."""
    if kind not in SHORT_BLOCKS and columns % 256:
        kind = FALLBACKS.get(kind, "IQ4_NL")
    return "F16" if kind != "F16" and columns % 32 else kind


def _layer(model: Model, layer: int) -> Iterator[tuple[str, int, int]]:
    """(tensor, columns, parameters) of one layer's matrices."""
    for name, (columns, rows) in model.attention_shapes.items():
        fused = model.fused_qkv and name in ("q", "k", "v")
        yield ("value" if fused else TENSORS.get(name, "other")), columns, columns * rows
    mixed = bool(model.experts) and layer >= model.dense_layers
    width = model.dense_intermediate_size if model.experts and not mixed else model.intermediate_size
    for columns, size, of_experts in (
        (width, width * max(1, model.experts if mixed else 1), mixed),
        (model.shared_expert_size, model.shared_expert_size if mixed else 0, False),
    ):
        if size:
            yield ("expert down" if of_experts else "down"), columns, size * model.hidden_size
            gates = (model.mlp_matrices - 1) * size * model.hidden_size
            yield ("expert gate and up" if of_experts else "gate and up"), model.hidden_size, gates


@lru_cache(maxsize=4096)
def weight_bytes(model: Model, label: str) -> float:
    """Bytes of the tensors of ``model`` in a GGUF file of type ``label`` (a vision tower at 16 bits beside it)."""
    rules = load()[label]
    base = rules["base"][0][1]

    def chosen(tensor: str, layer: int) -> str:
        plain = tensor.removeprefix("expert ")
        if plain != tensor and "expert" in rules:
            return rules["expert"][0][1]
        if plain != tensor and model.family.replace("_", "-") == "gpt-oss":
            return "MXFP4"  # its experts were trained in these blocks and are copied as they are
        return next((kind for when, kind in rules.get(plain, ()) if _holds(when, model, layer)), base)

    bits = 0.0
    for layer in range(model.layers):
        for tensor, columns, parameters in _layer(model, layer):
            bits += parameters * BLOCK_BITS[fitting(chosen(tensor, layer), columns)]
    head = rules["head"][0][1] if "head" in rules else base
    if base not in SHORT_BLOCKS and model.hidden_size % 256:
        head = "Q8_0"
    embedding = rules["embedding"][0][1] if "embedding" in rules else base
    tied = model.tied_embeddings
    bits += model.embedding_parameters * BLOCK_BITS[fitting(head if tied else embedding, model.hidden_size)]
    bits += model.head_parameters * BLOCK_BITS[fitting(head, model.hidden_size)]
    return (bits + model.small_parameters * SMALL_BITS + model.other_parameters * 16) / 8
