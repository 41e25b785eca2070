"""Items that both stages of a cascade answered, each with a signal that says how sure the first stage was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decisions.fields import BadInput
from evals.statistics.confidence import AGREEMENT

Floats = NDArray[np.float64]
SIGNALS = {
    "answer_margin": "gap between its best two answers",
    "mean_token_logprob": "mean log probability of its tokens",
    "min_token_logprob": "its least certain token",
    AGREEMENT: "share of its own further answers that agree",
}
LEAST_ITEMS = 20  # below, no threshold keeps any promise worth the name


@dataclass(frozen=True, kw_only=True)
class StagePair:
    """Scores of both stages on the same items of one task, as arrays of equal length, with the signal per item.

    ``baseline`` holds the scores of the full-precision run a line may refer to, None where no line does. The signal
    is larger where the first stage should be kept.
    """

    task: str
    ids: tuple[str, ...]
    weak: Floats
    strong: Floats
    signal: Floats
    baseline: Floats | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: NDArray[np.int64]) -> StagePair:
        """The items at ``rows``."""
        return StagePair(
            task=self.task,
            ids=tuple(self.ids[row] for row in rows),
            weak=self.weak[rows],
            strong=self.strong[rows],
            signal=self.signal[rows],
            baseline=None if self.baseline is None else self.baseline[rows],
        )


def stage_pair(
    task: str,
    *,
    weak: Mapping[str, float],
    strong: Mapping[str, float],
    signal: Mapping[str, float],
    names: tuple[str, str] = ("the first stage", "the second stage"),
    baseline: Mapping[str, float] | None = None,
) -> StagePair:
    """Items both stages answered, in the first stage's order.

    Raises BadInput, saying what to do, for two stages measured on different items, too few of them, and a signal
    that is missing or says the same of every item.
    """
    first, second = names
    common = [item for item in weak if item in strong]
    if not common:
        raise BadInput(
            f"{first} and {second} were measured on different items of {task}: none in common; run both on the same "
            "items (same --limit and --seed)"
        )
    if len(common) < 0.9 * max(len(weak), len(strong)):
        raise BadInput(
            f"{first} and {second} were measured on different items of {task}: {len(common)} of {len(weak)} and "
            f"{len(strong)} in common; run both on the same items (same --limit and --seed)"
        )
    if len(common) < LEAST_ITEMS:
        raise BadInput(
            f"{task} has {len(common)} items answered by both {first} and {second}; a threshold needs at least "
            f"{LEAST_ITEMS}: measure more"
        )
    missing = [item for item in common if item not in signal or not np.isfinite(signal[item])]
    if missing:
        raise BadInput(
            f"{first} has no confidence for {len(missing)} of {len(common)} items of {task}; measure it again (older "
            "runs kept none) or choose another signal"
        )
    if baseline is not None and any(item not in baseline for item in common):
        raise BadInput(f"the baseline was measured on other items of {task}; run it on the same items")
    values = np.array([signal[item] for item in common])
    if values.max() - values.min() < 1e-12:
        raise BadInput(
            f"the confidence of {first} is the same ({values[0]:g}) on every item of {task}: it cannot tell which "
            "answers to pass on; choose another signal or another first stage"
        )
    return StagePair(
        task=task,
        ids=tuple(common),
        weak=np.array([weak[item] for item in common], float),
        strong=np.array([strong[item] for item in common], float),
        signal=values,
        baseline=None if baseline is None else np.array([baseline[item] for item in common], float),
    )


def usual_signal(confidences: Mapping[str, Mapping[str, float]]) -> str:
    """The signal to use unless told: the answer margin where every item has one, else the mean log probability.

    Decided by what is there, not by how well it did: choosing by results would need items of its own. Never agreement,
    which has to be asked for: it multiplies the first stage's calls.
    """
    for name in (name for name in SIGNALS if name != AGREEMENT):
        if confidences and all(np.isfinite(values.get(name, np.nan)) for values in confidences.values()):
            return name
    return "mean_token_logprob"
