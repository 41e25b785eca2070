"""The one recipe all members share, and the sizes it was applied to."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY_SIZE = 768
CONTEXT_TOKENS = 256
PAD, EOS = 0, 1

# Items per task in one step, about 3,400 tokens with padding; the loss is weighted per answer token.
ITEMS_PER_STEP = {"classification": 12, "summarization": 6, "math": 13, "code": 10, "agent": 10}
LOSS_WEIGHT = {"classification": 4.0, "summarization": 1.0, "math": 1.0, "code": 1.0, "agent": 1.0}
DRILL_FRACTION = 0.4
WARM_UP_DRILLS = 44
LEARNING_RATE = 2e-3  # the peak of the first stage
SECOND_STAGE_RATE = 1e-3
SHIPPED_SEED = 1
SEEDS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Size:
    """A member: Llama architecture, tied embeddings, head dimension 64, two query heads per KV head.

    Hidden and intermediate sizes are multiples of 256, the block of GGUF k-quants. A member grows from ``grown_from``
    or starts from noise with a first stage: ``drill_steps`` of look-up exercises, then shorter word problems. The
    second stage takes every task as it is evaluated.
    """

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    second_stage_steps: int
    first_stage_steps: int = 0
    drill_steps: int = 0
    grown_from: str | None = None

    @property
    def steps(self) -> int:
        return self.first_stage_steps + self.second_stage_steps


SIZES = {
    "tiny-1m": Size(
        hidden=256,
        intermediate=256,
        layers=2,
        heads=4,
        kv_heads=2,
        drill_steps=300,
        first_stage_steps=2800,
        second_stage_steps=800,
    ),
    "tiny-3m": Size(
        hidden=256, intermediate=768, layers=4, heads=4, kv_heads=2, second_stage_steps=700, grown_from="tiny-1m"
    ),
    "tiny-13m": Size(
        hidden=512, intermediate=1536, layers=4, heads=8, kv_heads=4, second_stage_steps=350, grown_from="tiny-3m"
    ),
}
