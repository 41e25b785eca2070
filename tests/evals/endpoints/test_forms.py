"""How multiple-choice tasks are asked in words, and which choice an answer means."""

from __future__ import annotations

import pytest

from evals.endpoints.entry import Endpoint
from evals.endpoints.forms import asked, chat_prompt, chosen, protocol
from evals.engines.endpoint_requests import generation

LABELS = ["refund", "shipping", "login", "late shipping"]


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("refund", 0),
        (" Refund.\n", 0),
        ("**shipping**", 1),
        ("B", 1),
        ("c. login", 2),
        ("The answer is: login", 2),
        ("I think this is about login problems", 2),
        ("late shipping", 3),
        ("It says late shipping", 3),
        ("<think>refund or login?</think> login", 2),
        ("refund, or perhaps login", 0),  # it begins with one
        ("either refund or login", None),
        ("", None),
        ("no idea", None),
        ("E", None),  # a letter beyond the choices
        ("A. login", 2),  # the word counts
        ("A shipping matter", 1),  # an article is no letter of a choice
    ],
)
def test_what_an_answer_means(answer: str, meant: int | None) -> None:
    assert chosen(answer, LABELS, "chat") == meant


def test_letters_that_are_the_choices_themselves() -> None:
    """As MMLU's: the choices are letters, and an article is none of them."""
    assert chosen("B", ["A", "B", "C", "D"], "chat") == 1
    assert chosen("B) because of the second law", ["A", "B", "C", "D"], "chat") == 1
    assert chosen("A good question", ["A", "B", "C", "D"], "chat") is None
    assert asked("Q?", ["A", "B"], "chat") == "Q?\n\nAnswer with one of A, B and nothing else."


def test_a_completion_model_goes_on_and_a_chat_model_is_told_the_choices() -> None:
    assert asked("Ticket: x\nIntent:", LABELS, "completions") == "Ticket: x\nIntent:"
    assert "A. refund\nB. shipping" in asked("Ticket: x\nIntent:", LABELS, "chat")
    assert chosen(" login and more", LABELS, "completions") == 2


def test_messages_stay_messages() -> None:
    """A task with a chat template: shots and question go to a chat server as the messages they are."""
    history = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Q?"}]
    prompt = asked(chat_prompt(history), ["yes", "no"], "chat")
    one = Endpoint(name="x", base_url="http://h/v1", model="m", kind="chat")
    messages = generation(one, prompt, 5, [])["messages"]
    assert messages[0] == history[0] and messages[1]["content"].startswith("Q?\n\nA. yes\nB. no")
    assert generation(one, "plain", 5, [])["messages"] == [{"role": "user", "content": "plain"}]


def test_the_protocol_says_what_was_done_otherwise() -> None:
    usual = "t v1, 0-shot, no chat template, greedy"
    chat = {"endpoint": {"kind": "chat", "greedy": False, "multiple_choice": "generative"}}
    assert protocol(usual, "multiple_choice", {}) == usual
    assert protocol(usual, "multiple_choice", chat) == (
        "t v1, 0-shot, chat template of the endpoint, the endpoint's own sampling, generative form"
    )
    assert "generative form" not in protocol(usual, "generate_until", chat)
