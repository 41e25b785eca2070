"""Quantizations that use CUDA kernels, on the GPU of this machine: answers of the tiny family, speed of a large one.

The large model has the shape of an 8B and random weights: its speed and memory are real, its answers are noise and are
not taken. Nothing is simulated, and without a GPU nothing is checked.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from data.models.generators import GENERATORS, sample
from evals.engines.calibration import SEED, VARIABLE
from evals.engines.harness import Harness, ItemResult
from evals.engines.variants import load_variant
from evals.home import home
from evals.models import FAMILY, LocalModel, model
from evals.plan import variant_key, versions
from evals.quantizations import quantization
from evals.tasks import task

QUANTIZATIONS = ("bf16", "llm-int8", "nf4", "nf4-dq", "gptq-int4-g128", "awq-int4-g128", "torchao-int8", "hqq-int4-g64")
LARGE_QUANTIZATIONS = ("bf16", "llm-int8", "nf4", "gptq-int4-g128", "awq-int4-g128")
TASKS = ("classification", "math")
LARGE = "random weights, shape of an 8B"
SHAPE_OF_8B = {
    **{"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "vocab_size": 128256},
    **{"num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 8192, "rope_theta": 500000.0},
}
TEXTS_PER_TASK = 250  # about 60,000 tokens: more than the widest layer of an 8B has inputs
KEPT_FACTS = ("device", "execution", "memory_bytes", "quantized_bits", "logits_changed", "speed")


def no_gpu() -> str:
    """Why nothing can be checked; "" where there is a GPU."""
    return "" if torch.cuda.is_available() else "no CUDA GPU here: nothing was checked"


def check(names: Sequence[str], labels: Sequence[str], items: int) -> list[dict[str, Any]]:
    """A row for every variant: scores of the first items of two tasks, speed, memory, or why it failed."""
    return [checked(model(name), label, items) for name in names for label in labels]


def checked(local: LocalModel, label: str, items: int, name: str = "") -> dict[str, Any]:
    """One variant; ``items`` 0 takes speed and memory alone."""
    started = time.perf_counter()
    row: dict[str, Any] = {"model": name or local.name, "quantization": label}
    try:
        variant = load_variant(local, quantization(label), variant_key(local, quantization(label)))
        row |= {"bits_per_weight": variant.bits_per_weight, "weight_bytes": variant.weight_bytes}
        row |= {fact: variant.facts.get(fact) for fact in KEPT_FACTS}
        row["scores"] = {name: _score(Harness(variant), name, items) for name in TASKS} if items else {}
        row["failed"] = ""
    except Exception as error:  # whatever a kernel raises is the finding
        row["failed"] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return {**row, "seconds": round(time.perf_counter() - started, 2)}


def large_rows(labels: Sequence[str], shape: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Speed and memory of the large model; it lies on disk in 16 bits while it is checked."""
    if not labels:
        return []
    with _large(shape or SHAPE_OF_8B) as local:
        rows = []
        for label in labels:
            rows.append(checked(local, label, 0, LARGE))
            shutil.rmtree(home() / "quantized" / variant_key(local, quantization(label)), ignore_errors=True)
        return rows


@contextmanager
def _large(shape: dict[str, Any]) -> Iterator[LocalModel]:
    """A folder with random weights, our tokenizer, and calibration text long enough for its widest layer."""
    home().mkdir(parents=True, exist_ok=True)
    before = os.environ.get(VARIABLE)
    with tempfile.TemporaryDirectory(dir=home(), prefix=".gpu-check-") as temporary:
        folder = Path(temporary) / "large"
        torch.manual_seed(0)
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            made = AutoModelForCausalLM.from_config(LlamaConfig(**shape), dtype=torch.bfloat16)
        made.save_pretrained(folder)
        del made
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(FAMILY / "tiny-1m" / name, folder)
        texts = [i.prompt + i.answer for group in GENERATORS for i in sample(group, "train", SEED, TEXTS_PER_TASK)]
        text = Path(temporary) / "text.jsonl"
        text.write_text("\n".join(json.dumps({"text": each}) for each in texts), encoding="utf-8")
        os.environ[VARIABLE] = str(text)
        try:
            yield model(str(folder))
        finally:
            os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})


def report(rows: Sequence[dict[str, Any]], command: str) -> dict[str, Any]:
    """What is written: the rows with their hardware, versions and command."""
    packages = ("torch", "transformers", "bitsandbytes", "gptqmodel", "torchao", "hqq")
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "device": device,
        "cuda": torch.version.cuda,
        "packages": versions(packages),
        "rows": list(rows),
    }


def _score(harness: Harness, name: str, items: int) -> float:
    found: list[ItemResult] = []
    what = task(name)
    harness.run(what, range(min(items, what.n_items)), found.append)
    return sum(item.metrics[what.metric] for item in found) / len(found)
