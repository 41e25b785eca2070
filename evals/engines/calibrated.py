"""GPTQ and AWQ through gptqmodel: quantized once with calibration text, kept on disk, loaded by plain transformers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from evals.engines.artefacts import artefact
from evals.engines.calibration import calibration, require_usable
from evals.engines.finishing import finished
from evals.engines.loading import Job, LoadedVariant, load_folder
from evals.engines.stored import UNQUANTIZED_BITS, linear_names, require_whole_groups, unique
from evals.plan import variant_key

BATCH_SIZE = 16
WIDTHS = {"I64": 8, "F64": 8, "I32": 4, "F32": 4, "I16": 2, "F16": 2, "BF16": 2}  # bytes; all others take one


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
    """Packed in memory. The stored size is that of the kept file: kernels repack, and keep copies of scales."""
    names = linear_names(job.original)
    weights = sum(job.original.get_submodule(name).weight.numel() for name in names)
    everything = sum(p.numel() for p in unique(job.original.parameters()))
    layers = 8 * layer_bytes(folder(job), names)
    facts = {"calibration": calibration().facts(job.tokenizer), "quantized_bits": layers / weights}
    stored_bits = layers + UNQUANTIZED_BITS * (everything - weights)
    return finished(job, quantized(job), stored_bits=stored_bits, facts=facts)


def layer_bytes(made: Path, names: Iterable[str]) -> int:
    """Bytes of all tensors that belong to these layers in the safetensors files of a folder."""
    prefixes, total = tuple(f"{name}." for name in names), 0
    for path in made.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118  (not a dictionary)
                if key.startswith(prefixes):
                    total += prod(file.get_slice(key).get_shape()) * WIDTHS.get(file.get_slice(key).get_dtype(), 1)
    return total


def _make(job: Job, made: Path) -> None:
    """Quantize into ``made``. Equal inputs give equal bytes."""
    if job.artefact_key != variant_key(job.local, job.how):
        raise ValueError(
            f"the calibration text or a package changed since {job.how.label} was planned; start a new run"
        )
    require_whole_groups(job.original, job.how.label, job.how.group_size)
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
