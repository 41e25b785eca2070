"""The one recipe all members share, and the sizes it was applied to."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY_SIZE = 768
CONTEXT_TOKENS = 256
PAD, EOS = 0, 1

# Items per task in one step, about 3,300 tokens with padding; the loss is weighted per answer token.
ITEMS_PER_STEP = {"classification": 10, "summarization": 8, "math": 24, "code": 10, "agent": 14}
LOSS_WEIGHT = {"classification": 4.0, "summarization": 1.0, "math": 1.5, "code": 1.0, "agent": 1.0}
DRILL_FRACTION = 0.3
WARM_UP_DRILLS = 44
LEARNING_RATE = {256: 2e-3, 512: 1.5e-3}
SHIPPED_SEED = 1


@dataclass(frozen=True, kw_only=True)
class Size:
    """Shape of a member: Llama architecture, tied embeddings, head dimension 64, two query heads per KV head.

    Hidden and intermediate sizes are multiples of 256, the block of GGUF k-quants.
    """

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int


SIZES = {
    "tiny-1m": Size(hidden=256, intermediate=256, layers=3, heads=4, kv_heads=2),
    "tiny-3m": Size(hidden=256, intermediate=768, layers=4, heads=4, kv_heads=2),
    "tiny-13m": Size(hidden=512, intermediate=1536, layers=4, heads=8, kv_heads=4),
}
