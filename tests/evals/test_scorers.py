from __future__ import annotations

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from evals.tasks import TASKS_FOLDER, items, shipped_tasks


def scorer(folder: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"scorer_{folder}", TASKS_FOLDER / folder / "utils.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(folder: str, doc: dict[str, Any], response: Any) -> dict[str, float]:
    return scorer(folder).process_results(doc, response)  # type: ignore[no-any-return]


def test_classification_takes_the_likeliest_label() -> None:
    doc = {"labels": ["refund", "login"], "answer": " login"}
    assert score("classification", doc, [(-2.0, False), (-0.1, True)]) == {"acc": 1.0}
    assert score("classification", doc, [(-0.1, True), (-2.0, False)]) == {"acc": 0.0}


def test_summary_counts_facts_as_whole_words() -> None:
    doc = {
        "answer": " Ben #123: 4 mug never arrived, wants a call",
        "facts": ["Ben", "#123", "4 mug", "never arrived", "a call"],
    }
    assert score("summarization", doc, [doc["answer"]]) == {"facts": 1.0, "rougeL": 1.0, "exact_match": 1.0}
    # "#1234" is not "#123", "4 mugs" is not "4 mug": three of five facts stand.
    half = score("summarization", doc, ["Ben #1234: 4 mugs never arrived, wants a call"])
    assert half["facts"] == pytest.approx(3 / 5) and half["exact_match"] == 0.0


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("97-55: 7-5=2 9-5=4 so 42; 42+19: 2+9=11 4+1+1=6 so 61", 1.0),
        ("so 61", 1.0),
        ("42+19: 2+9=11 4+1+1=6 so 60", 0.0),
        ("42+19: 2+9=11 4+1+1=61", 0.0),
        ("", 0.0),
    ],
)
def test_math_reads_the_last_result(answer: str, right: float) -> None:
    assert score("math", {"final": 61}, [answer]) == {"final_answer": right}


def test_agent_needs_every_step() -> None:
    doc = {"steps": ["get a1", "get b2", "add 1 2=3"]}
    assert score("agent", doc, [" get a1; get b2; add 1 2=3"]) == {"all_steps": 1.0, "steps_before_error": 1.0}
    assert score("agent", doc, ["get a1; get b9; add 1 2=3"]) == {"all_steps": 0.0, "steps_before_error": 1 / 3}
    assert score("agent", doc, ["get a1; get b2; add 1 2=3; order"])["all_steps"] == 0.0


def test_code_is_executed_and_compared_outside() -> None:
    utils = scorer("code")
    doc = {"inputs": json.dumps([1, 2]), "outputs": json.dumps([2, 4])}
    answers = ["x * 2", "x + x", "x * 3", "x *", "1 / 0", "__import__('os').system('true') or x * 2"]
    answers += ["x * 2.0", "lambda: x", "(x * 2,)"]
    assert [utils.process_results(doc, [a])["passed"] for a in answers] == [1.0, 1.0] + [0.0] * 7


@pytest.mark.parametrize("name", list(shipped_tasks()))
def test_items_are_enough_unique_and_answerable(name: str) -> None:
    task = shipped_tasks()[name]
    listed = items(task.config["metadata"]["items"])
    assert len(listed) >= 500
    assert len({item["id"] for item in listed}) == len({item["prompt"] for item in listed}) == len(listed)
    utils = scorer(task.group)
    for item in listed[:40]:
        if task.output_type == "multiple_choice":
            response: Any = [(0.0 if label == item["answer"].strip() else -9.0, True) for label in item["labels"]]
        else:
            response = [item["answer"]]
        assert utils.process_results(item, response)[task.metric] == 1.0
