"""Memory: weights + KV cache + activations + engine overhead, against what the cards have."""

from __future__ import annotations

from dataclasses import dataclass

from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.models import Model

GIB = 2**30
LLAMA_CPP_LOGITS_EXTRA_BYTES = 8 * 2**20
LLAMA_CPP_SCORES_EXTRA_BYTES = 48 * 2**20
PAGED_MARGIN = 1.1  # blocks of 16 tokens part full, and requests that bunch up: our default


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes over all cards of one replica. ``max_sequences`` requests fit at once, 0 where not even one does."""

    weight_bytes: float
    kv_bytes_per_sequence: float
    activation_bytes: float
    overhead_bytes: float
    available_bytes: float
    max_sequences: int

    @property
    def needed_bytes(self) -> float:
        """What one request at a time needs."""
        return self.weight_bytes + self.kv_bytes_per_sequence + self.activation_bytes + self.overhead_bytes

    def used_bytes(self, sequences: float) -> float:
        """What ``sequences`` requests at a time need (at least one)."""
        return self.needed_bytes + self.kv_bytes_per_sequence * (max(1.0, sequences) - 1)

    @property
    def fits(self) -> bool:
        """True where weights, buffers and one request fit."""
        return self.max_sequences >= 1


def activation_bytes(model: Model, prompt_tokens: float, cards: int = 1) -> float:
    """Peak activations of a prompt pass at 16 bits: cards × 2 × (3 × intermediate + 4 × hidden) per token.

    Exact to 1 % on the slope of memory over prompt length in Qwen2.5's published measurements. A mixture runs the
    experts of a token, each of its own intermediate size.
    """
    width = model.intermediate_size * max(1, model.experts_per_token)
    return cards * 2 * (3 * width + 4 * model.hidden_size) * prompt_tokens


def llama_cpp_buffer_bytes(model: Model, context_tokens: float, *, flash_attention: bool = True) -> float:
    """Compute buffer of llama.cpp per card for batches of 512 tokens.

    Logits of a batch at 32 bits; without flash attention the attention scores of a batch if they are larger
    (both match load logs of Llama-3-8B: 258.5 MiB at a context of 512, 560 MiB at 8,192).
    """
    logits = 512 * model.vocab_size * 4 + LLAMA_CPP_LOGITS_EXTRA_BYTES
    if flash_attention:
        return logits
    return max(logits, model.heads * context_tokens * 512 * 4 + LLAMA_CPP_SCORES_EXTRA_BYTES)


def of_replica(
    model: Model,
    engine: Engine,
    accelerator: Accelerator,
    count: int,
    *,
    weight_bytes: float,
    prompt_tokens: int,
    output_tokens: int,
) -> Memory:
    """Memory of one replica of ``count`` cards serving requests of the given size.

    A paged KV cache holds requests at different points of their answers, so the mean context (with a margin) counts
    for how many fit; llama.cpp reserves the whole context for each slot.
    """
    sequence_tokens = prompt_tokens + output_tokens
    if engine.tensor_parallel:
        chunk = min(prompt_tokens, engine.prompt_chunk_tokens)
        activations = activation_bytes(model, chunk, count)
    else:
        activations = count * llama_cpp_buffer_bytes(model, sequence_tokens * engine.max_sequences)
    overhead = count * (engine.overhead_gib + (engine.nccl_gib if count > 1 else 0)) * GIB
    available = count * accelerator.memory_gib * engine.usable_memory_fraction * GIB
    kv = model.kv_bytes(sequence_tokens)
    room = available - weight_bytes - activations - overhead
    held = model.kv_bytes(PAGED_MARGIN * (prompt_tokens + output_tokens / 2)) if engine.tensor_parallel else kv
    at_once = int(room // min(held, kv)) if room >= kv else 0
    return Memory(
        weight_bytes=weight_bytes,
        kv_bytes_per_sequence=kv,
        activation_bytes=activations,
        overhead_bytes=overhead,
        available_bytes=available,
        max_sequences=min(engine.max_sequences, at_once),
    )
