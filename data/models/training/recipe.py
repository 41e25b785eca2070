"""The one recipe all members share, and the sizes it was applied to."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY_SIZE = 768
CONTEXT_TOKENS = 256
PAD, EOS = 0, 1

LEARNING_RATE = 2e-3
WARM_UP_DRILLS = 44
SHIPPED_SEED = 1
SEEDS = (1, 2, 3)
# The loss is weighted per answer token.
LOSS_WEIGHT = {"classification": 4.0, "summarization": 1.0, "math": 1.0, "code": 1.0, "agent": 1.0}


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Items per task in one step, about 3,600 tokens with padding, the share of drills among the agent's and of
    two-person problems among the math."""

    items: dict[str, int]
    drill_fraction: float
    two_people_fraction: float = 0.6


EASY = Mix(
    items={"classification": 12, "summarization": 6, "math": 13, "code": 10, "agent": 10},
    drill_fraction=0.4,
    two_people_fraction=0.0,
)
FULL = Mix(items=EASY.items, drill_fraction=0.4)
LOOK_UPS = Mix(items={"classification": 8, "summarization": 8, "math": 9, "code": 8, "agent": 16}, drill_fraction=0.5)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One ramp and one cosine to zero; ``drill_steps`` of look-up exercises alone come first."""

    steps: int
    mix: Mix
    rate: float = LEARNING_RATE
    drill_steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Size:
    """A member: Llama architecture, tied embeddings, head dimension 64, two query heads per KV head.

    Hidden and intermediate sizes are multiples of 256, the block of GGUF k-quants. A member starts from noise or from
    the weights of ``grown_from``.
    """

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    stages: tuple[Stage, ...]
    grown_from: str | None = None

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step and the step within it."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        raise ValueError(f"the recipe has {self.steps} steps")


SIZES = {
    "tiny-1m": Size(
        hidden=256,
        intermediate=256,
        layers=2,
        heads=4,
        kv_heads=2,
        stages=(Stage(steps=2800, mix=EASY, drill_steps=300), Stage(steps=800, mix=FULL, rate=1e-3)),
    ),
    "tiny-3m": Size(
        hidden=256,
        intermediate=768,
        layers=4,
        heads=4,
        kv_heads=2,
        stages=(Stage(steps=700, mix=FULL, rate=1e-3), Stage(steps=1200, mix=LOOK_UPS)),
        grown_from="tiny-1m",
    ),
    "tiny-13m": Size(
        hidden=512,
        intermediate=1536,
        layers=4,
        heads=8,
        kv_heads=4,
        stages=(Stage(steps=250, mix=FULL, rate=1e-3),),
        grown_from="tiny-3m",
    ),
}
