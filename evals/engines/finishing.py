"""From a quantized torch model to a variant: run it once, look whether it was quantized, count what it holds."""

from __future__ import annotations

from typing import Any

import torch

from evals.engines.classifier_lm import ClassifierLM, is_classifier
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.speed import measured_speed
from evals.engines.stored import UNQUANTIZED_BITS, Stored, linear_names, stored
from evals.engines.vision import VisionLM, is_vision

PROBE = "Stock: lamp34, chair17. What is 12 plus 30?"


def finished(
    job: Job, model: Any, stored_bits: float | None = None, facts: dict[str, Any] | None = None
) -> LoadedVariant:
    """The variant. ``stored_bits`` is the stored size in bits of families whose weights are held dequantized."""
    model.eval()
    how = job.how
    changed = difference(job.original, model, job.tokenizer) if model is not job.original else 0.0
    if how.method != "none" and changed == 0:
        raise RuntimeError(f"{how.label} left the logits of {job.local.name} unchanged: nothing was quantized")
    found = stored(job.original, model, full_bits=min(how.nominal_bits, 32) if how.method == "none" else 16)
    bits = found.bits if stored_bits is None else stored_bits
    known = {
        "device": torch.cuda.get_device_name() if job.device == "cuda" else "CPU",
        "arithmetic": str(job.arithmetic).removeprefix("torch."),
        "execution": how.execution,
        "parameters": found.parameters,
        "memory_bytes": found.memory_bytes,
        "logits_changed": changed,
        **_layers(job, found),
        **(facts or {}),
    }
    lm = _own_lm(job, model)
    if lm is None:
        known["speed"] = measured_speed(model, int(model.config.max_position_embeddings))
    return LoadedVariant(
        model=None if lm else model,
        lm=lm,
        tokenizer=job.tokenizer,
        weight_bytes=round(bits / 8),
        bits_per_weight=bits / found.parameters,
        facts=known,
    )


def _own_lm(job: Job, model: Any) -> Any:
    """What asks models that are no plain language models; None for those."""
    if is_classifier(job.local.folder):
        return ClassifierLM(model, job.tokenizer)
    return VisionLM(model, job.local.folder) if is_vision(job.local.folder) else None


def _layers(job: Job, found: Stored) -> dict[str, Any]:
    if job.how.execution != "packed":
        return {}
    if not found.quantized_weights:
        raise RuntimeError(
            f"{job.how.label} left {len(linear_names(job.original))} layers of {job.local.name} at full width in memory"
        )
    held = "dequantized" if found.quantized_bits and found.quantized_bits > UNQUANTIZED_BITS else job.how.execution
    return {"quantized_weights": found.quantized_weights, "quantized_bits": found.quantized_bits, "execution": held}


def difference(original: Any, model: Any, tokenizer: Any) -> float:
    """Relative change of the logits on a fixed text."""
    ids = tokenizer(PROBE, return_tensors="pt").input_ids.to(original.device)
    with torch.inference_mode():
        before, after = original(input_ids=ids).logits.float(), model(input_ids=ids).logits.float()
    return float((after - before).norm() / before.norm())
