"""What evaluating a variant takes of a node, as data: from a file, or by the size of its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from evals.names import known
from evals.preflight import preflight

Variant = tuple[str, str]
EVERY = "*"


@dataclass(frozen=True, kw_only=True)
class Need:
    """Processors, GPUs and memory of the machine (not of the GPU) while a variant is evaluated.

    ``gpus`` None takes one where the cluster has any; ``memory_bytes`` None asks for nothing.
    """

    cpus: float = 1.0
    gpus: float | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.name == "memory_bytes"
            if value is None and field.name != "cpus":
                continue
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value < 0:
                kind = "a whole number" if whole else "a number"
                raise ValueError(f"{field.name} is {value!r}; give {kind} of 0 or more")
        if not self.cpus and not self.gpus:
            raise ValueError("cpus is 0 and so is gpus; a variant takes some of either")


def needs_of(variants: Iterable[Variant], file: Path | None = None) -> dict[Variant, Need]:
    """The need of each variant: its line in the file, else the line ``*``, else one processor and its weights' memory.

    The file is YAML or JSON: ``model@quantization: {cpus: 4, gpus: 2, memory_bytes: 200000000000}``.
    """
    listed = list(variants)
    given = _read(file, listed) if file else {}
    found = {}
    for model, label in listed:
        need = given.get(f"{model}@{label}") or given.get(EVERY)
        found[(model, label)] = need or Need(memory_bytes=_memory_bytes(model, label))
    return found


def holds(node: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    """Whether a node of these resources, in Ray's words, can give what is wanted."""
    return all(node.get(name, 0.0) >= amount for name, amount in wanted.items())


def size_words(resources: Mapping[str, float]) -> str:
    """``4 CPU, 1 GPU and 40.0 GB of memory``."""
    cpus, gpus, memory = (resources.get(name, 0.0) for name in ("CPU", "GPU", "memory"))
    return f"{cpus:g} CPU, {gpus:g} GPU and {memory / 1e9:.1f} GB of memory"


def _memory_bytes(model: str, label: str) -> int | None:
    return None if model.startswith("endpoint:") else preflight(model, label).memory_needed_bytes


def _read(file: Path, variants: list[Variant]) -> Mapping[str, Need]:
    try:
        said: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} is not YAML ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(said, dict):
        raise ValueError(f"{file.name} holds no variants; write lines such as tiny-1m@bf16: {{cpus: 2, gpus: 1}}")
    names = [EVERY, *(f"{model}@{label}" for model, label in variants)]
    allowed = [field.name for field in fields(Need)]
    found = {}
    for name, values in said.items():
        whose = known("variant", str(name), names)
        if not isinstance(values, dict):
            raise ValueError(f"{file.name}: {name} is {values!r}; write {{cpus: 2, gpus: 1}}")
        try:
            found[whose] = Need(**{known("field", str(key), allowed): value for key, value in values.items()})
        except ValueError as error:
            raise ValueError(f"{file.name}: {name}: {error}") from error
    return found
