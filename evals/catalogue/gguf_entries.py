"""Quantizations that llama.cpp executes from GGUF files."""

from __future__ import annotations

from typing import Any

from evals.catalogue.entry import Quantization

SERVERS = ("llama.cpp", "Ollama", "LM Studio", "vLLM")


def _gguf(file_type: str, title: str, bits: int, block: int, stored_bytes: int, **more: Any) -> Quantization:
    """``block`` weights of its main format take ``stored_bytes``; some tensors of a mixture take more."""
    imatrix = more.get("needs_calibration", False)
    return Quantization(
        label=more.pop("label", file_type),
        title=f"GGUF {file_type}, {title}{', importance matrix' if imatrix else ''}",
        method="gguf",
        format=f"GGUF {file_type}",
        nominal_bits=bits,
        scale_bits=stored_bytes * 8 - bits * block,
        group_size=block if block > 1 else None,
        embeddings_too=True,
        engine="llama.cpp",
        engines=SERVERS,
        packages=("xllamacpp", "gguf"),
        options=(("file_type", file_type),),
        note="a mixture: llama.cpp gives the tensors that matter most more bits" if block == 256 else "",
        **more,
    )


IMPORTANCE: dict[str, Any] = {"needs_calibration": True}
ENTRIES = (
    _gguf("F16", "16 bits", 16, 1, 2, label="gguf-f16", applied="none", execution="native"),
    _gguf("Q8_0", "8 bits", 8, 32, 34),
    _gguf("Q6_K", "6 bits", 6, 256, 210),
    _gguf("Q5_K_M", "5 bits and more", 5, 256, 176),
    _gguf("Q5_K_S", "5 bits", 5, 256, 176),
    _gguf("Q4_K_M", "4 bits and more", 4, 256, 144),
    _gguf("Q4_K_M", "4 bits and more", 4, 256, 144, label="Q4_K_M-imatrix", **IMPORTANCE),
    _gguf("Q4_K_S", "4 bits", 4, 256, 144),
    _gguf("Q4_0", "4 bits", 4, 32, 18),
    _gguf("IQ4_XS", "4 bits", 4, 256, 136, **IMPORTANCE),
    _gguf("Q3_K_L", "3 bits and much more", 3, 256, 110),
    _gguf("Q3_K_M", "3 bits and more", 3, 256, 110),
    _gguf("Q3_K_S", "3 bits", 3, 256, 110),
    _gguf("IQ3_XXS", "3 bits", 3, 256, 98, **IMPORTANCE),
    _gguf("Q2_K", "2 bits and more", 2, 256, 84),
    _gguf("Q2_K", "2 bits and more", 2, 256, 84, label="Q2_K-imatrix", **IMPORTANCE),
    _gguf("IQ2_M", "2 bits and more", 2, 256, 82, **IMPORTANCE),
    _gguf("IQ2_XXS", "2 bits", 2, 256, 66, **IMPORTANCE),
)
