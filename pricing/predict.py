"""What the speed model says of a measured row: the same formulas that quotes use, in the measurement's terms."""

from __future__ import annotations

from pricing import engines, memory, speed
from pricing.observations import Observation
from pricing.speed import SpeedConstants


def slots(row: Observation) -> int:
    """Requests of this row's size that fit at once; 0 where the weights alone do not."""
    engine = engines.find(row.engine)
    return memory.of_replica(
        row.model,
        engine,
        row.accelerator,
        row.count,
        weight_bytes=row.format.weight_bytes(row.model),
        prompt_tokens=max(1, int(row.prompt_tokens)),
        output_tokens=max(1, int(row.output_tokens)),
    ).max_sequences


def seconds(row: Observation, fitted: SpeedConstants) -> tuple[float | None, float | None]:
    """(seconds per token, seconds to the first token) as the row's phase defines them."""
    batch = row.batch
    if row.phase == "loop":
        batch = max(1.0, min(batch, float(slots(row) or 1)))
    pace = speed.pace(
        row.model,
        row.format,
        engines.find(row.engine),
        row.accelerator,
        row.count,
        fitted,
        weight_bytes=row.format.weight_bytes(row.model),
        prompt_tokens=row.prompt_tokens,
        context_tokens=row.prompt_tokens + row.output_tokens / 2,
        batch=batch,
    )
    step = pace.step_s(batch)
    if row.phase == "decode":
        return step, None
    if pace.prompt_s is None:
        return None, None
    if row.phase == "prompt":
        return None, pace.prompt_s
    if row.phase == "run":
        return step + pace.prompt_s / row.output_tokens, None
    # Closed loop: during one answer every other client sends one prompt; clients beyond the slots wait for one.
    token_s = step + (batch - 1) * pace.prompt_s / row.output_tokens
    first_s = pace.first_s(batch)
    if first_s is not None and row.batch > batch:
        first_s += (row.batch - batch) / batch * (row.output_tokens * token_s + pace.prompt_s)
    return token_s, first_s
