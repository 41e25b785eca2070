"""Measured speed and memory from CSV files, as predictions see them. Rows left out are counted by reason."""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pricing import accelerators, formats, models
from pricing.accelerators import Accelerator
from pricing.formats import Format
from pricing.models import Model
from pricing.names import UnknownName

QUANTIZATIONS = {
    "f16": "fp16",
    "4bit": "gptq-int4-g128",
    "gptq-int4": "gptq-int4-g128",
    "gptq-int8": "gptq-int8-g128",
    "awq": "awq-int4-g128",
    "fp4": "nvfp4",
    "unstated(16-bit?)": "bf16",
}
# Rows that their own neighbours contradict, from the file's notes: (GPU, cards, quant, phase, generated tokens).
WRONG_ROWS = {
    ("m1-7‑core-gpu-8gb", 1, "q4_k_m", "decode", 4096.0): "faster at 4,096 tokens than at 512",
    ("a100-sxm-80gb", 1, "f16", "prompt", None): "A100 SXM at a tenth of the PCIe card",
    ("a100-sxm-80gb", 4, "*", "*", None): "4 × A100 SXM slower than 4 × PCIe: a broken machine",
    ("rtx-5000-ada-32gb", 4, "f16", "prompt", None): "half the speed of its own Q4 row",
    ("l40s-48gb", 1, "f16", "prompt", None): "a third of the speed of its own Q4 row",
}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One measured row. ``phase`` is decode (seconds per token at ``batch``), loop (``batch`` clients in a closed
    loop: seconds per token, and to the first), run (whole run over generated tokens) or prompt (seconds a prompt).

    ``seconds`` is None where the measurement ran out of memory.
    """

    phase: str
    model: Model
    format: Format
    accelerator: Accelerator
    gpu: str
    count: int
    engine: str
    engine_label: str
    prompt_tokens: float
    output_tokens: float
    batch: float
    seconds: float | None
    first_token_s: float | None = None


@dataclass
class Observed:
    """Usable rows, and how many were left out for which reason."""

    rows: list[Observation] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def number(text: str | None) -> float | None:
    """A finite number or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def gpu_name(text: str) -> str:
    """A GPU as measurement files write it → a name the accelerators table knows."""
    name = text.replace("‑", "-").strip()
    for chip in ("M1 Max", "M2 Ultra", "M3 Max", "M1"):
        if name.startswith(chip):
            return f"Apple-{chip.replace(' ', '-')}"
    aliases = {
        "h100_sxm": "H100-SXM",
        "h200_sxm": "H200",
        "b200_sxm": "B200",
        "b300_sxm": "B300",
        "a100_sxm": "A100-80GB-SXM",
        "H100 80G": "H100-SXM",
        "A100 SXM4 80GB": "A100-80GB-SXM",
    }
    return aliases.get(name, name)


def engine_class(label: str) -> str | None:
    """The engine class that stands for a named engine."""
    text = label.lower()
    if "llama.cpp" in text or "exllama" in text:
        return "llama.cpp"
    if any(name in text for name in ("vllm", "trtllm", "tensorrt", "nim", "sglang", "mlc")):
        return "vllm"
    return None


def _identify(row: dict[str, str], engine: str) -> tuple[Model, Format, Accelerator] | str:
    """Model, format and accelerator of a row, or why it is left out."""
    if row["gpu"].upper().startswith("UNSTATED"):
        return "GPU not stated"
    name = row["model"].split("/")[-1].removesuffix("-FP8").removesuffix("-NVFP4")
    try:
        model = models.find(name)
    except UnknownName:
        return "model not in the tables"
    try:
        card = accelerators.find(gpu_name(row["gpu"]))
    except UnknownName:
        return "GPU not in the tables"
    quant = row["quant"]
    if model.experts and model.family == "gpt-oss":
        label = "mxfp4"
    elif engine == "llama.cpp" and quant.upper() in ("F16", "FP16"):
        label = "GGUF F16"
    else:
        label = QUANTIZATIONS.get(quant.lower(), quant)
    try:
        stored = formats.find(label)
    except UnknownName:
        return "quantization not in the tables"
    return model, stored, card


def _wrong(row: dict[str, str], count: int, phase: str, tokens: float | None) -> str:
    for (gpu, cards, quant, kind, generated), why in WRONG_ROWS.items():
        same = gpu == row["gpu"].lower().replace(" ", "-") and cards == count
        if same and quant in ("*", row["quant"].lower()) and kind in ("*", phase) and generated in (None, tokens):
            return why
    return ""


def read(path: Path) -> Observed:
    """Rows of a throughput file (phase, tok_s) or a latency file (tpot_ms, ttft_ms). Raises ValueError."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = set(reader.fieldnames or ())
        if {"model", "quant", "gpu", "n_gpu", "phase", "tok_s"} <= columns:
            convert = _throughput
        elif {"model", "quant", "gpu", "n_gpu", "tpot_ms", "ttft_ms", "isl", "osl", "load"} <= columns:
            convert = _latency
        else:
            wanted = "model, quant, gpu, n_gpu with phase, tok_s or with isl, osl, load, tpot_ms, ttft_ms"
            raise ValueError(f"{path.name} has the columns {', '.join(sorted(columns))}; expected {wanted}")
        found, seen = Observed(), set()
        for row in reader:
            converted = convert(row)
            if isinstance(converted, str):
                found.skipped[converted] += 1
                continue
            key = (*(row.get(column, "") for column in ("model", "quant", "gpu", "n_gpu", "engine")), converted)
            if key in seen:
                found.skipped["same row twice"] += 1
                continue
            seen.add(key)
            found.rows.append(converted)
    return found


def _throughput(row: dict[str, str]) -> Observation | str:
    phase = {"decode": "decode", "prompt": "prompt", "e2e_out": "run"}.get(row["phase"])
    if phase is None:
        return f"phase {row['phase']}"
    label = row.get("engine") or ""
    engine = engine_class(label)
    if engine is None:
        return "engine class not modelled"
    identified = _identify(row, engine)
    if isinstance(identified, str):
        return identified
    model, stored, card = identified
    if row["gpu"] == "A100" and "PCIe" in row.get("note", ""):
        card = accelerators.find("A100-80GB-PCIe")
    count = int(number(row["n_gpu"]) or 1)
    prompt, generated = number(row.get("prompt_len")) or 0.0, number(row.get("gen_len"))
    if why := _wrong(row, count, row["phase"], generated):
        return f"wrong in the source: {why}"
    rate, batch = number(row["tok_s"]), number(row.get("batch")) or 1.0
    if rate is None and row["tok_s"] != "OOM":
        return "no speed"
    tokens = prompt if phase == "prompt" else batch
    return Observation(
        phase=phase,
        model=model,
        format=stored,
        accelerator=card,
        gpu=card.name,
        count=count,
        engine=engine,
        engine_label=label,
        prompt_tokens=prompt,
        output_tokens=generated or 128.0,
        batch=batch,
        seconds=None if rate is None else tokens / rate,
    )


def _latency(row: dict[str, str]) -> Observation | str:
    load, token_ms = number(row["load"]), number(row["tpot_ms"])
    if row.get("load_type") != "concurrency" or load is None:
        return "load is not a number of clients"
    if token_ms is None:
        return "no time per token"
    identified = _identify(row, "vllm")
    if isinstance(identified, str):
        return identified
    model, stored, card = identified
    first = number(row["ttft_ms"])
    return Observation(
        phase="loop",
        model=model,
        format=stored,
        accelerator=card,
        gpu=card.name,
        count=int(number(row["n_gpu"]) or 1),
        engine="vllm",
        engine_label=row.get("engine") or "",
        prompt_tokens=number(row["isl"]) or 1.0,
        output_tokens=number(row["osl"]) or 128.0,
        batch=load,
        seconds=token_ms / 1000,
        first_token_s=None if first is None else first / 1000,
    )
