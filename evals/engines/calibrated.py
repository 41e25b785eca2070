"""GPTQ and AWQ through gptqmodel, AutoRound through its own package.

Quantized once with calibration text, kept on disk as a folder, loaded by plain transformers.
"""

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
from evals.engines.calibration import Calibration, calibration, require_usable
from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job, load_folder
from evals.engines.stored import UNQUANTIZED_BITS, linear_names, require_whole_groups, unique
from evals.plan import variant_key

BATCH_SIZE = 16
ITERATIONS = 200  # of AutoRound, its own default
WINDOW = 128
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


def usable_calibration(job: Job) -> Calibration:
    """The calibration text, if it is that of the plan and fit for this model."""
    if job.artefact_key != variant_key(job.local, job.how):
        raise ValueError(
            f"the calibration text or a package changed since {job.how.label} was planned; start a new run"
        )
    require_whole_groups(job.original, job.how.label, job.how.group_size)
    given = calibration()
    widest = max(job.original.get_submodule(name).weight.shape[1] for name in linear_names(job.original))
    require_usable(given, job.tokenizer, widest)
    return given


def _make(job: Job, made: Path) -> None:
    """Quantize into ``made``. Equal inputs give equal bytes."""
    given = usable_calibration(job)
    if job.how.method == "autoround":
        _autoround(job, given, made)
    else:
        _gptqmodel(job, given, made)
    job.tokenizer.save_pretrained(made)


def _gptqmodel(job: Job, given: Calibration, made: Path) -> None:
    # Its loader asks for two workers and fails where the machine gives one.
    os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")
    torch.compiler.set_stance("force_eager")
    with redirect_stdout(sys.stderr):
        from gptqmodel import BACKEND, GPTQModel, QuantizeConfig
        from gptqmodel.quantization.config import AWQConfig

        recipe = {"bits": int(job.how.nominal_bits), "group_size": job.how.group_size, "device": job.device}
        if job.how.method == "awq":
            quantizer = GPTQModel.load(str(job.local.folder), AWQConfig(**recipe), dtype=torch.bfloat16)
            quantizer.quantize(list(given.texts), batch_size=1, backend=BACKEND.AWQ_TORCH)
        else:
            quantizer = GPTQModel.load(str(job.local.folder), QuantizeConfig(**recipe))
            quantizer.quantize(list(given.texts), batch_size=BATCH_SIZE)
        quantizer.save(str(made))


def _autoround(job: Job, given: Calibration, made: Path) -> None:
    with redirect_stdout(sys.stderr):
        from auto_round import AutoRound

        rows = windows(job, given)
        recipe = {"bits": int(job.how.nominal_bits), "group_size": job.how.group_size, "iters": ITERATIONS}
        data = {"dataset": list(rows), "nsamples": len(rows), "seqlen": rows[0].shape[1], "batch_size": 4}
        rounder = AutoRound(
            job.plain(torch.float32), job.tokenizer, **recipe, **data, device_map=job.device, enable_torch_compile=False
        )
        rounder.quantize_and_save(str(made), format="auto_gptq")
    written = next(made.rglob("config.json")).parent  # in a folder of its own below the one asked for
    if written != made:
        for path in list(written.iterdir()):
            path.rename(made / path.name)


def windows(job: Job, given: Calibration) -> list[torch.Tensor]:
    """The texts one after the other, cut into rows of 128 tokens: shorter ones would be skipped."""
    ids = [i for text in given.texts for i in job.tokenizer(text).input_ids]
    length = min(WINDOW, len(ids))
    return [torch.tensor([ids[at : at + length]]) for at in range(0, len(ids) - length + 1, length)]
