"""How sure a model was of each answer, from probabilities it computed anyway. Natural logarithms throughout.

Only ``AGREEMENT`` costs further answers: ``evals.statistics.agreement``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

MEAN_TOKEN_LOGPROB = "mean_token_logprob"
MIN_TOKEN_LOGPROB = "min_token_logprob"
ANSWER_MARGIN = "answer_margin"
ANSWER_PROBABILITY = "answer_probability"
AGREEMENT = "agreement"
CONFIDENCES = (MEAN_TOKEN_LOGPROB, MIN_TOKEN_LOGPROB, ANSWER_MARGIN, ANSWER_PROBABILITY, AGREEMENT)


def generation_confidence(logprobs: Sequence[float]) -> dict[str, float]:
    """Mean and least log-probability over the generated tokens, the one that ended the answer included.

    Empty where there are no tokens, or where the model computed no finite number.
    """
    if not logprobs or not all(math.isfinite(value) for value in logprobs):
        return {}
    return {MEAN_TOKEN_LOGPROB: math.fsum(logprobs) / len(logprobs), MIN_TOKEN_LOGPROB: min(logprobs)}


def choice_confidence(loglikelihoods: Sequence[float]) -> dict[str, float]:
    """Probability of the likeliest choice, and how far it is above the second, after softmax over the choices.

    Empty for fewer than two choices, or where the model computed no finite number.
    """
    if len(loglikelihoods) < 2 or not all(math.isfinite(value) for value in loglikelihoods):
        return {}
    best, second, *_ = ordered = sorted(loglikelihoods, reverse=True)
    probability = 1.0 / math.fsum(math.exp(value - best) for value in ordered)
    return {ANSWER_PROBABILITY: probability, ANSWER_MARGIN: probability * -math.expm1(second - best)}
