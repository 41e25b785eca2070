"""Quantizations whose weights were trained for them."""

from __future__ import annotations

from evals.catalogue.entry import Quantization


def _trained(bits: int) -> Quantization:
    return Quantization(
        label=f"qat-int{bits}-g128",
        title=f"Quantization-aware training, {bits} bits, groups of 128",
        method="quantization-aware training",
        format=f"{bits}-bit integers, symmetric, groups of 128",
        nominal_bits=bits,
        scale_bits=16,
        group_size=128,
        applied="QAT",
        execution="dequantized",
        note=f"Same format as rtn-int{bits}-g128; runs where a model brings weights trained for it, as tiny-1m does. "
        "A checkpoint trained elsewhere enters as an ordinary model folder.",
    )


ENTRIES = tuple(_trained(bits) for bits in (4, 3, 2))
