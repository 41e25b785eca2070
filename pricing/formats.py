"""Formats: effective bits per weight of each quantization, scales included, and what stays at 16 bits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from pricing import gguf, names, tables
from pricing.engines import ONNX_RUNTIME
from pricing.shapes import Model

_INTEGER = re.compile(r"^(?P<method>[a-z][a-z0-9-]*?)-u?int(?P<bits>[2-8])(?:-g(?P<group>\d+))?(?P<embeddings>-emb)?$")
_WEIGHT_ACTIVATION = re.compile(
    r"^(?:(?P<method>[a-z][a-z-]*?)-)?w(?P<bits>[2-8])a(?P<activation>\d+)(?:kv\d+)?(?:-int)?(?:-g(?P<group>\d+))?$"
)
_DYNAMIC = re.compile(r"^q(?P<bits>[2-6])-k-xl$")
WITH_ZERO_POINT = ("gptq", "awq", "hqq")
USUAL_GROUP = 128  # weights a scale, where a label of those methods says nothing
_ONNX_32_BIT = ("onnx-fp32", "onnx")
_EXL2 = re.compile(r"^(?:exl2-|autoscheme-gguf-)?(?P<bits>\d+(?:\.\d+)?)-?bpw(?:-exl2)?$")


@dataclass(frozen=True, kw_only=True)
class Format:
    """How weights are stored. ``bits_per_weight`` is of the layers' matrices; embedding and head have their own.

    ``engine`` is the engine class that serves it, ``onnxruntime`` one that has no class here; ``compute`` the
    arithmetic of the prompt pass; ``calibrated`` tells whether the speed constants saw rows of this format. ``mix`` is
    the GGUF file type whose tensor mix holds; ``bits_per_weight`` then is that mix on Llama-3-8B and 70B.
    """

    label: str
    method: str
    engine: str
    bits_per_weight: float
    embedding_bits: float = 16.0
    head_bits: float = 16.0
    compute: str = "fp16"
    experts_only: bool = False
    calibrated: bool = False
    mix: str = ""
    kept_16_bit: str = "embedding, output matrix, norms"
    source: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        if not 0.5 <= self.bits_per_weight <= 32:
            raise ValueError(f"bits_per_weight of {self.label} is {self.bits_per_weight}; expected 0.5 to 32")

    def weight_bytes(self, model: Model) -> float:
        """Bytes of all weights of ``model`` in this format; a GGUF file by the block type of each tensor."""
        if self.mix:
            return gguf.weight_bytes(model, self.mix)
        other_bits = 16.0 if self.experts_only and model.experts else self.bits_per_weight
        experts = model.expert_parameters * max(1, model.experts)
        # A tied embedding doubles as the output matrix and is kept at the finer of the two.
        embedding_bits = max(self.embedding_bits, self.head_bits) if model.tied_embeddings else self.embedding_bits
        bits = (
            (model.attention_parameters + model.always_on_parameters) * other_bits
            + experts * self.bits_per_weight
            + model.embedding_parameters * embedding_bits
            + model.head_parameters * self.head_bits
            + (model.small_parameters + model.other_parameters) * max(16.0, min(32.0, self.embedding_bits))
        )
        return bits / 8

    def whole_bits(self, model: Model) -> float:
        """Effective bits per parameter over the whole model."""
        return self.weight_bytes(model) * 8 / model.parameters


@lru_cache(maxsize=1)
def load() -> dict[str, Format]:
    """The formats table by label."""
    numbers = ("bits_per_weight", "embedding_bits", "head_bits")
    return {
        row["label"]: Format(
            **{field: float(row[field]) for field in numbers},  # type: ignore[arg-type]
            **{
                field: row[field] for field in ("label", "method", "engine", "compute", "kept_16_bit", "source", "date")
            },  # type: ignore[arg-type]
            experts_only=row["experts_only"] == "1",
            calibrated=row["calibrated"] == "1",
            mix=row["label"] if row["label"] in gguf.load() else "",
        )
        for row in tables.rows("formats")
    }


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    return names.index((row["label"], tables.names(row["aliases"])) for row in tables.rows("formats"))


def _parametric(key: str) -> Format | None:
    """Labels that carry their own numbers: gptq-int4-g128, rtn-int3-g32, smoothquant-w8a8, 4.65bpw."""
    if match := _INTEGER.match(key) or _WEIGHT_ACTIVATION.match(key):
        found = match.groupdict()
        bits, method = int(found["bits"]), found["method"] or "integer"
        zero_point = method.split("-")[0] in WITH_ZERO_POINT
        group = int(found["group"] or (USUAL_GROUP if zero_point else 0))
        # GPTQ, AWQ and HQQ store an FP16 scale and a zero point per group, the others the scale alone.
        scales = (16 + (bits if zero_point else 0)) / group if group else 0.0
        kept = 16.0 if not found.get("embeddings") else bits + scales
        return Format(
            label=key,
            method="bitsandbytes" if method == "bnb" else method.upper(),
            engine=ONNX_RUNTIME if method == "onnx" else "vllm",
            bits_per_weight=bits + scales,
            embedding_bits=kept,
            head_bits=kept,
            compute="int8" if bits == 8 and found.get("activation") == "8" else "fp16",
            calibrated=bits in (4, 8) and method in ("gptq", "awq"),
            kept_16_bit="norms" if found.get("embeddings") else "embedding, output matrix, norms",
            source="bits + scale" + (" and zero point" if zero_point else "") + " per group",
        )
    if key in _ONNX_32_BIT:
        return Format(
            label="onnx-fp32", method="ONNX", engine=ONNX_RUNTIME, bits_per_weight=32.0, embedding_bits=32.0,
            head_bits=32.0, compute="fp32", kept_16_bit="nothing: all at 32 bits", source="32 bits as the label states",
        )  # fmt: skip
    if match := _EXL2.match(key):
        return Format(
            label=key,
            method="bits per weight",
            engine="llama.cpp",
            bits_per_weight=float(match["bits"]),
            head_bits=6.0,
            source="bits per weight as the label states; output matrix at 6 bits, embedding at 16",
        )
    if match := _DYNAMIC.match(key):
        like = load()[
            {"2": "Q2_K", "3": "Q3_K_L"}.get(match["bits"], f"Q{match['bits']}_K" + "_M" * (match["bits"] != "6"))
        ]
        return replace(
            like, label=key.upper().replace("-", "_"), source=f"taken as {like.label}: dynamic mixes differ by model"
        )
    return None


@lru_cache(maxsize=512)
def find(label: str) -> Format:
    """The format called ``label``. Raises UnknownName with the nearest labels."""
    key = names.folded(label)
    known = _index()
    if key in known:
        return load()[known[key]]
    stripped = re.sub(r"-?\(.*?\)", "", key).removeprefix("gguf-")
    if stripped in known:
        return load()[known[stripped]]
    found = _parametric(stripped)
    if found is not None:
        return found
    hint = "; or write gptq-int4-g128, rtn-int3-g64, 4.65bpw …"
    return load()[names.resolve(label, known, what="quantization", hint=hint)]
