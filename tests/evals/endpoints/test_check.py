"""What a check proves of a server, told by servers that do and do not keep to the interface."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.entry import Endpoint
from evals.engines.endpoint_check import check
from tests.evals.endpoints.stub import Stub, served, text_answer

TABLE = {" Paris": 0.6, " London": 0.3, " the": 0.1}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))


def words(text: str) -> list[str]:
    """Tokens: a word with the space before it."""
    return [f" {word}" if i else word for i, word in enumerate(text.split(" "))]


def honest(path: str, asked: dict[str, Any], shift: int = 0) -> dict[str, Any]:
    """The likeliest next word is always " Paris"; words of the prompt have the log of their share in the table."""
    reply = text_answer(lambda prompt: " Paris")(path, asked)
    if "logprobs" not in asked or "messages" in asked:
        return reply
    tokens = [*words(asked["prompt"]), " the"] if asked.get("echo") else [" Paris"]
    values: list[float | None] = [math.log(TABLE.get(token, 0.05)) for token in tokens]
    if asked.get("echo"):
        values = [None, *values[1:]]
        values = [*values[shift:], *[0.0] * shift]
    top = {token: math.log(share) for token, share in TABLE.items()}
    reply["choices"][0]["logprobs"] = {
        "tokens": tokens,
        "token_logprobs": values,
        "top_logprobs": [top] * len(tokens),
    }
    return reply


def checked(answer: Any, models: tuple[str, ...] = ("tiny",), model: str = "tiny", **fields: Any) -> Any:
    with served(Stub(answer, models=models)) as stub:
        return check(Endpoint(name="stub", base_url=stub.url, model=model, timeout_s=20, **fields))


def test_right_prompt_log_probabilities_are_proven_and_used() -> None:
    found = checked(honest)
    assert found.works and found.prompt_logprobs and found.streams and found.counts_tokens
    assert found.endpoint.kind == "completions" and found.endpoint.multiple_choice == "likelihood"
    assert found.task_kinds["multiple choice"] == "log-likelihood of each choice"


def test_echoed_values_shifted_by_one_are_noticed() -> None:
    """As llama-cpp-python's server does for a GGUF without a start token: no error, and every value is wrong."""
    found = checked(lambda path, asked: honest(path, asked, shift=1))
    assert found.works and not found.prompt_logprobs
    assert "scores the same token -0.51 when it writes it and -2.30 when it reads it" in found.likelihood_problem
    assert found.endpoint.multiple_choice == "generative"


def test_accepted_and_ignored_logprobs_prove_nothing() -> None:
    found = checked(text_answer(lambda prompt: "Paris"))
    assert found.works and not found.prompt_logprobs
    assert found.likelihood_problem == "the server gives no log-probabilities"
    assert found.task_kinds == {"generation": "chat", "multiple choice": "generative form over chat"}


def test_a_wrong_model_name_is_answered_with_the_nearest() -> None:
    found = checked(honest, models=("llama-3.1-8b-instruct", "qwen2.5-7b"), model="llama-3.1-8b")
    assert not found.works and found.reachable and found.model_known is False
    assert found.nearest == "llama-3.1-8b-instruct"
    assert "does not know the model (HTTP 404): The model `llama-3.1-8b` does not exist" in found.problem


def test_row_62_another_model_behind_the_name_is_said() -> None:
    def answer(path: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {**honest(path, asked), "model": "cheaper-model"}

    [warning] = checked(answer).warnings
    assert warning == "asked for 'tiny', it says that 'cheaper-model' answered: scores are of that model"


@pytest.mark.parametrize("served_name", ["tiny", "tiny-2026-08-06", "/srv/models/tiny"])
def test_a_dated_name_or_a_path_is_the_same_model(served_name: str) -> None:
    assert checked(lambda path, asked: {**honest(path, asked), "model": served_name}).warnings == ()


def test_fields_that_a_server_refuses_are_left_out_from_then_on() -> None:
    """As reasoning models do: no max_tokens, no temperature, no stop."""

    refused = ("max_tokens", "temperature", "stop")

    def picky(path: str, asked: dict[str, Any]) -> dict[str, Any]:
        named = next((name for name in refused if name in asked), None)
        return {"refuse": named} if named else text_answer(lambda prompt: "Paris")(path, asked)

    stub = Stub(picky)
    with served(stub):
        found = check(Endpoint(name="stub", base_url=stub.url, model="tiny", timeout_s=20), "chat")
    assert set(found.endpoint.omits) == set(refused)
    assert not found.endpoint.is_greedy
    assert found.task_kinds["generation"] == "chat, with the sampling of the endpoint"
    assert stub.asked[-1]["max_completion_tokens"] == 16


def test_nobody_there_is_said_in_one_line() -> None:
    found = check(Endpoint(name="stub", base_url="http://127.0.0.1:9/v1", model="m", timeout_s=5))
    assert not found.reachable and "not reachable at http://127.0.0.1:9/v1" in found.problem
    assert "after 2 attempts" in found.problem


def test_a_missing_key_is_asked_for_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    found = checked(honest, key_env="NO_SUCH_KEY")
    assert "set the environment variable NO_SUCH_KEY" in found.problem
