"""What counts as right, on answers a reader can judge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evals.sandbox import choose
from evals.usertasks.scorers import (
    as_number,
    every_step,
    last_number,
    likeliest_label,
    passes_tests,
    program,
    short_answer,
    split_steps,
    summary,
    written_label,
)  # fmt: skip

LABELS = {"labels": ["not spam", "spam"], "answer": "spam"}


def test_the_likeliest_label_counts() -> None:
    doc = {"labels": ["a", "b"], "target": 1}
    assert likeliest_label(doc, [(-3.0, False), (-1.0, False)]) == {"acc": 1.0}
    assert likeliest_label(doc, [(-1.0, False), (-3.0, False)]) == {"acc": 0.0}


@pytest.mark.parametrize(
    ("said", "right"),
    [(" Spam.", 1.0), ("The label is **spam**", 1.0), ("not spam", 0.0), ("spam or not spam", 0.0), ("spammer", 0.0)],
)
def test_a_written_label_is_the_only_one_named(said: str, right: float) -> None:
    assert written_label(LABELS, [said]) == {"acc": right}


def test_short_answers_are_compared_without_case_spacing_and_outer_punctuation() -> None:
    assert short_answer({"answer": "New York"}, [' "new  york." '])["exact_match"] == 1.0
    found = short_answer({"answer": "New York"}, ["It is New York"])
    assert found == {"exact_match": 0.0, "contains": 1.0, "f1": pytest.approx(2 * 2 / 6)}
    assert short_answer({"answer": "art"}, ["a party"])["contains"] == 0.0
    assert short_answer({"answer": "1.5"}, ["15"])["exact_match"] == 0.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3 + 4 so 7", "7"), ("$1,234.50", "1234.5"), ("1,234,567", "1234567"), ("1,5", "1.5"), ("−3", "-3"),
        ("12%", "12"), ("so 167; 78", "78"), ("no number", None), ("007", "7"),
    ],
)  # fmt: skip
def test_the_last_number_is_the_answer(text: str, number: str | None) -> None:
    assert as_number(text) == (None if number is None else Decimal(number))


def test_numbers_are_equal_by_value() -> None:
    assert last_number({"answer": "1200"}, ["so 1,200.0"]) == {"final_answer": 1.0}
    assert last_number({"answer": "1200"}, ["so 1,201"]) == {"final_answer": 0.0}
    assert last_number({"answer": "1200"}, ["none"]) == {"final_answer": 0.0}


def test_a_summary_is_scored_by_rouge() -> None:
    assert summary({"answer": "the cat sat"}, [" the cat sat"])["rougeL"] == 1.0
    assert summary({"answer": "the cat sat"}, ["sat cat the"])["rougeL"] == pytest.approx(1 / 3)


def test_steps_count_until_the_first_error() -> None:
    doc = {"steps": ["get a", "get b", "add"]}
    assert split_steps('["get a", "get b"]') == split_steps("get a; get  b\n") == ["get a", "get b"]
    assert every_step(doc, ["get a; get b; add"]) == {"all_steps": 1.0, "steps_before_error": 1.0}
    assert every_step(doc, ["get a; get c; add"]) == {"all_steps": 0.0, "steps_before_error": pytest.approx(1 / 3)}
    assert every_step(doc, ["get a; get b; add; add"])["all_steps"] == 0.0


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Double.\ndef f(", "x): return x * 2"),
        ("Double.\ndef f(x): return", " x * 2"),
        ("Double it.", "Here:\n```python\ndef f(x):\n    return x * 2\n```\nDone."),
        ("Double.\ndef f(", "def f(x):\n    return x * 2"),
        ("Double.", "x * 2"),
    ],
)
def test_a_function_is_found_in_the_answer_or_goes_on_from_the_prompt(prompt: str, answer: str) -> None:
    scope: dict[str, object] = {}
    exec(program(prompt, answer, "f"), scope)
    assert scope["f"](4) == 8  # type: ignore[operator]


@pytest.mark.skipif(choose() is None, reason="no sandbox here")
def test_code_is_called_in_the_sandbox_and_compared_outside() -> None:
    doc = {"prompt": "Add.\ndef f(", "function": "f", "inputs": "[(1, 2), (3, 4)]", "outputs": "[3, 7]"}
    assert passes_tests(doc, ["a, b): return a + b"])["passed"] == 1.0
    assert passes_tests(doc, ["a, b): return a"])["passed"] == 0.0
    assert passes_tests(doc, ["a, b): return open('/etc/passwd').read()"])["passed"] == 0.0
    always = "a, b):\n    class Same(int):\n        def __eq__(self, o): return True\n    return Same()"
    assert passes_tests(doc, [always])["passed"] == 0.0
