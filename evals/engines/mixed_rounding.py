"""Rounding with more bits for the layers that suffer most, at the size of one width for all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from data.files import write_atomically
from evals.engines.artefacts import artefact
from evals.engines.calibrated import usable_calibration
from evals.engines.calibration import calibration
from evals.engines.finishing import finished
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.rounding import SCALE_BITS, round_to_nearest
from evals.engines.sensitivity import allocate, layer_losses, spread
from evals.engines.stored import unique

FILE = "bits.json"


def bits_by_layer(job: Job) -> dict[str, int]:
    """Found once with calibration text and kept."""
    kept = artefact(job.artefact_key, lambda made: _make(job, made), FILE)
    found: dict[str, int] = json.loads((kept / FILE).read_text())
    return found


def quantized(job: Job) -> Any:
    """Rounded from FP32, held at full width."""
    model = job.plain(torch.float32)
    with torch.no_grad():
        for name, bits in bits_by_layer(job).items():
            weight = model.get_submodule(name).weight
            weight.copy_(round_to_nearest(weight, bits, job.how.group_size))
    return model.to(job.arithmetic)


def load(job: Job) -> LoadedVariant:
    """Accuracy as stored, memory not."""
    bits = bits_by_layer(job)
    sizes = {name: job.original.get_submodule(name).weight.numel() for name in bits}
    scales = SCALE_BITS / (job.how.group_size or 1)
    rest = sum(w.numel() for w in unique(job.original.parameters())) - sum(sizes.values())
    stored_bits = sum(sizes[name] * (bits[name] + scales) for name in bits) + 16 * rest
    facts = {"bits_by_layer": bits, "calibration": calibration().facts(job.tokenizer)}
    return finished(job, quantized(job), stored_bits=stored_bits, facts=facts)


def _make(job: Job, made: Path) -> None:
    given, mean = usable_calibration(job), int(job.how.nominal_bits)
    widths = (mean - 1, mean, mean + 1)
    losses = layer_losses(job.plain(torch.float32), job.tokenizer, spread(given), widths, job.how.group_size)
    write_atomically(made / FILE, json.dumps(allocate(losses, mean), indent=1))
