"""Which model a name means, whatever format it was stored in."""

from __future__ import annotations

import re

from evals.importing.labels import FULL, NAMED

OF_FORMATS = {
    *FULL, "4bit", "8bit", "autogptq", "autoround", "bnb", "dynamic", "gguf", "hf", "imatrix", "int", "marlin", "mlx",
    "onnx", "quant", "quantized", "static", "sym", "asym", "g32", "g64", "g128", "32g", "64g", "128g",
}  # fmt: skip


def base_name(model: str) -> str:
    """The name without its owner and without words for a format: ``TheBloke/Llama-8B-AWQ`` → ``llama 8b``."""
    low = model.rsplit("/", 1)[-1].casefold()
    for pattern, _ in NAMED:
        low = re.sub(pattern, " ", low)
    return " ".join(word for word in re.split(r"[^a-z0-9.]+", low) if word and word not in OF_FORMATS)
