"""GGUF through llama.cpp: a folder converted and quantized once and kept, or the user's own file as it is."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evals.engines.artefacts import artefact
from evals.engines.calibration import calibration, require_usable
from evals.engines.finishing import PROBE
from evals.engines.gguf_export import Source, export
from evals.engines.gguf_files import GgufFacts, facts, probe
from evals.engines.gguf_importance import importance_matrix
from evals.engines.gguf_recipes import PLAIN
from evals.engines.llama_cpp import PACKAGE, Model
from evals.engines.llama_cpp_lm import LlamaCppLM
from evals.engines.llama_cpp_tokenizers import FileTokenizer, FolderTokenizer
from evals.engines.loaded import LoadedVariant
from evals.engines.loading import Job
from evals.engines.speed import OUTPUT_TOKENS, PROMPT_TOKENS, Speed, processor
from evals.threads import threads

FILE = "model.gguf"
COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json")
ROUNDING_ONLY = 0.02  # relative change of the logits that 16-bit arithmetic explains


def load(job: Job) -> LoadedVariant:
    """Packed in memory, computed by llama.cpp."""
    return _given(job, job.local.file) if job.local.file else _converted(job)


def make(job: Job, folder: Path) -> None:
    """Convert and quantize into ``folder``, which then holds the file and the tokenizer it was made with."""
    importance = None
    if job.how.needs_calibration:
        given = calibration()
        require_usable(given, job.tokenizer, int(Source(job.local.folder).config["hidden_size"]))
        importance = importance_matrix(Source(job.local.folder), job.original, job.tokenizer, given.texts)
    export(job.local.folder, folder / FILE, str(job.how.option["file_type"]), importance, threads())
    for name in COPIED:
        if (job.local.folder / name).exists():
            shutil.copy(job.local.folder / name, folder)


def _converted(job: Job) -> LoadedVariant:
    path = artefact(job.artefact_key, lambda folder: make(job, folder), last=FILE) / FILE
    found = facts(path)
    model = Model(path, threads())
    config = job.original.config
    generation = getattr(job.original, "generation_config", config)
    ends = generation.eos_token_id if generation.eos_token_id is not None else config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends] if ends is not None else []
    length = min(config.max_position_embeddings, model.context_length)
    lm = LlamaCppLM(model, FolderTokenizer(job.tokenizer, ends), length)
    changed = _difference(job, lm)
    if job.how.option["file_type"] in PLAIN and changed > ROUNDING_ONLY:
        raise RuntimeError(
            f"{job.local.name} as {job.how.option['file_type']} in GGUF changes its logits by {changed:.1%}, more than "
            "rounding explains: the conversion is wrong for this model"
        )
    calibrated = {"calibration": calibration().facts(job.tokenizer)} if job.how.needs_calibration else {}
    return _variant(job, lm, job.tokenizer, found, {"logits_changed": changed, **calibrated})


def _given(job: Job, path: Path) -> LoadedVariant:
    """The user's file; asked for under another name than its own, it is refused."""
    found = facts(path, validate=True)
    asked = str(job.how.option["file_type"])
    if found.file_type and found.file_type != asked:
        raise ValueError(f"{path.name} holds {found.file_type}, not {asked}; ask for quantization {found.file_type}")
    probe(path)
    model = Model(path, threads())
    tokenizer = FileTokenizer(model)
    return _variant(job, LlamaCppLM(model, tokenizer), tokenizer, found, {"file": path.name})


def _variant(job: Job, lm: LlamaCppLM, tokenizer: Any, found: GgufFacts, more: dict[str, Any]) -> LoadedVariant:
    if job.how.option["file_type"] not in PLAIN and not found.quantized_weights:
        raise RuntimeError(f"{job.how.label} of {job.local.name} holds no quantized tensor: nothing was quantized")
    return LoadedVariant(
        lm=lm,
        tokenizer=tokenizer,
        weight_bytes=found.weight_bytes,
        bits_per_weight=found.bits_per_weight,
        facts={
            "device": torch.cuda.get_device_name() if lm.on_gpu and torch.cuda.is_available() else "CPU",
            "arithmetic": "llama.cpp's own, keys and values in float16",
            "engine": f"llama.cpp ({PACKAGE} {version(PACKAGE)})",
            "execution": job.how.execution,
            "parameters": found.parameters,
            "memory_bytes": found.weight_bytes,
            "tensor_types": found.types,
            "quantized_weights": found.quantized_weights,
            "quantized_bits": found.quantized_bits,
            "speed": asdict(_speed(lm)),
            **more,
        },
    )


def _difference(job: Job, lm: LlamaCppLM) -> float:
    """Relative change of the logits on the fixed text."""
    ids = job.tokenizer(PROBE, return_tensors="pt").input_ids
    with torch.inference_mode():
        before = job.original(input_ids=ids.to(job.original.device)).logits[0].float().cpu().numpy()
    after = lm.logits(ids[0].tolist())[:, : before.shape[1]]
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))


def _speed(lm: LlamaCppLM) -> Speed:
    """As the torch engines are measured: one prompt pass and one generation at a time."""
    output = min(OUTPUT_TOKENS, max(1, lm.max_length // 4))
    prompt = min(PROMPT_TOKENS, lm.max_length - output)
    prefill_s, decode_s = lm.time(prompt, output)
    return Speed(
        prefill_tokens_per_s=prompt / prefill_s,
        decode_tokens_per_s=(output - 1) / decode_s,
        prompt_tokens=prompt,
        output_tokens=output,
        working_bytes=None,
        threads=threads(),
        processor=processor(),
    )
