"""Self-consistency: how often a model says the same again when it draws its answer instead of taking the likeliest.

Wang et al. 2022 (arXiv 2203.11171) vote over the draws; here the likeliest answer stays the answer, and the share of
the draws that agree with it tells how sure the model was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.statistics.confidence import AGREEMENT
from evals.usertasks.scorers import as_number

FEWEST, MOST = 2, 20
TEMPERATURE = 0.7
NUMERIC = "final_answer"  # the metric of tasks that judge the last number alone, whatever the steps before it
EXTRA_CALLS = "extra_calls"


@dataclass(frozen=True, kw_only=True)
class Draws:
    """``count`` further answers an item, drawn at ``temperature``. ValueError for a count outside 2 to 20."""

    count: int
    temperature: float = TEMPERATURE
    seed: int = 0

    def __post_init__(self) -> None:
        if not FEWEST <= self.count <= MOST:
            raise ValueError(
                f"self_consistency of the plan is {self.count}; give {FEWEST} to {MOST} draws an item, or leave it out"
            )

    def seeds(self, item: str) -> tuple[int, ...]:
        """One for each draw, of 63 bits; by the item's id alone, so that it matters not what else is asked with it."""
        said = (f"{self.seed}/{item}/{draw}" for draw in range(self.count))
        return tuple(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1 for text in said)


def agreement(greedy: str, drawn: Sequence[str], metric: str) -> float:
    """Share of the drawn answers that say what the greedy one says, 0 to 1. ValueError where nothing was drawn.

    Answers are compared as ``metric`` judges them: by their last number where only that counts, else word by word.
    """
    if not drawn:
        raise ValueError("no answer was drawn; agreement needs at least one")
    said = _judged(greedy, metric)
    return sum(_judged(text, metric) == said for text in drawn) / len(drawn)


def undrawn_words(draws: Draws | None, output_type: str, metrics: Iterable[str]) -> str:
    """Why answers with these stored ``metrics`` (JSON) agree with nothing though draws were asked for, "" otherwise."""
    stored = [AGREEMENT in json.loads(each) for each in metrics]
    if draws is None or not stored or any(stored):
        return ""
    if output_type != "generate_until":
        return "no self-consistency: choices are weighed by likelihood, not drawn"
    return "no self-consistency: this engine gives one answer a request"


def _judged(text: str, metric: str) -> object:
    number = as_number(text) if metric == NUMERIC else None
    return " ".join(text.split()) if number is None else number
