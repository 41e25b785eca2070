"""Speed and memory of every variant that was loaded, as found on the hardware it was loaded on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.store import Store, shared_store


@dataclass(frozen=True, kw_only=True)
class SpeedMeasurement:
    """One variant on one machine, one request at a time.

    ``stored_bytes`` is the size of the weights in their format, ``memory_bytes`` what they take once loaded,
    ``working_bytes`` the most taken beyond them. Where ``execution`` is "dequantized", size is saved and memory is not.
    """

    model: str
    quantization: str
    execution: str
    hardware: str
    threads: int
    stored_bytes: int
    memory_bytes: int | None
    working_bytes: int | None
    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    prompt_tokens: int
    output_tokens: int


def measured_speeds(store: Store | None = None) -> list[SpeedMeasurement]:
    """All that were measured, in the order of the store."""
    rows = (store or shared_store()).variants().values()
    return [found for row in rows if (found := _speed(row, json.loads(row["facts"])))]


def _speed(row: Mapping[str, Any], facts: Mapping[str, Any]) -> SpeedMeasurement | None:
    speed = facts.get("speed")
    if not speed:
        return None
    return SpeedMeasurement(
        model=row["model"],
        quantization=row["quantization"],
        execution=facts["execution"],
        hardware=speed["processor"],
        threads=speed["threads"],
        stored_bytes=row["weight_bytes"],
        memory_bytes=facts.get("memory_bytes"),
        working_bytes=speed.get("working_bytes"),
        prefill_tokens_per_s=speed["prefill_tokens_per_s"],
        decode_tokens_per_s=speed["decode_tokens_per_s"],
        prompt_tokens=speed["prompt_tokens"],
        output_tokens=speed["output_tokens"],
    )
