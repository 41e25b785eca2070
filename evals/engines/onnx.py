"""ONNX through ONNX Runtime on the processor: a folder exported and quantized once and kept, or the user's own file.

The full-precision export is kept apart from what is quantized from it, and its logits are held against transformers
before anything is made of it.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from evals.engines.artefacts import artefact
from evals.engines.classifier_lm import ClassifierLM, is_classifier
from evals.engines.finishing import PROBE, difference
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.onnx_export import export_classifier, export_decoder, quantize
from evals.engines.onnx_files import OnnxFacts, facts
from evals.engines.onnx_model import Graph, OnnxClassifier, OnnxDecoder
from evals.engines.speed import measured_speed
from evals.engines.stored import head_names, unique
from evals.models import LocalModel
from evals.quantizations import quantization

FILE = "model.onnx"
FULL = "onnx-fp32"
ROUNDING_ONLY = 1e-4  # relative change of the logits that another order of summing explains
ARITHMETIC = {"onnx-fp32": "float32", "onnx-int8": "int8, activations scaled at each pass"}


def load(job: Job) -> LoadedVariant:
    """Packed in memory, computed by ONNX Runtime.

    Activations share one scale a pass, so in a batch the items would move each other's answers: one at a time.
    """
    if job.local.file:
        found = facts(job.local.file)
        _require_kind(job, job.local.file, found)
        return _variant(job, job.local.file, found, {"file": job.local.file.name})
    path = artefact(job.artefact_key, lambda folder: _make(job, folder), last=FILE) / FILE
    found = facts(path)
    if job.how.nominal_bits < 32 and not found.quantized_weights:
        raise RuntimeError(f"{job.how.label} of {job.local.name} holds no quantized tensor: nothing was quantized")
    original = job.plain(torch.float32).cpu()
    changed = difference(original, _model(job.local, Graph(path)), job.tokenizer)
    if job.how.label != FULL and changed == 0:
        raise RuntimeError(f"{job.how.label} left the logits of {job.local.name} unchanged: nothing was quantized")
    parameters = sum(parameter.numel() for parameter in unique(original.parameters()))  # without constants of the graph
    return _variant(job, path, replace(found, parameters=parameters), {"logits_changed": changed})


def _make(job: Job, folder: Path) -> None:
    """Export into ``folder``, or quantize there what was exported before."""
    if job.how.label == FULL:
        _export(job, folder)
        return
    from evals.plan import variant_key

    full = Job(job.local, quantization(FULL), variant_key(job.local, quantization(FULL)))
    exported = artefact(full.artefact_key, lambda made: _make(full, made), last=FILE)
    quantize(exported / FILE, folder / FILE, head_names(job.original))


def _export(job: Job, folder: Path) -> None:
    model = job.plain(torch.float32).cpu()
    try:
        (export_classifier if is_classifier(job.local.folder) else export_decoder)(model, folder / FILE)
    except Exception as error:  # the exporter raises whatever the model's own code does
        raise ValueError(
            f"{job.local.name} ({type(model).__name__}) cannot be exported to ONNX here: {str(error)[:200]}; export it "
            "yourself, for instance with optimum, and give the .onnx file as the model"
        ) from error
    again = _model(job.local, Graph(folder / FILE))
    changed = difference(job.plain(torch.float32).cpu(), again, job.tokenizer)
    if changed > ROUNDING_ONLY or (drift := _drift_of_steps(again, job.tokenizer)) > ROUNDING_ONLY:
        by = changed if changed > ROUNDING_ONLY else drift
        raise RuntimeError(
            f"{job.local.name} as an ONNX file changes its logits by {by:.1%}, more than rounding explains: the export "
            "is wrong for this model"
        )


def _drift_of_steps(model: Any, tokenizer: Any) -> float:
    """Relative difference between a text read at once and its last token read after the others; 0 for a classifier."""
    if isinstance(model, OnnxClassifier):
        return 0.0
    ids = tokenizer(PROBE, return_tensors="pt").input_ids
    with torch.inference_mode():
        whole = model(input_ids=ids).logits[:, -1]
        before = model(input_ids=ids[:, :-1])
        last = model(input_ids=ids[:, -1:], past_key_values=before.past_key_values).logits[:, -1]
    return float((last - whole).norm() / whole.norm())


def _require_kind(job: Job, path: Path, found: OnnxFacts) -> None:
    if not found.kind:
        raise ValueError(
            f"{path.name} holds {found.told}; known here are 32-bit floats and ONNX Runtime's 8-bit integers"
        )
    if found.kind != job.how.label:
        raise ValueError(f"{path.name} holds {found.told}, not {job.how.label}; ask for quantization {found.kind}")


def _model(local: LocalModel, graph: Graph) -> Any:
    config = AutoConfig.from_pretrained(local.folder, trust_remote_code=False)
    return (OnnxClassifier if is_classifier(local.folder) else OnnxDecoder)(config, graph)


def _variant(job: Job, path: Path, found: OnnxFacts, more: dict[str, Any]) -> LoadedVariant:
    model = _model(job.local, Graph(path))
    lm = ClassifierLM(model, job.tokenizer) if isinstance(model, OnnxClassifier) else None
    speed = {}
    if lm is None and model.graph.past:
        speed = {"speed": measured_speed(model, int(model.config.max_position_embeddings))}
    beside = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
    return LoadedVariant(
        model=None if lm else model,
        lm=lm,
        tokenizer=job.tokenizer,
        weight_bytes=found.weight_bytes,
        bits_per_weight=found.bits_per_weight,
        batch_size=1,
        facts={
            "device": "CPU",
            "arithmetic": ARITHMETIC[job.how.label],
            "engine": f"ONNX Runtime {version('onnxruntime')}",
            "execution": job.how.execution,
            "parameters": found.parameters,
            "memory_bytes": found.weight_bytes,
            "file_bytes": sum(each.stat().st_size for each in beside),
            "quantized_weights": found.quantized_weights,
            "quantized_bits": found.quantized_bits,
            **speed,
            **more,
        },
    )
