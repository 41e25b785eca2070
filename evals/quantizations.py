"""The catalogue of quantizations that can be run here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evals.names import known

Method = Literal["none", "bitsandbytes", "round-to-nearest", "gptq"]


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """Method + format + bits. ``nominal_bits`` is the width of one code, without scales.

    ``execution`` says what happens in memory: "packed" weights stay small, "dequantized" ones are rounded to
    the format and then computed with at full width, so they show the accuracy but not the speed or memory.
    """

    label: str
    title: str
    method: Method
    nominal_bits: float
    group_size: int | None = None
    embeddings_too: bool = False
    needs_calibration: bool = False
    applied: Literal["none", "PTQ", "QAT"] = "PTQ"
    execution: Literal["packed", "dequantized", "native"] = "packed"
    packages: tuple[str, ...] = ("torch", "transformers")


def _rounded(bits: int, group: int = 128, embeddings: bool = False) -> Quantization:
    return Quantization(
        label=f"rtn-int{bits}-g{group}{'-emb' if embeddings else ''}",
        title=f"Round to nearest, {bits} bits, groups of {group}{', embeddings too' if embeddings else ''}",
        method="round-to-nearest",
        nominal_bits=bits,
        group_size=group,
        embeddings_too=embeddings,
        execution="dequantized",
    )


QUANTIZATIONS: dict[str, Quantization] = {
    q.label: q
    for q in (
        Quantization(
            label="fp32",
            title="Full precision, 32 bits",
            method="none",
            nominal_bits=32,
            applied="none",
            execution="native",
        ),
        Quantization(
            label="bf16", title="BFloat16, 16 bits", method="none", nominal_bits=16, applied="none", execution="native"
        ),
        Quantization(
            label="llm-int8",
            title="LLM.int8(), 8 bits",
            method="bitsandbytes",
            nominal_bits=8,
            packages=("torch", "transformers", "bitsandbytes"),
        ),
        Quantization(
            label="nf4",
            title="NormalFloat4, 4 bits",
            method="bitsandbytes",
            nominal_bits=4,
            group_size=64,
            packages=("torch", "transformers", "bitsandbytes"),
        ),
        _rounded(8),
        _rounded(4),
        _rounded(4, embeddings=True),
        _rounded(3),
        _rounded(2),
        Quantization(
            label="gptq-int4-g128",
            title="GPTQ, 4 bits, groups of 128",
            method="gptq",
            nominal_bits=4,
            group_size=128,
            needs_calibration=True,
            packages=("torch", "transformers", "gptqmodel", "optimum"),
        ),
    )
}
BASELINES = ("bf16", "fp16", "fp32")


def quantization(label: str) -> Quantization:
    """The catalogue entry; an unknown label is answered with the nearest ones."""
    return QUANTIZATIONS[known("quantization", label, QUANTIZATIONS)]
