"""Shapes of a transformer: what the weights weigh and what a token of context costs, counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class Model:
    """Shapes of one transformer, as its ``config.json`` states them.

    ``experts`` is 0 for a dense model; a mixture runs ``experts_per_token`` of them and an always-on expert of
    ``shared_expert_size`` in every layer but ``dense_layers``, whose MLP is ``dense_intermediate_size`` wide.
    ``sliding_layers`` keep only ``sliding_window`` tokens of KV cache, ``kv_free_layers`` none of the text.
    With ``kv_lora_rank`` keys and values are cached as one latent vector (multi-head latent attention); ``head_dim``
    is then the query's. ``other_parameters`` are outside the language model (a vision tower),
    ``extra_parameters`` inside it and never quantized (learned positions, poolers). An ``encoder_only`` model
    generates nothing and keeps no KV cache. ``fused_qkv`` has query, key and value in one matrix.
    """

    name: str
    family: str
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    context_tokens: int
    tied_embeddings: bool = False
    fused_qkv: bool = False
    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    norm_bias: bool = False
    qk_norm: bool = False
    norms_per_layer: int = 2
    mlp_matrices: int = 3
    experts: int = 0
    experts_per_token: int = 0
    expert_bias: bool = False
    shared_expert_size: int = 0
    shared_expert_gate: bool = False
    dense_layers: int = 0
    dense_intermediate_size: int = 0
    attention_sinks: bool = False
    kv_lora_rank: int = 0
    q_lora_rank: int = 0
    rope_head_dim: int = 0
    value_head_dim: int = 0
    sliding_window: int = 0
    sliding_layers: int = 0
    kv_free_layers: int = 0
    encoder_only: bool = False
    extra_parameters: int = 0
    other_parameters: int = 0
    published_parameters: int | None = None
    aliases: tuple[str, ...] = ()
    source: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        for field in ("hidden_size", "intermediate_size", "layers", "heads", "kv_heads", "head_dim", "vocab_size"):
            if getattr(self, field) < 1:
                raise ValueError(f"{field} of model {self.name} is {getattr(self, field)}; expected at least 1")
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads of model {self.name} is {self.kv_heads}; it must divide its {self.heads} heads")
        if self.experts and not 1 <= self.experts_per_token <= self.experts:
            raise ValueError(
                f"experts_per_token of model {self.name} is {self.experts_per_token}; expected 1 to its {self.experts}"
            )
        for field in ("dense_layers", "sliding_layers", "kv_free_layers"):
            if not 0 <= getattr(self, field) <= self.layers:
                raise ValueError(
                    f"{field} of model {self.name} is {getattr(self, field)}; expected 0 to its {self.layers} layers"
                )

    @cached_property
    def attention_shapes(self) -> dict[str, tuple[int, int]]:
        """Matrices of one layer's attention: name → (columns in, rows out)."""
        queries, keys, values = self.heads * self.head_dim, self.kv_heads * self.head_dim, self.value_head_dim
        if not self.kv_lora_rank:
            width = self.kv_heads * (values or self.head_dim)
            back = self.heads * (values or self.head_dim)
            shapes = {"q": (self.hidden_size, queries), "k": (self.hidden_size, keys), "v": (self.hidden_size, width)}
            return shapes | {"output": (back, self.hidden_size)}
        latent, plain = self.kv_lora_rank, self.head_dim - self.rope_head_dim
        shapes = {
            "kv_a": (self.hidden_size, latent + self.rope_head_dim),
            "kv_b": (latent, self.heads * (plain + values)),
            "output": (self.heads * values, self.hidden_size),
        }
        if self.q_lora_rank:
            return shapes | {"q_a": (self.hidden_size, self.q_lora_rank), "q_b": (self.q_lora_rank, queries)}
        return shapes | {"q": (self.hidden_size, queries)}

    @cached_property
    def attention_parameters(self) -> int:
        """Attention matrices of all layers: query, key, value, output."""
        return self.layers * sum(columns * rows for columns, rows in self.attention_shapes.values())

    @cached_property
    def expert_parameters(self) -> int:
        """One MLP per layer (three matrices where gated), summed over layers: one expert of a mixture."""
        return (self.layers - self.dense_layers) * self.mlp_matrices * self.hidden_size * self.intermediate_size

    @cached_property
    def always_on_parameters(self) -> int:
        """MLP matrices of a mixture that every token passes: its dense layers and its shared experts."""
        shared = (self.layers - self.dense_layers) * self.shared_expert_size
        return self.mlp_matrices * self.hidden_size * (self.dense_layers * self.dense_intermediate_size + shared)

    @cached_property
    def embedding_parameters(self) -> int:
        """The input embedding table."""
        return self.vocab_size * self.hidden_size

    @property
    def head_parameters(self) -> int:
        """The output matrix where it is a tensor of its own; 0 where it is tied to the embedding."""
        return 0 if self.tied_embeddings or self.encoder_only else self.embedding_parameters

    @cached_property
    def linear_parameters(self) -> int:
        """What a weight quantization touches: attention and MLP matrices of all layers and experts."""
        return self.attention_parameters + self.expert_parameters * max(1, self.experts) + self.always_on_parameters

    @cached_property
    def active_linear_parameters(self) -> int:
        """Of those, the ones one token passes through."""
        per_token = self.experts_per_token if self.experts else 1
        return self.attention_parameters + self.expert_parameters * per_token + self.always_on_parameters

    @cached_property
    def small_parameters(self) -> int:
        """Norms, biases, routers, attention sinks and extras: never quantized."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        norm = self.hidden_size * (2 if self.norm_bias else 1)
        layer = self.norms_per_layer * norm
        layer += self.qkv_bias * (queries + 2 * keys) + self.output_bias * self.hidden_size
        layer += self.qk_norm * 2 * self.head_dim + self.attention_sinks * self.heads
        layer += self.kv_lora_rank + self.q_lora_rank  # norms of the latent vectors
        plain, mixed = (self.layers, 0) if not self.experts else (self.dense_layers, self.layers - self.dense_layers)
        router = self.experts * self.hidden_size + self.shared_expert_gate * self.hidden_size
        router += self.expert_bias * self.experts * (1 + 2 * self.intermediate_size + self.hidden_size)
        bias = self.mlp_bias * ((self.mlp_matrices - 1) * self.intermediate_size + self.hidden_size)
        last = 0 if self.encoder_only else norm
        return self.layers * layer + plain * bias + mixed * router + last + self.extra_parameters

    @cached_property
    def parameters(self) -> int:
        """All parameters, counted from the shapes."""
        return (
            self.linear_parameters
            + self.embedding_parameters
            + self.head_parameters
            + self.small_parameters
            + self.other_parameters
        )

    @cached_property
    def active_parameters(self) -> int:
        """Parameters one token passes through: without idle experts and without the vision tower.

        The embedding counts whole, as publishers count it.
        """
        return self.parameters - self.other_parameters - self.linear_parameters + self.active_linear_parameters

    @cached_property
    def kv_bytes_per_layer(self) -> int:
        """KV cache of one token in one layer at 16 bits; latent attention caches its latent and rotary vectors."""
        if self.encoder_only:
            return 0
        if self.kv_lora_rank:
            return 2 * (self.kv_lora_rank + self.rope_head_dim)
        return 2 * self.kv_heads * (self.head_dim + (self.value_head_dim or self.head_dim))

    @cached_property
    def kv_bytes_per_token(self) -> int:
        """KV cache of one token in all layers at 16 bits: 2 (K, V) × layers × KV heads × head dim × 2 bytes."""
        return self.kv_bytes_per_layer * (self.layers - self.kv_free_layers)

    def kv_bytes(self, tokens: float, bits: float = 16.0) -> float:
        """KV cache of one sequence of ``tokens`` tokens; sliding layers keep their window only."""
        full = self.layers - self.kv_free_layers - self.sliding_layers
        kept = full * tokens + self.sliding_layers * min(tokens, self.sliding_window)
        return self.kv_bytes_per_layer * kept * bits / 16

    def kv_copies(self, cards: int) -> float:
        """How often a tensor-parallel group of ``cards`` holds the KV cache: heads that run out are copied."""
        return max(1.0, cards / (1 if self.kv_lora_rank else self.kv_heads))

    def touched_experts(self, batch: float) -> float:
        """Expected experts per layer that a batch of ``batch`` tokens reads, routing evenly and independently."""
        if not self.experts:
            return 1.0
        return self.experts * (1 - (1 - self.experts_per_token / self.experts) ** batch)
