"""Each answer comes with the probabilities that it was written by."""

from __future__ import annotations

import json

import pytest
import torch

from evals.engines.answering import AnsweringLM
from evals.engines.harness import Harness, ItemResult
from evals.engines.variants import load_variant
from evals.models import model
from evals.quantizations import quantization
from evals.statistics.confidence import generation_confidence
from evals.tasks import items, task

N = 12


@pytest.fixture(scope="module")
def variant() -> object:
    return load_variant(model("tiny-1m"), quantization("fp32"), "confidence")


def results(variant: object, name: str) -> list[ItemResult]:
    found: list[ItemResult] = []
    Harness(variant, batch_size=5).run(task(name), range(N), found.append)  # type: ignore[arg-type]
    return sorted(found, key=lambda item: item.index)


def test_a_text_is_as_sure_as_the_model_reading_it_again(variant: object) -> None:
    """Teacher-forced: the prompt, the answer and the end token after it, in one pass without padding."""
    local, encode = variant.model, variant.tokenizer  # type: ignore[attr-defined]
    asked = items(task("math").config["metadata"]["items"])
    for result in results(variant, "math"):
        prompt = encode(asked[result.index]["prompt"])["input_ids"]
        answer = encode(result.output, add_special_tokens=False)["input_ids"] + [local.config.eos_token_id]
        with torch.inference_mode():
            table = local(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
        read = [float(table[len(prompt) - 1 + k, token]) for k, token in enumerate(answer)]
        assert {name: result.metrics[name] for name in generation_confidence(read)} == pytest.approx(
            generation_confidence(read), abs=1e-3
        )
        assert table[len(prompt) - 1 : -1].argmax(-1).tolist() == answer


def test_a_choice_is_as_sure_as_its_likelihoods(variant: object) -> None:
    for result in results(variant, "classification"):
        said = torch.tensor(list(json.loads(result.output)["loglikelihoods"].values())).softmax(0).sort().values
        assert result.metrics["answer_probability"] == pytest.approx(float(said[-1]), abs=1e-3)
        assert result.metrics["answer_margin"] == pytest.approx(float(said[-1] - said[-2]), abs=1e-3)


def test_a_text_ends_where_its_stop_string_ends(variant: object) -> None:
    lm = AnsweringLM(pretrained=variant.model, tokenizer=variant.tokenizer, batch_size=4, max_length=256)  # type: ignore[attr-defined]
    tokens = lm.tok_encode("12 plus 3\nmakes 15")
    assert lm._answer_length(tokens, ["\n"]) == len(lm.tok_encode("12 plus 3\n")) < len(tokens)
    assert lm._answer_length(tokens, ["no such text"]) == len(tokens)
    assert lm._answer_length([*tokens[:2], lm.eot_token_id, *tokens], ["\n"]) == 3
