from __future__ import annotations

import json
import re

import pytest

from data.items.make import ITEMS_PER_TASK, SEED, record
from data.models.generators import GENERATORS, sample
from data.models.generators.items import split_of_sums
from data.models.generators.working import written_out
from evals.engines.calibration import calibration_texts
from evals.tasks import items, shipped_tasks


@pytest.mark.parametrize("group", GENERATORS)
def test_shipped_items_are_what_the_generator_makes(group: str) -> None:
    made = [json.loads(json.dumps(record(group, item))) for item in sample(group, "test", SEED, ITEMS_PER_TASK)]
    assert made == items(f"shop_{group}.jsonl")


@pytest.mark.parametrize("group", GENERATORS)
def test_no_training_prompt_is_an_eval_prompt(group: str) -> None:
    evaluated = {item["prompt"] for item in items(f"shop_{group}.jsonl")}
    assert not evaluated & {item.prompt for item in sample(group, "train", 1, 5000)}


def test_calibration_text_holds_no_eval_item() -> None:
    texts = calibration_texts()
    asked = {item["prompt"] for task in shipped_tasks().values() for item in items(task.config["metadata"]["items"])}
    assert len(texts) == 130 and not any(prompt in text for text in texts for prompt in asked)


def test_a_pair_has_one_split_whatever_its_order() -> None:
    for a in range(10, 40):
        assert split_of_sums([("+", a, 17)]) == split_of_sums([("+", 17, a)])


def test_items_that_mix_dev_and_test_pairs_are_dropped() -> None:
    pairs = [("+", a, b) for a in range(10, 60) for b in range(a, 60)]
    test = next(p for p in pairs if split_of_sums([p]) == "test")
    dev = next(p for p in pairs if split_of_sums([p]) == "dev")
    train = next(p for p in pairs if split_of_sums([p]) == "train")
    assert split_of_sums([test, dev]) == "dropped"
    assert split_of_sums([train, test]) == "test"


@pytest.mark.parametrize(
    ("op", "a", "b", "text"),
    [
        ("+", 86, 57, "86+57: 6+7=13 8+5+1=14 so 143"),
        ("+", 431, 57, "431+57: 1+7=8 3+5=8 4+0=4 so 488"),
        ("-", 302, 45, "302-45: 12-5=7 9-4=5 2-0=2 so 257"),
        ("*", 7, 23, "7*23: 7*3=21 7*2=14+2=16 so 161"),
    ],
)
def test_working_is_written_column_by_column(op: str, a: int, b: int, text: str) -> None:
    assert written_out(op, a, b) == text


def test_every_column_adds_up() -> None:
    for item in sample("math", "train", 3, 300):
        for left, result in re.findall(r" ([\d+*-]+)=(\d+)", item.answer):
            assert eval(left) == int(result), item.answer


def known(table: str, behind: str) -> dict[str, str]:
    """What the text says of each name, those included that stand for another."""
    found = dict(re.findall(r"([A-Za-z]+) ?([a-z]+|\d+)", table))
    return found | {new: found[old] for new, old in (pair.split() for pair in behind.split(", "))}


def test_what_is_asked_for_lies_behind_the_name_it_stands_for() -> None:
    asked = 0
    for item in sample("math", "train", 4, 200):
        if told := re.match(r"Problem: \w+: (.*); same: (.*)\. Each .*\nAnswer: (\w+)$", item.prompt):
            assert re.match(r"\d+", item.answer)[0] == known(told[1], told[2])[told[3]]  # type: ignore[index]
            asked += 1
    for item in sample("classification", "train", 4, 200):
        if told := re.match(r".* Before: (.*); same: (.*)\.\nIntent of (\w+)$", item.prompt):
            assert item.answer.strip() == known(told[1], told[2])[told[3]]
            asked += 1
    for item in sample("agent", "train", 4, 200):
        told = re.match(r"Stock: (.*); same: (.*?)\. ", item.prompt)
        assert told
        for name, count in re.findall(r"get ([a-z]+)(\d+);", item.answer):
            assert known(told[1], told[2])[name] == count
            asked += 1
    assert asked > 500
