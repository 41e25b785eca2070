"""How sure a model was: values a reader can redo."""

from __future__ import annotations

import math

import pytest

from evals.statistics.confidence import choice_confidence, generation_confidence


def test_a_text_is_as_sure_as_its_tokens() -> None:
    assert generation_confidence([-0.1, -0.5, -0.3]) == pytest.approx(
        {"mean_token_logprob": -0.3, "min_token_logprob": -0.5}
    )


def test_choices_become_probabilities() -> None:
    # e^0 : e^(-ln 2) : e^(-ln 4) = 4 : 2 : 1, so 4/7 for the best, 2/7 above the second; the common part drops out.
    said = choice_confidence([-10 - math.log(2), -10.0, -10 - math.log(4)])
    assert said == pytest.approx({"answer_probability": 4 / 7, "answer_margin": 2 / 7})


def test_tied_choices_have_no_margin() -> None:
    assert choice_confidence([-1.0, -1.0]) == {"answer_probability": 0.5, "answer_margin": 0.0}


def test_far_apart_choices_neither_overflow_nor_pass_1() -> None:
    assert choice_confidence([-1.0, -2000.0]) == {"answer_probability": 1.0, "answer_margin": 1.0}


@pytest.mark.parametrize("values", [[], [math.nan, -1.0], [-math.inf, -1.0]])
def test_what_the_model_did_not_compute_is_not_told(values: list[float]) -> None:
    assert generation_confidence(values) == {} and choice_confidence(values) == {}


def test_one_choice_is_no_choice() -> None:
    assert choice_confidence([-1.0]) == {}
