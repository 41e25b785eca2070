"""Quantizations that run inside transformers."""

from __future__ import annotations

from evals.catalogue.entry import Quantization

SERVERS = ("transformers", "vLLM", "SGLang")
TORCH = ("torch", "transformers")
BITSANDBYTES = (*TORCH, "bitsandbytes")
GPTQMODEL = (*TORCH, "gptqmodel", "optimum")
HALF = 16  # bits of a scale stored in half precision
SINGLE = 32


def _full(label: str, title: str, bits: int, format_: str) -> Quantization:
    return Quantization(
        label=label,
        title=title,
        method="none",
        format=format_,
        nominal_bits=bits,
        applied="none",
        execution="native",
        engines=(*SERVERS, "llama.cpp"),
    )


def _bitsandbytes(label: str, title: str, format_: str, bits: int, scale_bits: float, **more: object) -> Quantization:
    return Quantization(
        label=label,
        title=title,
        method="bitsandbytes",
        format=format_,
        nominal_bits=bits,
        scale_bits=scale_bits,
        engines=("transformers", "vLLM"),
        packages=BITSANDBYTES,
        **more,  # type: ignore[arg-type]
    )


def _rounded(bits: int, group: int | None = 128, embeddings: bool = False) -> Quantization:
    grouped = f"groups of {group}" if group else "one scale a row"
    return Quantization(
        label=f"rtn-int{bits}{f'-g{group}' if group else ''}{'-emb' if embeddings else ''}",
        title=f"Round to nearest, {bits} bits, {grouped}{', embeddings too' if embeddings else ''}",
        method="round-to-nearest",
        format=f"{bits}-bit integers, symmetric, {grouped}",
        nominal_bits=bits,
        scale_bits=HALF,
        group_size=group,
        embeddings_too=embeddings,
        execution="dequantized",
    )


def _mixed(bits: int) -> Quantization:
    return Quantization(
        label=f"rtn-mixed-int{bits}-g128",
        title=f"Round to nearest, {bits - 1} to {bits + 1} bits by layer, {bits} on average",
        method="mixed-rounding",
        format=f"{bits - 1}- to {bits + 1}-bit integers, symmetric, groups of 128",
        nominal_bits=bits,
        scale_bits=HALF,
        group_size=128,
        needs_calibration=True,
        execution="dequantized",
        note="More bits for the layers whose rounding moves the answers most, at the size of one width for all.",
    )


def _hqq(bits: int) -> Quantization:
    return Quantization(
        label=f"hqq-int{bits}-g64",
        title=f"HQQ, {bits} bits, groups of 64, no calibration",
        method="hqq",
        format=f"{bits}-bit integers with zero point, groups of 64",
        nominal_bits=bits,
        scale_bits=2 * HALF,
        group_size=64,
        packages=(*TORCH, "hqq"),
    )


def _torchao(label: str, title: str, format_: str, activations: str) -> Quantization:
    return Quantization(
        label=label,
        title=title,
        method="torchao",
        format=format_,
        nominal_bits=8,
        scale_bits=SINGLE,
        engines=("transformers", "vLLM"),
        packages=(*TORCH, "torchao"),
        options=(("activations", activations),),
    )


def _gptq(bits: int) -> Quantization:
    return Quantization(
        label=f"gptq-int{bits}-g128",
        title=f"GPTQ, {bits} bits, groups of 128",
        method="gptq",
        format=f"{bits}-bit integers, groups of 128",
        nominal_bits=bits,
        scale_bits=HALF + bits,
        group_size=128,
        needs_calibration=True,
        engines=SERVERS,
        packages=GPTQMODEL,
    )


FULL = (
    _full("fp32", "Full precision, 32 bits", 32, "FP32"),
    _full("bf16", "BFloat16, 16 bits", 16, "BF16"),
    _full("fp16", "Half precision, 16 bits", 16, "FP16"),
)
ROUNDED = (
    *(_rounded(bits) for bits in (8, 7, 6, 5, 4)),
    _rounded(4, embeddings=True),
    *(_rounded(bits) for bits in (3, 2)),
    *(_rounded(bits, group) for group in (64, 32, None) for bits in (8, 7, 6, 5, 4, 3, 2)),
)
ENTRIES = (
    *FULL,
    _bitsandbytes("llm-int8", "LLM.int8(), 8 bits", "INT8, outlier columns at 16 bits", 8, SINGLE),
    _bitsandbytes("nf4", "NormalFloat4, 4 bits", "NF4, blocks of 64", 4, SINGLE, group_size=64),
    _bitsandbytes(
        "nf4-dq",
        "NormalFloat4, 4 bits, scales quantized too",
        "NF4, blocks of 64, 8-bit scales",
        4,
        8 + SINGLE / 256,
        group_size=64,
        options=(("double", True),),
    ),
    _bitsandbytes("fp4", "Float4, 4 bits", "FP4, blocks of 64", 4, SINGLE, group_size=64, options=(("type", "fp4"),)),
    *ROUNDED,
    *(_mixed(bits) for bits in (4, 3)),
    *(_gptq(bits) for bits in (8, 4, 3, 2)),
    Quantization(
        label="awq-int4-g128",
        title="AWQ, 4 bits, groups of 128",
        method="awq",
        format="4-bit integers with zero point, groups of 128",
        nominal_bits=4,
        scale_bits=HALF + 4,
        group_size=128,
        needs_calibration=True,
        engines=SERVERS,
        packages=GPTQMODEL,
    ),
    _torchao("torchao-int8", "INT8 weights (torchao)", "INT8, one scale a row", "full"),
    _torchao("torchao-w8a8", "INT8 weights and activations (torchao)", "INT8, one scale a row and a token", "int8"),
    *(_hqq(bits) for bits in (4, 3, 2)),
)
