"""Engine classes: how a server uses memory and batches requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pricing import names, tables

ONNX_RUNTIME = "onnxruntime"


class NotServed(ValueError):
    """A format whose runtime is none of the engine classes."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One class of inference server. ``overhead_gib`` and ``nccl_gib`` are per card."""

    name: str
    description: str
    tensor_parallel: bool
    usable_memory_fraction: float
    overhead_gib: float
    nccl_gib: float
    prompt_chunk_tokens: int
    max_sequences: int
    source: str
    date: str


@lru_cache(maxsize=1)
def load() -> dict[str, Engine]:
    """The engine classes by name."""
    numbers = ("usable_memory_fraction", "overhead_gib", "nccl_gib")
    return {
        row["name"]: Engine(
            tensor_parallel=row["tensor_parallel"] == "1",
            prompt_chunk_tokens=int(row["prompt_chunk_tokens"]),
            max_sequences=int(row["max_sequences"]),
            **{field: float(row[field]) for field in numbers},  # type: ignore[arg-type]
            **{field: row[field] for field in ("name", "description", "source", "date")},  # type: ignore[arg-type]
        )
        for row in tables.rows("engines")
    }


def find(name: str) -> Engine:
    """The engine class called ``name``. Raises UnknownName, NotServed for one that runs but is no server."""
    if name == ONNX_RUNTIME:
        raise NotServed(
            "ONNX files run on ONNX Runtime, on processors and in browsers; no speed of it as a server is in the "
            "tables, so it has no served price; price the same model in a served format"
        )
    return load()[names.resolve(name, names.index((engine, ()) for engine in load()), what="engine")]
