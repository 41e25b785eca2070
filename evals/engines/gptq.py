"""GPTQ through gptqmodel: quantized once with calibration text, kept on disk, loaded by plain transformers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from evals.engines.artefacts import artefact
from evals.engines.calibration import calibration_texts
from evals.engines.finishing import finished
from evals.engines.loading import Job, LoadedVariant, load_folder


def quantized(job: Job) -> Any:
    """The model of the kept folder, made first if it is not there."""
    return load_folder(
        artefact(job.artefact_key, lambda folder: make(job, folder)), device_map=job.device, dtype=job.arithmetic
    )


def make(job: Job, folder: Path) -> None:
    """Quantize into ``folder``. Equal inputs give equal bytes."""
    os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")  # its loader asks for two and fails on machines that give one
    from gptqmodel import GPTQModel, QuantizeConfig

    config = QuantizeConfig(bits=int(job.how.nominal_bits), group_size=job.how.group_size, device=job.device)
    quantizer = GPTQModel.load(str(job.local.folder), config)
    quantizer.quantize(calibration_texts(), batch_size=1)
    quantizer.save(str(folder))


def load(job: Job) -> LoadedVariant:
    """Packed in memory."""
    return finished(job, quantized(job))
