"""INT8 through torchao: weights alone, or weights and activations."""

from __future__ import annotations

from typing import Any

from torchao.quantization import Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig
from transformers import TorchAoConfig

from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job, load_folder
from evals.engines.stored import head_names


def quantized(job: Job) -> Any:
    """One scale a row; not yet run."""
    both = job.how.option.get("activations") == "int8"
    recipe = Int8DynamicActivationInt8WeightConfig() if both else Int8WeightOnlyConfig()
    return load_folder(
        job.local.folder,
        device_map=job.device,
        dtype=job.arithmetic,
        quantization_config=TorchAoConfig(recipe, modules_to_not_convert=head_names(job.original)),
    )


def load(job: Job) -> LoadedVariant:
    """Packed in memory."""
    return finished(job, quantized(job))
