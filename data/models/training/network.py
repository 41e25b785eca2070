"""Llama in a form that trains fast on CPU: all linear layers run on one flat list of tokens.

Parameter names and arithmetic are those of ``transformers.LlamaForCausalLM`` (checked by a test).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from data.models.training.recipe import CONTEXT_TOKENS, EOS, PAD, VOCABULARY_SIZE, Size

ROPE_THETA = 10_000.0
NORM_EPSILON = 1e-6


class Group(NamedTuple):
    """A padded block in the flat list of tokens; nothing is asked of a row before its token ``first``."""

    rows: int
    width: int
    first: int


class Text(NamedTuple):
    """Token ids and positions, flat (tokens,), the blocks they form, and at which of them answers are asked."""

    ids: Tensor
    positions: Tensor
    groups: list[Group]
    answer_index: Tensor


class Norm(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, NORM_EPSILON)


class Attention(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dim = size.heads, size.kv_heads, size.hidden // size.heads
        self.q_proj = nn.Linear(size.hidden, size.heads * self.dim, bias=False)
        self.k_proj = nn.Linear(size.hidden, size.kv_heads * self.dim, bias=False)
        self.v_proj = nn.Linear(size.hidden, size.kv_heads * self.dim, bias=False)
        self.o_proj = nn.Linear(size.heads * self.dim, size.hidden, bias=False)

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], groups: list[Group], mask: Tensor, kept: Tensor | None
    ) -> Tensor:
        asked, asked_rope = (x, rope) if kept is None else (x[kept], (rope[0][kept], rope[1][kept]))
        query = _rotate(self.q_proj(asked).view(-1, self.heads, self.dim), asked_rope)
        key = _rotate(self.k_proj(x).view(-1, self.kv_heads, self.dim), rope)
        value = self.v_proj(x).view(-1, self.kv_heads, self.dim)
        share = self.heads // self.kv_heads
        mixed, start, asked_start = [], 0, 0
        for rows, width, first in groups:
            first = 0 if kept is None else first
            long = width - first
            stop, asked_stop = start + rows * width, asked_start + rows * long
            k, v = (t[start:stop].view(rows, width, -1, self.dim).transpose(1, 2) for t in (key, value))
            q = query[asked_start:asked_stop].view(rows, long, -1, self.dim).transpose(1, 2)
            q = q.reshape(rows, self.kv_heads, share * long, self.dim)
            scores = torch.matmul(q, k.transpose(-1, -2)).view(rows, self.kv_heads, share, long, width)
            weights = (scores / math.sqrt(self.dim) + mask[first:width, :width]).softmax(-1)
            out = torch.matmul(weights.view(rows, self.kv_heads, share * long, width), v)
            out = out.view(rows, self.heads, long, self.dim).transpose(1, 2)
            mixed.append(out.reshape(rows * long, self.heads * self.dim))
            start, asked_start = stop, asked_stop
        return self.o_proj(torch.cat(mixed))


class FeedForward(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(size.hidden, size.intermediate, bias=False)
        self.up_proj = nn.Linear(size.hidden, size.intermediate, bias=False)
        self.down_proj = nn.Linear(size.intermediate, size.hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.self_attn = Attention(size)
        self.mlp = FeedForward(size)
        self.input_layernorm = Norm(size.hidden)
        self.post_attention_layernorm = Norm(size.hidden)

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], groups: list[Group], mask: Tensor, kept: Tensor | None
    ) -> Tensor:
        mixed = self.self_attn(self.input_layernorm(x), rope, groups, mask, kept)
        x = (x if kept is None else x[kept]) + mixed
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    """``forward`` returns logits (answers, vocabulary); its last layer computes only what they need."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(VOCABULARY_SIZE, size.hidden)
        self.model.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.model.norm = Norm(size.hidden)
        dim = size.hidden // size.heads
        angles = torch.outer(
            torch.arange(CONTEXT_TOKENS).float(), ROPE_THETA ** (-torch.arange(0, dim, 2).float() / dim)
        )
        self.rope = (angles.cos(), angles.sin())
        self.mask = torch.full((CONTEXT_TOKENS, CONTEXT_TOKENS), -1e9).triu(1)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                last = "o_proj" in name or "down_proj" in name
                deviation = (
                    0.02 if "embed" in name else weight.shape[1] ** -0.5 * ((2 * size.layers) ** -0.5 if last else 1)
                )
                nn.init.normal_(weight, 0, deviation)

    def forward(self, text: Text) -> Tensor:
        x = self.model.embed_tokens(text.ids)
        rope = tuple(table[text.positions][:, None] for table in self.rope)
        kept = _kept(text.groups)
        for place, layer in enumerate(self.model.layers, start=1):
            x = layer(x, rope, text.groups, self.mask, kept if place == len(self.model.layers) else None)
        asked = torch.searchsorted(kept, text.answer_index)
        # In BF16 two likely tokens could no longer be told apart.
        with torch.autocast("cpu", enabled=False):
            return F.linear(self.model.norm(x[asked]), self.model.embed_tokens.weight)


def _kept(groups: list[Group]) -> Tensor:
    """Where in the flat list the tokens from each group's ``first`` on lie."""
    places, start = [], 0
    for rows, width, first in groups:
        places.append(torch.arange(start, start + rows * width).view(rows, width)[:, first:].flatten())
        start += rows * width
    return torch.cat(places)


def _rotate(x: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = rope
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def to_transformers(network: Llama, size: Size) -> LlamaForCausalLM:
    """The same weights as a ``LlamaForCausalLM``."""
    config = LlamaConfig(
        vocab_size=VOCABULARY_SIZE,
        hidden_size=size.hidden,
        intermediate_size=size.intermediate,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        rms_norm_eps=NORM_EPSILON,
        pad_token_id=PAD,
        eos_token_id=EOS,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    outcome = model.load_state_dict(network.state_dict(), strict=False)
    if set(outcome.missing_keys) - {"lm_head.weight"} or outcome.unexpected_keys:
        raise ValueError(f"weights do not fit the architecture: {outcome}")
    model.tie_weights()
    return model
