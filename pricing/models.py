"""Model architectures: what the weights weigh and what a token of context costs, counted from the shapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from pricing import names, tables


@dataclass(frozen=True, kw_only=True)
class Model:
    """Shapes of one decoder-only transformer, as its ``config.json`` states them.

    ``experts`` is 0 for a dense model; ``sliding_layers`` of the ``layers`` keep only ``sliding_window`` tokens of
    KV cache. ``other_parameters`` are outside the language model (a vision tower).
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
    qkv_bias: bool = False
    output_bias: bool = False
    qk_norm: bool = False
    norms_per_layer: int = 2
    experts: int = 0
    experts_per_token: int = 0
    expert_bias: bool = False
    attention_sinks: bool = False
    sliding_window: int = 0
    sliding_layers: int = 0
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

    @cached_property
    def attention_parameters(self) -> int:
        """Attention matrices of all layers: query, key, value, output."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return self.layers * self.hidden_size * (2 * queries + 2 * keys)

    @cached_property
    def expert_parameters(self) -> int:
        """One gated MLP per layer (three matrices), summed over layers: one expert of a mixture."""
        return self.layers * 3 * self.hidden_size * self.intermediate_size

    @cached_property
    def embedding_parameters(self) -> int:
        """The input embedding table."""
        return self.vocab_size * self.hidden_size

    @property
    def head_parameters(self) -> int:
        """The output matrix where it is a tensor of its own; 0 where it is tied to the embedding."""
        return 0 if self.tied_embeddings else self.embedding_parameters

    @cached_property
    def linear_parameters(self) -> int:
        """What a weight quantization touches: attention and MLP matrices of all layers and experts."""
        return self.attention_parameters + self.expert_parameters * max(1, self.experts)

    @cached_property
    def active_linear_parameters(self) -> int:
        """Of those, the ones one token passes through."""
        return self.attention_parameters + self.expert_parameters * (self.experts_per_token if self.experts else 1)

    @cached_property
    def small_parameters(self) -> int:
        """Norms, biases, routers and attention sinks: never quantized."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        layer = self.norms_per_layer * self.hidden_size
        layer += self.qkv_bias * (queries + 2 * keys) + self.output_bias * self.hidden_size
        layer += self.qk_norm * 2 * self.head_dim + self.attention_sinks * self.heads
        if self.experts:
            layer += self.experts * self.hidden_size
            layer += self.expert_bias * self.experts * (1 + 2 * self.intermediate_size + self.hidden_size)
        return self.layers * layer + self.hidden_size

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
    def kv_bytes_per_token(self) -> int:
        """KV cache of one token in all layers at 16 bits: 2 (K, V) × layers × KV heads × head dim × 2 bytes."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2

    def kv_bytes(self, tokens: float) -> float:
        """KV cache of one sequence of ``tokens`` tokens; sliding layers keep their window only."""
        if not self.sliding_layers:
            return self.kv_bytes_per_token * tokens
        full = (self.layers - self.sliding_layers) * tokens + self.sliding_layers * min(tokens, self.sliding_window)
        return self.kv_bytes_per_token * full / self.layers

    def touched_experts(self, batch: float) -> float:
        """Expected experts per layer that a batch of ``batch`` tokens reads, routing evenly and independently."""
        if not self.experts:
            return 1.0
        return self.experts * (1 - (1 - self.experts_per_token / self.experts) ** batch)


@lru_cache(maxsize=1)
def load() -> dict[str, Model]:
    """The models table by name."""
    counts = [
        "hidden_size",
        "intermediate_size",
        "layers",
        "heads",
        "kv_heads",
        "head_dim",
        "vocab_size",
        "context_tokens",
        "norms_per_layer",
        "experts",
        "experts_per_token",
        "sliding_window",
        "sliding_layers",
        "other_parameters",
    ]
    flags = ["tied_embeddings", "qkv_bias", "output_bias", "qk_norm", "expert_bias", "attention_sinks"]
    return {
        row["name"]: Model(
            name=row["name"],
            family=row["family"],
            **{field: int(row[field]) for field in counts},  # type: ignore[arg-type]
            **{field: row[field] == "1" for field in flags},  # type: ignore[arg-type]
            published_parameters=int(row["published_parameters"]) if row["published_parameters"] else None,
            aliases=tables.names(row["aliases"]),
            source=row["source"],
            date=row["date"],
        )
        for row in tables.rows("models")
    }


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    return names.index((model.name, model.aliases) for model in load().values())


def find(name: str) -> Model:
    """The model called ``name`` or one of its aliases. Raises UnknownName."""
    return load()[names.resolve(name, _index(), what="model")]
