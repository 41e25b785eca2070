"""What the speed model says of a measured row: the same formulas that quotes use, in the measurement's terms.

A closed loop of N clients keeps B = min(N, slots) requests in flight; the others wait. During one answer every other
client in flight sends one prompt, so

    a token takes step(B) + (B − 1) × prompt / output tokens
    the first   takes first(B) + (N − B) / B × (output tokens × token + prompt)

Everything also works on arrays: a ``Stack`` holds many rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pricing import engines, lookup, memory, speed, work
from pricing.observations import Observation
from pricing.speed import Pace, SpeedConstants
from pricing.work import Work

LEAST_ROOM_FRACTION = 0.03  # a row that was served had room for a cache: servers take at least this share
MOST_ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Rows as arrays (or one row as numbers): ``clients`` present, ``batch`` of them in service."""

    work: Work
    clients: Any
    batch: Any
    output_tokens: Any


def cache_share(row: Observation) -> float:
    """Bytes of the KV cache over those at 16 bits: FP8 where the measured servers default to it with FP8 weights."""
    blackwell = row.accelerator.name in work.FP4_UNITS
    return 0.5 if row.format.compute == "fp8" and (row.family == "tensorrt-llm" or blackwell) else 1.0


def slots(row: Observation) -> int:
    """Requests of this row's size that fit at once; 0 where the weights alone do not."""
    return _memory(row).max_sequences


def served_slots(row: Observation) -> float:
    """Requests that a server measured under load had room for: mean contexts, its cache format, no limit of ours."""
    room = _memory(row)
    left = room.available_bytes - (room.needed_bytes - room.kv_bytes_per_sequence)
    left = max(left, LEAST_ROOM_FRACTION * room.available_bytes)
    mean = row.model.kv_bytes(row.prompt_tokens + row.output_tokens / 2) * row.model.kv_copies(row.count)
    return max(1.0, float(left // max(1.0, mean * cache_share(row))))


def _memory(row: Observation) -> memory.Memory:
    return _room(row.model, row.engine, row.accelerator, row.count, row.format, row.prompt_tokens, row.output_tokens)


@lru_cache(maxsize=4096)
def _room(model: Any, engine: str, card: Any, count: int, stored: Any, prompt: float, output: float) -> memory.Memory:
    return memory.of_replica(
        model,
        engines.find(engine),
        card,
        count,
        weight_bytes=stored.weight_bytes(model),
        prompt_tokens=max(1, int(prompt)),
        output_tokens=max(1, int(output)),
    )


def asked(row: Observation, batch: float) -> Work:
    """The work of a row with ``batch`` requests in service."""
    return work.of(
        row.model,
        row.format,
        engines.find(row.engine),
        row.accelerator,
        row.count,
        weight_bytes=row.format.weight_bytes(row.model),
        prompt_tokens=row.prompt_tokens,
        context_tokens=row.prompt_tokens + row.output_tokens / 2,
        batch=batch,
    )


def of_row(row: Observation) -> Stack:
    """One row as a stack of numbers."""
    batch = min(row.batch, served_slots(row)) if row.phase == "loop" else row.batch
    return Stack(work=asked(row, batch), clients=row.batch, batch=batch, output_tokens=row.output_tokens)


def stacked(rows: Sequence[Observation]) -> Stack:
    """Rows as one stack of arrays."""
    each = [of_row(row) for row in rows]
    return Stack(
        work=work.stacked([one.work for one in each]),
        **{
            name: np.array([getattr(one, name) for one in each], float)
            for name in ("clients", "batch", "output_tokens")
        },
    )


def closed_loop(pace: Pace, clients: Any, batch: Any, output_tokens: Any) -> tuple[Any, Any]:
    """(mean seconds per token, to the first token) of ``clients``, ``batch`` of them in service."""
    token_s = pace.step_s(batch) + (batch - 1) * pace.prompt_s / output_tokens
    waiting = (clients - batch) / batch * (output_tokens * token_s + pace.prompt_s)
    return token_s, pace.first_s(batch) + waiting


def seconds(row: Observation, fitted: SpeedConstants | None = None) -> tuple[float | None, float | None]:
    """(seconds per token, seconds to the first token) as the row's phase defines them."""
    fitted = fitted or lookup.constants_of(row.family, row.engine, row.accelerator.device_class)
    stack = of_row(row)
    pace = speed.paced(stack.work, fitted)
    step = pace.step_s(stack.batch)
    if row.phase == "decode":
        return step, None
    if pace.prompt_s is None:
        return None, None
    if row.phase == "prompt":
        return None, pace.prompt_s
    if row.phase == "run":
        return step + pace.prompt_s / row.output_tokens, None
    if row.phase == "open":
        return _open_loop(row, fitted)
    return closed_loop(pace, stack.clients, stack.batch, stack.output_tokens)


def _open_loop(row: Observation, fitted: SpeedConstants) -> tuple[float | None, float | None]:
    """As many requests present as arrive while one is answered; None where the server cannot keep up."""
    most, present = served_slots(row), 1.0
    for _ in range(MOST_ROUNDS):
        pace = speed.paced(asked(row, present), fitted)
        token_s, first_s = closed_loop(pace, present, present, row.output_tokens)
        now = (row.arrivals_per_s or 0.0) * (first_s + row.output_tokens * token_s)
        if now > most:
            return None, None
        if abs(now - present) < 0.01 * present:
            break
        present = max(1.0, (present + now) / 2)
    return token_s, first_s
