"""Quantizations that ONNX Runtime executes: the form that browsers and phones use."""

from __future__ import annotations

from typing import Any

from evals.catalogue.entry import Quantization

NOTE = "Embeddings and output matrix stay at 32 bits in the file; runs on the processor alone."


def _onnx(label: str, title: str, format_: str, bits: int, **more: Any) -> Quantization:
    return Quantization(
        label=label,
        title=title,
        method="onnx",
        format=format_,
        nominal_bits=bits,
        engine="ONNX Runtime",
        engines=("ONNX Runtime", "transformers.js"),
        devices=("cpu",),
        packages=("torch", "transformers", "onnx", "onnxruntime", "onnxscript"),
        **more,
    )


ENTRIES = (
    _onnx("onnx-fp32", "ONNX, 32 bits", "ONNX, FP32", 32, applied="none", execution="native"),
    _onnx(
        "onnx-int8",
        "ONNX, INT8 weights and activations",
        "ONNX, INT8, one scale a column and a pass",
        8,
        scale_bits=40,  # a 32-bit scale and an 8-bit zero point
        note=NOTE,
    ),
)
