"""Peak memory of a model in Hugging Face transformers, as ``torch.cuda.max_memory_allocated`` reports it.

The peak is the largest of three moments: loading, the prompt pass (KV cache of the prompt and the widest activations)
and the last decoding step (KV cache of prompt and answer). What a version does besides is physics of that version,
not a fit: see :class:`Habits`. Checked against the published memory tables of Qwen 1.5, 2, 2.5 and 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pricing.formats import Format
from pricing.memory import llama_cpp_buffer_bytes
from pricing.shapes import Model

MIB = 2**20
CUBLAS_WORKSPACE_BYTES = 8.125 * MIB  # per card, counted by torch as allocated


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What a version of transformers keeps on the card beside weights, cache and activations.

    ``full_logits``: scores of every prompt token, in 16 and again in 32 bits (before 4.45, last token only since).
    ``rotary_tables``: sines and cosines of the whole context, one pair a layer (before 4.43, shared since).
    ``copied_cache``: the cache of the step before lives until the next is whole (before 4.42).
    ``late_tying``: an AWQ model's output matrix is on the card before it is tied to the embedding (before 4.51).
    """

    full_logits: bool
    rotary_tables: bool
    copied_cache: bool
    late_tying: bool


def habits(label: str) -> Habits:
    """Habits of the version that an engine's label names, such as ``transformers 4.46.0 FA2``; "old" is before all."""
    found = re.search(r"(\d+)\.(\d+)", label)
    version = (int(found[1]), int(found[2])) if found else ((4, 37) if "old" in label.lower() else (5, 0))
    if "full-sequence logits" in label:
        version = min(version, (4, 38))
    return Habits(
        full_logits=version < (4, 45),
        rotary_tables=version < (4, 43),
        copied_cache=version < (4, 42),
        late_tying=version < (4, 51),
    )


def block_bytes(size: float) -> float:
    """What torch's allocator hands out for a tensor of ``size`` bytes.

    From 10 MiB on it takes multiples of 2 MiB and keeps a rest of up to 1 MiB with the tensor.
    """
    if size < 10 * MIB:
        return size
    rest = -size % (2 * MIB)
    return size + rest if rest <= MIB else size


def weight_bytes(model: Model, stored: Format) -> float:
    """Weights as torch allocates them: those of the format and the rests of its large tensors."""
    bits = stored.bits_per_weight if stored.bits_per_weight >= 16 else float(int(stored.bits_per_weight))
    rests = 0.0
    for columns, rows in model.attention_shapes.values():
        matrix = columns * rows * bits / 8
        rests += model.layers * (block_bytes(matrix) - matrix)
    for width, count in (
        (model.intermediate_size, (model.layers - model.dense_layers) * max(1, model.experts)),
        (model.shared_expert_size, model.layers - model.dense_layers),
        (model.dense_intermediate_size, model.dense_layers),
    ):
        matrix = width * model.hidden_size * bits / 8
        rests += count * model.mlp_matrices * (block_bytes(matrix) - matrix)
    table = model.embedding_parameters * 2
    rests += (1 if model.tied_embeddings else 2) * (block_bytes(table) - table)
    return stored.weight_bytes(model) + rests


def activation_bytes(model: Model, tokens: float, *, batch: float = 1) -> float:
    """Widest moment of a prompt pass at 16 bits: inside an MLP, 3 × its width and 4 × hidden per token.

    Exact to 1 % on the slope of memory over prompt length in Qwen2.5's published measurements. A mixture runs one
    expert after the other over its own tokens: the shared and dense ones see all of them.
    """
    routed = model.intermediate_size * (model.experts_per_token / model.experts if model.experts else 1)
    width = max(routed, model.shared_expert_size, model.dense_intermediate_size)
    return 2 * (3 * width + 4 * model.hidden_size) * tokens * batch


def transformers_bytes(
    model: Model,
    stored: Format,
    *,
    context_tokens: float,
    generated_tokens: float,
    cards: int = 1,
    batch: float = 1,
    label: str = "transformers",
    prompt_pass: bool = True,
) -> float:
    """Peak bytes over all cards while ``batch`` prompts of ``context_tokens`` are answered.

    ``prompt_pass`` is False where the figure to meet was taken without it. Layers are spread over the cards, so each
    holds activations of its own; scores are computed on the last and brought to the first.
    """
    habit = habits(label)
    weights = weight_bytes(model, stored) + cards * CUBLAS_WORKSPACE_BYTES
    if stored.method == "GPTQ" and int(stored.bits_per_weight) == 4:
        weights += 2 * largest_matrix(model)  # its kernel unpacks a matrix to 16 bits into a buffer it keeps
    loading = weights
    if model.tied_embeddings and stored.method == "FP8":
        weights += model.embedding_parameters * 2  # its checkpoints hold the output matrix a second time
    elif model.tied_embeddings and stored.method == "AWQ" and habit.late_tying:
        loading += model.embedding_parameters * 2
    if habit.rotary_tables:
        rotary = model.rope_head_dim or model.head_dim
        weights += model.layers * model.context_tokens * rotary * 2 * 2
    prompt_kv = batch * model.kv_bytes(context_tokens)
    last_kv = batch * model.kv_bytes(context_tokens + generated_tokens)
    decoding = weights + last_kv * (2 if habit.copied_cache else 1)
    if stored.method == "AWQ" and not prompt_pass:
        # Qwen measured AutoAWQ without FlashAttention: keys and values of a layer are then repeated to all its heads.
        decoding += batch * 4 * model.heads * model.head_dim * (context_tokens + generated_tokens)
    if not prompt_pass:
        return max(loading, decoding)
    wide = activation_bytes(model, context_tokens, batch=batch)
    prompting = weights + prompt_kv + cards * wide
    if habit.full_logits and not model.encoder_only:
        tokens = batch * context_tokens
        scores = tokens * (model.vocab_size * 6 + model.hidden_size * 4)
        first = max(wide, tokens * model.vocab_size * 4) if cards > 1 else 0.0
        prompting = max(prompting, weights + prompt_kv + scores + first + max(0, cards - 2) * wide)
    return max(loading, prompting, decoding)


def largest_matrix(model: Model) -> int:
    """Weights of the largest matrix inside a layer."""
    widths = (model.intermediate_size, model.shared_expert_size, model.dense_intermediate_size)
    return max(*(columns * rows for columns, rows in model.attention_shapes.values()), max(widths) * model.hidden_size)


def reported_bytes(
    label: str,
    model: Model,
    stored: Format,
    *,
    context_tokens: float,
    generated_tokens: float = 0.0,
    cards: int = 1,
    batch: float = 1,
) -> float | None:
    """What the engine that ``label`` names reports for a run, over all cards; None where that is no sum of parts.

    transformers: the peak of torch's allocator (published figures of 4.51 leave the prompt pass out). llama.cpp: the
    device buffers of its load log, all layers on the cards and the input embedding in host memory.
    """
    name = label.lower()
    if "transformers" in name:
        return transformers_bytes(
            model, stored, context_tokens=context_tokens, generated_tokens=generated_tokens, cards=cards, batch=batch,
            label=label, prompt_pass="4.51" not in label,
        )  # fmt: skip
    if "llama.cpp" in name:
        weights = stored.weight_bytes(model)
        if not model.tied_embeddings:
            weights -= model.embedding_parameters * stored.embedding_bits / 8
        buffers = cards * llama_cpp_buffer_bytes(model, context_tokens, flash_attention=False, cards=cards)
        return weights + batch * model.kv_bytes(context_tokens) + buffers
    return None
