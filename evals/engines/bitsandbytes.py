"""LLM.int8(), NF4 and FP4 through bitsandbytes."""

from __future__ import annotations

from typing import Any

from transformers import BitsAndBytesConfig

from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job, load_folder
from evals.engines.stored import head_names


def quantized(job: Job) -> Any:
    """The model with its linear layers replaced; not yet run."""
    options = job.how.option
    kept = head_names(job.original)
    config = (
        BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=kept)
        if job.how.nominal_bits == 8
        else BitsAndBytesConfig(
            load_in_4bit=True,
            llm_int8_skip_modules=kept,
            bnb_4bit_quant_type=str(options.get("type", "nf4")),
            bnb_4bit_use_double_quant=bool(options.get("double", False)),
            bnb_4bit_compute_dtype=job.arithmetic,
        )
    )
    return load_folder(job.local.folder, device_map=job.device, dtype=job.arithmetic, quantization_config=config)


def load(job: Job) -> LoadedVariant:
    """Quantized on load, packed in memory."""
    return finished(job, quantized(job))
