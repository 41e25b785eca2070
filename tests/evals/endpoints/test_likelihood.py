"""Log-likelihoods over a server that keeps to the interface: those of the same model without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from evals.endpoints.entry import Endpoint
from evals.endpoints.spend import Meter
from evals.engines.endpoint import form
from evals.engines.endpoint_check import check
from evals.engines.endpoint_lm import EndpointLM
from evals.engines.harness import Harness, ItemResult
from evals.engines.loaded import LoadedVariant
from evals.engines.variants import load_variant
from evals.models import model
from evals.quantizations import quantization
from evals.tasks import task
from tests.evals.endpoints.stub import Stub, served

N = 4


class Honest:
    """Completions of a loaded model, with the echo and log-probabilities of OpenAI's interface."""

    def __init__(self, variant: LoadedVariant) -> None:
        self._model, self._tokenizer = variant.model, variant.tokenizer

    def __call__(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if "messages" in asked:
            return {"refuse": "messages"}
        ids = self._tokenizer(asked["prompt"], return_tensors="pt", add_special_tokens=False).input_ids
        with torch.inference_mode():
            whole = torch.cat([ids, self._model(input_ids=ids).logits[:, -1:].argmax(-1)], 1)
            tables = self._model(input_ids=whole).logits[0].float().log_softmax(-1)
        words = [self._tokenizer.decode(token) for token in whole[0]]
        values: list[float | None] = [None, *(float(tables[at - 1, whole[0, at]]) for at in range(1, len(words)))]
        tops: list[Any] = [None, *({"": float(tables[at - 1].max())} for at in range(1, len(words)))]
        start = 0 if asked.get("echo") else ids.shape[1]
        logprobs = {"tokens": words[start:], "token_logprobs": values[start:], "top_logprobs": tops[start:]}
        choice = {"index": 0, "text": "".join(words[start:]), "finish_reason": "length", "logprobs": logprobs}
        usage = {"prompt_tokens": ids.shape[1], "completion_tokens": 1}
        return {"model": asked["model"], "choices": [choice], "usage": usage}


def evaluated(variant: LoadedVariant) -> list[dict[str, Any]]:
    found: list[ItemResult] = []
    Harness(variant).run(task("shop_classification"), range(N), found.append)
    assert len(found) == N
    return [json.loads(one.output) for one in sorted(found, key=lambda one: one.index)]


def test_served_log_likelihoods_are_those_of_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    here = load_variant(model("tiny-1m"), quantization("fp32"), "key")
    with served(Stub(Honest(here))) as stub:
        found = check(Endpoint(name="honest", base_url=stub.url, model="tiny", timeout_s=60))
        assert found.likelihood_problem == "" and found.endpoint.multiple_choice == "likelihood"
        lm = EndpointLM(found.endpoint, Meter(found.endpoint, ""))
        there = LoadedVariant(
            tokenizer=None,
            weight_bytes=0,
            bits_per_weight=0.0,
            lm=lm,
            form=lambda lm_task, metric: form(found.endpoint, lm_task, metric),
        )
        over = evaluated(there)
    for one, other in zip(evaluated(here), over, strict=True):
        assert one["choice"] == other["choice"]
        for label, value in one["loglikelihoods"].items():
            assert other["loglikelihoods"][label] == pytest.approx(value, abs=2e-3)
