"""Which module loads which method.

A family is a module with ``load(job: Job) -> LoadedVariant``; one whose models can be saved as a Hugging Face folder
also has ``quantized(job: Job)``, the model before it was ever run, or ``exportable(job: Job)`` if that is another one.
Modules are imported when first needed, so that a
missing package of one does not keep the others from running.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from evals.names import known

FAMILIES = {
    "none": "evals.engines.plain",
    "round-to-nearest": "evals.engines.rounding",
    "mixed-rounding": "evals.engines.mixed_rounding",
    "quantization-aware training": "evals.engines.trained",
    "bitsandbytes": "evals.engines.bitsandbytes",
    "gptq": "evals.engines.calibrated",
    "awq": "evals.engines.calibrated",
    "autoround": "evals.engines.calibrated",
    "torchao": "evals.engines.torchao",
    "hqq": "evals.engines.hqq",
    "gguf": "evals.engines.gguf",
    "onnx": "evals.engines.onnx",
}


def family(method: str) -> ModuleType:
    """The module; an unknown method is answered with the nearest ones."""
    return import_module(FAMILIES[known("method", method, FAMILIES)])
