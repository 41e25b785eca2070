"""Draws of an answer: as often as the model says, the same whatever is asked beside, nothing of the score changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from evals.engines.drawing import Noisy
from evals.engines.harness import Harness, ItemResult
from evals.engines.variants import load_variant
from evals.models import model
from evals.quantizations import quantization
from evals.statistics.agreement import Draws
from evals.tasks import task

DRAWS = Draws(count=3)


@pytest.fixture(scope="module")
def variant() -> object:
    return load_variant(model("tiny-1m"), quantization("bf16"), "draws")


def results(
    variant: object, indices: Sequence[int], draws: Draws | None, batch_size: int = 128, name: str = "math"
) -> dict[int, ItemResult]:
    found: list[ItemResult] = []
    Harness(variant, batch_size).run(task(name), indices, found.append, draws)  # type: ignore[arg-type]
    return {result.index: result for result in found}


def test_the_noisiest_token_is_drawn_as_often_as_the_temperature_says() -> None:
    # At T = 0.5, weights 1 : 2 become 1² : 2² = 1 : 4, so 0.8 of 4,000 draws; four standard errors are 0.025.
    noisy = Noisy([torch.Generator().manual_seed(seed) for seed in range(4000)], 0.5)
    scores = torch.tensor([[1.0, 2.0]]).log().expand(4000, 2)
    drawn = noisy(torch.zeros(4000, 1, dtype=torch.long), scores).argmax(1)
    assert float(drawn.float().mean()) == pytest.approx(0.8, abs=0.025)


def test_draws_depend_on_neither_the_batch_nor_the_other_items_and_leave_the_answer_alone(variant: object) -> None:
    whole = results(variant, range(4), DRAWS)
    alone = {at: results(variant, [at], DRAWS, batch_size=2)[at] for at in (3, 1)}
    plain = results(variant, range(4), None)
    for at in (1, 3):
        for fact in ("agreement", "extra_calls", "extra_output_tokens"):
            assert whole[at].metrics[fact] == alone[at].metrics[fact]
    for at, result in whole.items():
        assert result.output == plain[at].output
        assert plain[at].metrics.items() <= result.metrics.items() and "agreement" not in plain[at].metrics
    assert 0 < sum(result.metrics["agreement"] for result in whole.values()) < 4, "some say again what they said"


def test_choices_are_asked_as_ever(variant: object) -> None:
    drawn, plain = (results(variant, range(3), draws, name="classification") for draws in (DRAWS, None))
    assert drawn == plain
