"""A variant as a folder that plain transformers loads."""

from __future__ import annotations

from pathlib import Path

from evals.engines.families import family
from evals.engines.loading import Job
from evals.models import LocalModel
from evals.quantizations import Quantization


def export_variant(local: LocalModel, how: Quantization, artefact_key: str, folder: Path) -> None:
    """Save before any forward pass: bitsandbytes repacks 4-bit weights in the first one and then saves them wrong."""
    job = Job(local, how, artefact_key)
    family(how.method).quantized(job).save_pretrained(folder)
    job.tokenizer.save_pretrained(folder)
