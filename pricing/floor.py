"""The least time a token can take, whatever the software: its weights have to be read once."""

from __future__ import annotations

from functools import lru_cache

from pricing import formats, models
from pricing.accelerators import Accelerator
from pricing.work import read_bytes


@lru_cache(maxsize=1000)
def token_bytes(model: str, quantization: str) -> float | None:
    """Weight bytes that one token reads; None for a model or a quantization that the tables do not know."""
    try:
        known, how = models.find(model), formats.find(quantization)
    except ValueError:
        return None
    return float(read_bytes(known, how, how.weight_bytes(known), 1))


def token_floor_s(read: float, accelerator: Accelerator, count: int) -> float:
    """Seconds to read so many bytes at the full bandwidth of ``count`` cards.

    A draft model that guesses several tokens at once may go below.
    """
    return read / (count * accelerator.bandwidth_gb_s * 1e9)
