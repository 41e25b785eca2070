"""GPTQ and AWQ through gptqmodel: quantized once with calibration text, kept on disk, loaded by plain transformers."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch

from evals.engines.artefacts import artefact
from evals.engines.calibration import calibration, require_usable
from evals.engines.finishing import finished
from evals.engines.loading import Job, LoadedVariant, load_folder
from evals.engines.stored import linear_names, require_whole_groups
from evals.plan import variant_key

BATCH_SIZE = 16


def folder(job: Job) -> Path:
    """The kept folder, made first if it is not there."""
    return artefact(job.artefact_key, lambda made: _make(job, made))


def quantized(job: Job) -> Any:
    """The model of the kept folder; not yet run."""
    # Compiling the unpacking of a layer takes longer than these models take to evaluate.
    torch.compiler.set_stance("force_eager")
    with redirect_stdout(sys.stderr):
        return load_folder(folder(job), device_map=job.device, dtype=job.arithmetic)


def load(job: Job) -> LoadedVariant:
    """Packed in memory."""
    return finished(job, quantized(job), facts={"calibration": calibration().facts(job.tokenizer)})


def _make(job: Job, made: Path) -> None:
    """Quantize into ``made``. Equal inputs give equal bytes."""
    if job.artefact_key != variant_key(job.local, job.how):
        raise ValueError(
            f"the calibration text or a package changed since {job.how.label} was planned; start a new run"
        )
    require_whole_groups(job.original, job.how)
    given = calibration()
    widest = max(job.original.get_submodule(name).weight.shape[1] for name in linear_names(job.original))
    require_usable(given, job.tokenizer, widest)
    # Its loader asks for two workers and fails where the machine gives one.
    os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")
    with redirect_stdout(sys.stderr):
        from gptqmodel import BACKEND, GPTQModel, QuantizeConfig
        from gptqmodel.quantization.config import AWQConfig

        torch.compiler.set_stance("force_eager")
        bits, group = int(job.how.nominal_bits), job.how.group_size
        if job.how.method == "awq":
            quantizer = GPTQModel.load(
                str(job.local.folder), AWQConfig(bits=bits, group_size=group, device=job.device), dtype=torch.bfloat16
            )
            quantizer.quantize(list(given.texts), batch_size=1, backend=BACKEND.AWQ_TORCH)
        else:
            quantizer = GPTQModel.load(
                str(job.local.folder), QuantizeConfig(bits=bits, group_size=group, device=job.device)
            )
            quantizer.quantize(list(given.texts), batch_size=BATCH_SIZE)
        quantizer.save(str(made))
    job.tokenizer.save_pretrained(made)
