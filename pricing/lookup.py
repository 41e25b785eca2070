"""Names as measurement files write them → models, formats, accelerators and engines that the tables know."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache

from pricing import accelerators, formats, models, names, speed, tables
from pricing.accelerators import Accelerator
from pricing.formats import Format
from pricing.models import Model
from pricing.names import UnknownName

QUANTIZATIONS = {
    "": "bf16",
    "16bit": "bf16",
    "4bit": "gptq-int4-g128",
    "int4": "gptq-int4-g128",
    "gptq": "gptq-int4-g128",
    "gptq-int4": "gptq-int4-g128",
    "gptq-int8": "gptq-int8-g128",
    "awq": "awq-int4-g128",
    "awq-int4": "awq-int4-g128",
    "fp4": "nvfp4",
    "fp8-block": "fp8",
}
GPUS = {
    "a100": "A100-80GB-SXM",
    "a100-sxm4": "A100-80GB-SXM",
    "h100": "H100-SXM",
    "h100-hgx": "H100-SXM",
    "h200-hgx": "H200",
    "b200-hgx": "B200",
    "gb200": "B200",
    "gb300": "B300",
    "rtx-pro-6000-blackwell": "RTXPRO6000",
    "rtx-pro-6000-blackwell-server": "RTXPRO6000",
    "rtx-pro-6000-blackwell-server-edition": "RTXPRO6000",
    "rtx-pro-6000-server-edition": "RTXPRO6000",
}
ENGINES = (  # word in the label → (family with constants of its own, engine class)
    ("exllama", "exllamav2", "llama.cpp"),
    ("llama.cpp", "llama.cpp", "llama.cpp"),
    ("llamacpp", "llama.cpp", "llama.cpp"),
    ("ollama", "llama.cpp", "llama.cpp"),
    ("mlc", "mlc", "vllm"),
    ("sglang", "sglang", "vllm"),
    ("trt", "tensorrt-llm", "vllm"),
    ("tensorrt", "tensorrt-llm", "vllm"),
    ("nim", "tensorrt-llm", "vllm"),
    ("vllm", "vllm", "vllm"),
)
_APPLE = re.compile(r"\bM(\d)(?: (Pro|Max|Ultra))?\b", re.IGNORECASE)
_MEMORY = re.compile(r"[\s_-]*\b(\d+)\s*G(?:i?B)?\b.*$", re.IGNORECASE)
_VENDOR = re.compile(
    r"\b(virtualized|nvidia|amd|instinct|geforce|tesla|radeon|quadro|apple|hbm\d\w?|gddr\d\w?)\b", re.IGNORECASE
)
_TAIL = re.compile(
    r"-(instruct|chat|it|hf|base|fp8|nvfp4|fp4|mxfp4|bf16|fp16|awq|gptq|int[48]|w\d+a\d+|gguf|dynamic|block|\d{4})$"
)
_SIZE = re.compile(r"(?<![a-z\d.])(\d+(?:\.\d+)?)b(?![a-z])", re.IGNORECASE)


def engine(label: str) -> tuple[str, str] | None:
    """(family, engine class) of a server as a file names it; None for one that has no constants."""
    text = label.lower()
    for word, family, kind in ENGINES:
        if word in text:
            # Without a version: vLLM of November 2023 in llm-perf-bench, far from today's on PCIe.
            return ("vllm-2023" if text.strip() in ("vllm tp", "vllm 0.2") else family), kind
    return None


@lru_cache(maxsize=512)
def accelerator(text: str, note: str = "") -> Accelerator | None:
    """A card as a file names it; None where no table has it.

    The form factor may stand in the note. Unified memory, and a card sold in sizes, take the size in the name.
    """
    name = text.replace("‑", "-").strip()
    size = _MEMORY.search(name)
    if apple := _APPLE.search(name):
        try:
            chip = accelerators.find("-".join(filter(None, ("Apple", f"M{apple[1]}", apple[2]))))
        except UnknownName:
            return None
        return replace(chip, memory_gib=accelerators.metal_gib(float(size[1]))) if size else chip
    short = _MEMORY.sub("", _VENDOR.sub(" ", name)).strip(" -_")
    folded = names.folded(short).strip("-")
    pcie = "pcie" in f"{folded} {note.lower()}"
    if re.fullmatch(r"(a100|h100)(-?(sxm\d?|pcie))?", folded):
        small = "-40GB" if size and size[1] == "40" else "-80GB-PCIe" if pcie else "-80GB-SXM"
        folded = f"a100{small}" if folded.startswith("a100") else "H100-PCIe" if pcie else "H100-SXM"
        return accelerators.find(folded)
    for candidate in (name, short, folded, GPUS.get(folded, ""), re.sub(r"-?(sxm\d?|pcie|hgx)$", "", folded)):
        for spelled in (candidate, GPUS.get(candidate, ""), candidate.replace("-", "")):
            try:
                return accelerators.find(spelled)
            except UnknownName:
                continue
    return None


@lru_cache(maxsize=1)
def _measured_models() -> dict[str, Model]:
    """Models that measurements name and the models table does not hold, by folded name and alias."""
    found: dict[str, Model] = {}
    for row in tables.rows("models_measured"):
        texts = {field: row[field] for field in ("name", "family", "source", "date")}
        counts = {field: int(text) for field, text in row.items() if field not in (*texts, "aliases") and text}
        made = Model(**texts, **counts, aliases=tables.names(row["aliases"]))  # type: ignore[arg-type]
        found |= {names.folded(name): made for name in (made.name, *made.aliases)}
    return found


def billions(text: str) -> float | None:
    """The parameters that a model's name states, in billions: ``Qwen2.5-32B`` → 32."""
    found = _SIZE.findall(text)
    return float(found[0]) if found else None


@lru_cache(maxsize=512)
def model(text: str, parameters_b: float | None = None) -> Model | None:
    """A model as a file names it, else one of its family with nearly its parameters; None where there is none."""
    name = text.strip().removesuffix("/").rsplit("/", 1)[-1]
    shorter = names.folded(name)
    while True:
        if shorter in _measured_models():
            return _measured_models()[shorter]
        try:
            return models.find(shorter)
        except UnknownName:
            cut = _TAIL.sub("", shorter)
            if cut == shorter:
                break
            shorter = cut
    size = parameters_b or billions(shorter)
    family = re.match(r"[a-z]+", shorter)
    if size is None or family is None or re.search(r"-a\d+(\.\d+)?b", shorter):
        return None
    alike = [
        one
        for one in models.load().values()
        if one.name.lower().startswith(family[0][:5]) and not one.experts and 0.9 < one.parameters / size / 1e9 < 1.1
    ]
    return max(alike, key=lambda one: SequenceMatcher(None, shorter, one.name.lower()).ratio()) if alike else None


@lru_cache(maxsize=512)
def quantization(text: str, shape: Model, kind: str) -> Format | None:
    """A format as a file names it; a model that exists in one mixed format only has that one."""
    label = re.sub(r"\(.*\)", "", text).strip()
    if shape.experts and shape.family == "gpt-oss":
        label = "mxfp4"
    elif kind == "llama.cpp" and label.upper() in ("F16", "FP16", "BF16"):
        label = "GGUF F16"
    elif label.upper() == "UNSTATED":
        label = "bf16"
    key = names.folded(label)
    for candidate in (QUANTIZATIONS.get(key, label), label, key.replace("-", "")):
        try:
            return formats.find(candidate)
        except UnknownName:
            continue
    return None


def constants_of(family: str, kind: str, device_class: str) -> speed.SpeedConstants:
    """Constants of the family on a device class, else of its engine class."""
    table = speed.load()
    return table.get((family, device_class)) or table.get((family, "any")) or speed.constants(kind, device_class)
