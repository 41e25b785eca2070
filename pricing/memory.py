"""Memory: weights + KV cache + activations + engine overhead, against what the cards have."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing.accelerators import Accelerator
from pricing.engines import Engine
from pricing.shapes import Model

GIB = 2**30
LLAMA_CPP_LOGITS_EXTRA_BYTES = 8 * 2**20
LLAMA_CPP_SCORES_EXTRA_BYTES = 48 * 2**20
LLAMA_CPP_BATCH_TOKENS = 512
PAGED_MARGIN = 1.1  # blocks of 16 tokens part full, and requests that bunch up: our default


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes over all ``cards`` of one replica. ``max_sequences`` requests fit at once, 0 where not even one does.

    KV heads that tensor parallelism runs out of are copied, and counted as often.
    """

    weight_bytes: float
    kv_bytes_per_sequence: float
    activation_bytes: float
    overhead_bytes: float
    available_bytes: float
    max_sequences: int
    cards: int = 1

    @property
    def needed_bytes(self) -> float:
        """What one request at a time needs."""
        return self.weight_bytes + self.kv_bytes_per_sequence + self.activation_bytes + self.overhead_bytes

    def used_bytes(self, sequences: float) -> float:
        """What ``sequences`` requests at a time need (at least one)."""
        return self.needed_bytes + self.kv_bytes_per_sequence * (max(1.0, sequences) - 1)

    @property
    def left_bytes(self) -> float:
        """What weights, activations and engine leave for KV caches; below 0 where they do not fit themselves."""
        return self.available_bytes - self.weight_bytes - self.activation_bytes - self.overhead_bytes

    def card_bytes(self, sequences: float = 1) -> float:
        """What one card holds while ``sequences`` requests are served."""
        return self.used_bytes(sequences) / self.cards

    @property
    def fits(self) -> bool:
        """True where weights, buffers and one request fit."""
        return self.max_sequences >= 1


def activation_bytes(model: Model, prompt_tokens: float, cards: int = 1) -> float:
    """Peak activations of a prompt pass at 16 bits: cards × 2 × (3 × intermediate + 4 × hidden) per token.

    Exact to 1 % on the slope of memory over prompt length in Qwen2.5's published measurements. A mixture runs the
    experts of a token, each of its own intermediate size, beside the shared ones.
    """
    routed = model.intermediate_size * max(1, model.experts_per_token) + model.shared_expert_size
    width = max(routed, model.dense_intermediate_size)
    return cards * 2 * (3 * width + 4 * model.hidden_size) * prompt_tokens


def llama_cpp_buffer_bytes(
    model: Model, context_tokens: float, *, flash_attention: bool = True, cards: int = 1
) -> float:
    """Compute buffer of llama.cpp on each of ``cards`` for batches of 512 tokens.

    Logits of a batch at 32 bits; without flash attention the attention scores of a batch if they are larger
    (both match load logs of Llama-3-8B: 258.5 MiB at a context of 512, 560 MiB at 8,192). Several cards work as a
    pipeline with three more copies of a batch's mask and states (640 MiB a card in the same logs).
    """
    batch = LLAMA_CPP_BATCH_TOKENS
    states = batch * model.hidden_size * 4
    copies = 3 * (batch * context_tokens * 4 + states) + states if cards > 1 else 0.0
    logits = batch * model.vocab_size * 4 + LLAMA_CPP_LOGITS_EXTRA_BYTES
    if flash_attention:
        return logits + copies
    return max(logits, model.heads * context_tokens * batch * 4 + LLAMA_CPP_SCORES_EXTRA_BYTES) + copies


def parallel_counts(model: Model, most: int = 16) -> tuple[int, ...]:
    """Card counts that divide the heads of ``model``: what tensor parallelism can use."""
    return tuple(count for count in range(1, most + 1) if not model.heads % count)


def parallel_misfit(model: Model, count: int) -> str:
    """Why ``count`` cards cannot share the heads of ``model``, with the nearest counts that can; "" where they can."""
    if count in (valid := parallel_counts(model, max(16, 2 * count))):
        return ""
    below = max(one for one in valid if one < count)
    above = next((one for one in valid if one > count), None)
    nearest = f"{below} or {above}" if above else str(below)
    return f"{count} cards do not divide the {model.heads} heads of {model.name}; nearest: {nearest}"


def overhead_bytes(engine: Engine, accelerator: Accelerator, count: int) -> float:
    """What the engine itself holds on all cards. llama.cpp on Apple has no driver context to hold: 0."""
    if accelerator.device_class == "apple" and not engine.tensor_parallel:
        return 0.0
    return count * (engine.overhead_gib + (engine.nccl_gib if count > 1 else 0)) * GIB


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
    for how many fit; llama.cpp reserves the whole context for each slot, and gives whole layers to a card. An encoder
    keeps no cache: there activations say how many requests fit.
    """
    sequence_tokens = prompt_tokens + output_tokens
    if engine.tensor_parallel:
        chunk = min(prompt_tokens, engine.prompt_chunk_tokens)
        activations = activation_bytes(model, chunk, count)
    else:
        activations = count * llama_cpp_buffer_bytes(model, sequence_tokens, cards=count)
    overhead = overhead_bytes(engine, accelerator, count)
    available = count * accelerator.memory_gib * engine.usable_memory_fraction * GIB
    copies = model.kv_copies(count) if engine.tensor_parallel else 1.0
    if not engine.tensor_parallel and count > 1:
        available *= model.layers / count / math.ceil(model.layers / count)  # the fullest card decides
    kv = model.kv_bytes(sequence_tokens) * copies
    room = available - weight_bytes - activations - overhead
    held = model.kv_bytes(PAGED_MARGIN * (prompt_tokens + output_tokens / 2)) * copies if engine.tensor_parallel else kv
    if model.encoder_only:
        held = activation_bytes(model, sequence_tokens, count)
    at_once = int(room // min(held, kv or held)) if room >= kv else 0
    return Memory(
        weight_bytes=weight_bytes,
        kv_bytes_per_sequence=kv,
        activation_bytes=activations,
        overhead_bytes=overhead,
        available_bytes=available,
        max_sequences=min(engine.max_sequences, at_once),
        cards=count,
    )
