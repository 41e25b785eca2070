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
    """Items per task in one step, about 3,600 tokens with padding, and the share of drills among the agent's."""

    items: dict[str, int]
    drill_fraction: float


MIX = Mix(items={"classification": 10, "summarization": 6, "math": 12, "code": 8, "agent": 12}, drill_fraction=0.4)
# The agent's trace is the longest answer and is learned last.
AGENT_MIX = Mix(
    items={"classification": 10, "summarization": 5, "math": 11, "code": 6, "agent": 16}, drill_fraction=0.3
)

# Sums that are worked out without writing come last of all, and only in four layers.
CODE_MIX = Mix(items={"classification": 5, "summarization": 2, "math": 6, "code": 32, "agent": 6}, drill_fraction=0.3)

# A city is copied from any of the three orders for long, before it is looked up in the right one.
NOTES_MIX = Mix(items={"classification": 3, "summarization": 20, "math": 12, "code": 4, "agent": 4}, drill_fraction=0.3)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One ramp and one cosine to zero; ``drill_steps`` of look-up exercises alone come first.

    Their tables hold ``stand_ins`` of this number.
    """

    steps: int
    mix: Mix
    rate: float = LEARNING_RATE
    drill_steps: int = 0
    stand_ins: int = 0


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
        stages=(
            Stage(steps=3600, mix=MIX, drill_steps=600),
            Stage(steps=1600, mix=MIX, drill_steps=500),
            Stage(steps=1200, mix=AGENT_MIX, drill_steps=150),
        ),
    ),
    "tiny-3m": Size(
        hidden=256,
        intermediate=768,
        layers=4,
        heads=4,
        kv_heads=2,
        stages=(
            Stage(steps=1600, mix=AGENT_MIX, drill_steps=350, stand_ins=3),
            Stage(steps=500, mix=CODE_MIX, rate=1.5e-3),
        ),
        grown_from="tiny-1m",
    ),
    "tiny-13m": Size(
        hidden=512,
        intermediate=1536,
        layers=4,
        heads=8,
        kv_heads=4,
        stages=(Stage(steps=120, mix=CODE_MIX, rate=1e-3), Stage(steps=100, mix=NOTES_MIX, rate=1e-3)),
        grown_from="tiny-3m",
    ),
}
