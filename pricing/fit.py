"""Fit: does a variant fit on n cards at a context and batch, what is left, the largest batch, and why not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from pricing import engines, formats, memory, peak, slices
from pricing.accelerators import Accelerator
from pricing.formats import Format
from pricing.memory import GIB, Memory
from pricing.shapes import Model

TRANSFORMERS = "transformers"
CUDA_CONTEXT_GIB = 0.5  # what the driver takes before the first tensor: 0.4 to 0.6 GiB on current cards
MOST_CARDS = 16
MOST_BATCH = 65_536


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Answer for one batch. ``why`` is "" where it fits, else a sentence with the nearest choice that does.

    ``largest_batch`` fits at the same context and ``longest_context_tokens`` at the same batch; 0 where none does.
    """

    room: Memory
    batch: int
    context_tokens: int
    fits: bool
    why: str
    largest_batch: int
    longest_context_tokens: int

    @property
    def card_bytes(self) -> float:
        """What one card holds with the batch asked for."""
        return self.room.card_bytes(self.batch)

    @property
    def left_bytes(self) -> float:
        """Free over all cards with the batch asked for; below 0 where it does not fit."""
        return self.room.available_bytes - self.room.used_bytes(self.batch)


def whole(name: str, value: float, *, of: str, most: int = 10**9) -> int:
    """A whole number of at least 1. Raises ValueError with the nearest valid one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} of {of} is {value!r}; give a whole number from 1 to {most:,}")
    if value != int(value) or not 1 <= value <= most:
        nearest = min(most, max(1, round(value)))
        raise ValueError(f"{name} of {of} is {value!r}; give a whole number from 1 to {most:,}, nearest: {nearest:,}")
    return int(value)


def room(model: Model, stored: Format, engine: str, card: Accelerator, count: int, *, context_tokens: int) -> Memory:
    """Memory of one replica whose requests may each fill ``context_tokens``; no limit on how many are served."""
    if engine != TRANSFORMERS:
        unlimited = replace(engines.find(engine), max_sequences=MOST_BATCH)
        return memory.of_replica(
            model,
            unlimited,
            card,
            count,
            weight_bytes=stored.weight_bytes(model),
            prompt_tokens=max(0, context_tokens - 1),
            output_tokens=1,
        )

    one, two = (
        peak.transformers_bytes(
            model, stored, context_tokens=context_tokens, generated_tokens=0, cards=count, batch=sequences
        )
        for sequences in (1, 2)
    )
    # The prompts of a batch are computed together: their activations grow with it, as its caches do.
    each, weights = max(1.0, two - one), stored.weight_bytes(model)
    overhead = count * CUDA_CONTEXT_GIB * GIB
    available = count * card.memory_gib * GIB
    most = 0 if one + overhead > available else 1 + int((available - overhead - one) // each)
    return Memory(
        weight_bytes=weights,
        kv_bytes_per_sequence=each,
        activation_bytes=max(0.0, one - weights - each),
        overhead_bytes=overhead,
        available_bytes=available,
        max_sequences=min(MOST_BATCH, most),
        cards=count,
    )


def check(
    model: Model,
    quantization: str,
    card: Accelerator,
    count: int = 1,
    *,
    engine: str = "",
    context_tokens: int = 0,
    batch: int = 1,
) -> Fit:
    """Whether ``batch`` requests of ``context_tokens`` (the model's own context by default) fit.

    ``engine`` is vllm, llama.cpp or transformers; by the format unless named. Raises ValueError, naming the nearest
    valid value, for numbers that are none, a context the model does not have and cards that cannot share its heads.
    """
    stored = formats.find(quantization)
    engine = engine or stored.engine
    if engine != TRANSFORMERS:
        engine = engines.find(engine).name
    count = whole("count", count, of="the replica", most=1024)
    batch = whole("batch", batch, of="the replica", most=MOST_BATCH)
    context = whole("context_tokens", context_tokens or model.context_tokens, of=model.name)
    if context > model.context_tokens:
        raise ValueError(
            f"context_tokens is {context:,}, but {model.name} holds {model.context_tokens:,}; "
            f"nearest: {model.context_tokens:,}"
        )
    if engine == "vllm" and (misfit := memory.parallel_misfit(model, count)):
        raise ValueError(misfit)
    slices.check_count(card, count)

    def at(tokens: int, cards: int = count, place: Accelerator = card) -> Memory:
        return room(model, stored, engine, place, cards, context_tokens=tokens)

    found = at(context)
    fits = found.max_sequences >= batch
    longest = _largest(lambda tokens: at(tokens).max_sequences >= batch, model.context_tokens)
    why = ""
    if not fits:
        if slices.is_slice(card):
            name = card.name.partition(":")[0]
            places = [(1, slices.find(f"{name}:{profile}")) for profile in slices.profiles(slices.find(name))]
        else:
            counts = memory.parallel_counts(model, MOST_CARDS) if engine == "vllm" else range(1, MOST_CARDS + 1)
            places = [(cards, card) for cards in counts if cards > count]
        enough = next((f"{n}× {one.name}" for n, one in places if at(context, n, one).max_sequences >= batch), "")
        why = _sentence(model, stored, f"{count}× {card.name}", found, batch, context, enough, longest)
    return Fit(
        room=found,
        batch=batch,
        context_tokens=context,
        fits=fits,
        why=why,
        largest_batch=found.max_sequences,
        longest_context_tokens=longest,
    )


def _largest(holds: Callable[[int], bool], most: int) -> int:
    """The largest whole number up to ``most`` that holds, where all below it do; 0 where none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _sentence(
    model: Model, stored: Format, place: str, found: Memory, batch: int, context: int, enough: str, longest: int
) -> str:
    what = f"{stored.label} of {model.name}"
    if found.left_bytes <= 0:
        head = (
            f"the weights of {what} ({found.weight_bytes / GIB:.1f} GiB) and the engine's own "
            f"{(found.activation_bytes + found.overhead_bytes) / GIB:.1f} GiB are more than the "
            f"{found.available_bytes / GIB:.1f} GiB usable on {place}"
        )
    else:
        head = (
            f"{batch} request{'s' * (batch > 1)} of {context:,} tokens need{'s' * (batch == 1)} "
            f"{found.kv_bytes_per_sequence * batch / GIB:.1f} GiB beside {what}, whose weights and engine leave "
            f"{found.left_bytes / GIB:.1f} GiB on {place}"
        )
    ways = [enough] if enough else []
    if found.max_sequences:
        ways.append(f"a batch of {found.max_sequences}")
    if longest:
        ways.append(f"a context of {longest:,} tokens")
    return (
        f"{head}; nearest that fits: {', '.join(ways)}"
        if ways
        else f"{head}; it fits on no {MOST_CARDS} cards of this kind, take a smaller quantization"
    )
