"""How members are trained: what a drill teaches, when a lesson is over, and that a stopped training goes on."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch

from data.models.generators.drills import Lesson, drill
from data.models.training import train as training
from data.models.training.batches import Batches, Example, lay_out
from data.models.training.network import Llama, to_transformers
from data.models.training.recipe import EOS, SHIPPED_SEED, SIZES, Mix, Size, Stage
from data.models.training.tokenizer import load
from data.models.training.train import Training, train
from evals.tasks import shipped_tasks

SHIPPED = Path(__file__).parents[2] / "data" / "models"
ONE_EACH = Mix(
    items={"classification": 1, "summarization": 1, "math": 1, "code": 1, "agent": 1},
    drill_fraction=0.5,
)
TOY = Size(
    hidden=128,
    intermediate=128,
    layers=2,
    heads=2,
    kv_heads=1,
    parts=(
        Lesson(held=(2,)),
        Stage(steps=3, rate=1e-3, mix=ONE_EACH),
        Lesson(held=(2,), stand_ins=1),
        Stage(steps=1, rate=1e-3, mix=ONE_EACH),
    ),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrained toy with the shipped tokenizer."""
    monkeypatch.setitem(SIZES, "toy", TOY)
    monkeypatch.setattr("data.models.training.batches.BUFFER", 8)
    monkeypatch.setattr("data.models.training.batches.DRILLS_PER_STEP", 2)
    load(SHIPPED / "tiny-1m").save_pretrained(tmp_path / "toy")
    return tmp_path


@pytest.mark.parametrize("asides", [False, True])
def test_a_drill_reads_out_what_its_table_says(asides: bool) -> None:
    for seed in range(50):
        one = drill(Random(seed), Lesson(held=(3, 5), asides=asides))
        rows = one.prompt.removeprefix("Stock: ").split(". List")[0].split(", ")
        for name, value in zip(one.pieces[::2], one.pieces[1::2], strict=True):
            word = name.split()[-1]
            assert any(row.startswith(word + value) for row in rows), one


def test_a_drill_with_stand_ins_reads_out_what_lies_behind_them() -> None:
    for seed in range(50):
        one = drill(Random(seed), Lesson(held=(3,), stand_ins=3))
        listed, same = one.prompt.removeprefix("Stock: ").split(". List")[0].split("; same: ")
        behind = dict(pair.split() for pair in same.split(", "))
        assert sorted(behind.values()) == sorted(row.rstrip("0123456789").split()[0] for row in listed.split(", "))
        for name, value in zip(one.pieces[::2], one.pieces[1::2], strict=True):
            held = behind.get(name.split()[-1], name.split()[-1])
            assert any(row.startswith(held + value.removeprefix(f" {held}")) for row in listed.split(", ")), one


def test_only_the_values_of_a_drill_weigh(folder: Path) -> None:
    tokenizer = load(folder / "toy")
    batch = Batches(tokenizer, 1, ONE_EACH).drills(Lesson(held=(3,)))
    weighed = tokenizer.decode(batch.targets[batch.weights > 0])
    assert "get" not in weighed and batch.weights.sum() >= 2 * 3
    assert "get" in tokenizer.decode(batch.targets[batch.weights == 0])


def test_padding_and_skipped_tokens_change_no_answer() -> None:
    torch.manual_seed(0)
    network = Llama(TOY)
    examples = [Example([5, 6, 7], [8, 9, EOS], [1.0] * 3), Example([10, 11, 12, 13, 14], [15, EOS], [1.0] * 2)]
    logits = network(lay_out([examples, examples[:1]]).text)
    model = to_transformers(network, TOY)
    wanted = []
    for prompt, answer, _ in [*examples, examples[0]]:
        given = torch.tensor([[*prompt, *answer[:-1]]])
        wanted.append(model(given).logits[0, len(prompt) - 1 :])
    assert torch.allclose(logits, torch.cat(wanted), atol=1e-5)


def test_lessons_end_when_they_are_learned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Known(Training):
        """Right from the second drill on: 0.1 + 0.09 + 0.081 … of 1 is above one quarter at the third hit."""

        def _advance(self, batch: object, rate: float) -> torch.Tensor:
            targets = batch.targets  # type: ignore[attr-defined]
            return torch.nn.functional.one_hot(targets + (self.drills == 0), 768).float()

    monkeypatch.setattr(training, "LEARNED", 0.25)
    one = Known("toy", 1, folder)
    one.run()
    assert (one.lessons, one.drills, one.steps) == (2, 4 + 3, 4)


def test_a_stopped_training_goes_on_where_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "LEARNED", -1.0)
    first = Training("toy", 1, folder)
    first.run()
    first.steps = 2
    first.save()
    train("toy", 1, folder, resume=True)
    record = json.loads((folder / "toy" / "training.json").read_text())
    assert (record["drills"], record["steps"]) == (2, 4) and record["tokens"] > first.tokens


def test_a_training_killed_while_it_saves_is_finished_by_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "LEARNED", -1.0)
    unfinished = Training("toy", 1, folder)
    unfinished.run()
    unfinished.steps = 3  # the next save is the last
    unfinished.save()
    with monkeypatch.context() as killed:
        killed.setattr(training, "to_transformers", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train("toy", 1, folder, resume=True)
    train("toy", 1, folder, resume=True)
    assert json.loads((folder / "toy" / "training.json").read_text())["steps"] == 4


def test_a_record_names_every_arithmetic_a_training_went_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "LEARNED", -1.0)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {})
    first = Training("toy", 1, folder)
    first.run()
    first.steps = 2
    first.save()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    for _ in range(2):
        train("toy", 1, folder, resume=True)
        assert json.loads((folder / "toy" / "training.json").read_text())["multiplied_in"] == "fp32, then bf16"


def test_a_member_does_not_grow_from_an_unfinished_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "LEARNED", -1.0)
    train("toy", 1, folder, resume=False)
    monkeypatch.setitem(SIZES, "larger", Size(**{**vars(TOY), "layers": 3, "grown_from": "toy"}))
    load(SHIPPED / "tiny-1m").save_pretrained(folder / "larger")
    Training("larger", 1, folder).run()
    with pytest.raises(SystemExit, match="toy is not finished with seed 2: train it first"):
        Training("larger", 2, folder)


def test_a_drill_in_sums_reads_out_what_they_come_to() -> None:
    for seed in range(50):
        one = drill(Random(seed), Lesson(held=(1, 3), sums=True))
        told = dict(re.findall(r"(\w+) (\d+ (?:plus|minus) \d)", one.prompt))
        for name, value in zip(one.pieces[::2], one.pieces[1::2], strict=True):
            left, word, right = told[name.split()[-1]].split()
            assert int(value) == (int(left) + int(right) if word == "plus" else int(left) - int(right)), one


def test_a_lesson_that_is_never_learned_ends_with_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "LEARNED", 1.0)
    monkeypatch.setattr(training, "MOST_DRILLS", 3)
    said = r"lesson 1 of toy, seed 1: \d+% .* after 3 batches, 100% are wanted; lower LESSON_RATE"
    with pytest.raises(SystemExit, match=said):
        train("toy", 1, folder, resume=False)


def test_a_first_lesson_that_is_not_found_starts_again_from_other_noise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "LEARNED", 1.0)
    monkeypatch.setattr(training, "MOST_DRILLS", 5)
    monkeypatch.setattr(training, "PATIENCE", 2)
    begun: list[int] = []

    class Counted(training.Llama):
        def __init__(self, size: Size) -> None:
            begun.append(size.layers)
            super().__init__(size)

    monkeypatch.setattr(training, "Llama", Counted)
    with pytest.raises(SystemExit, match="after 5 batches"):
        train("toy", 1, folder, resume=False)
    assert len(begun) == 3  # at 0, 2 and 4 batches


@pytest.mark.parametrize(
    ("asked", "processor", "multiplied_in"),
    [(True, {"avx512_bf16": True}, "bf16"), (True, {"avx512_bf16": False}, "fp32"), (False, {"bf16": True}, "fp32")],
)
def test_matrices_are_multiplied_in_bf16_where_recipe_and_processor_allow_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, asked: bool, processor: dict[str, bool], multiplied_in: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    monkeypatch.setitem(SIZES, "toy", replace(TOY, bf16=asked))
    toy = Training("toy", 1, folder)
    batch = toy._batches(ONE_EACH).mixed()
    exact = toy.network(batch.text)
    logits = toy._advance(batch, 1e-3)
    assert logits.dtype == torch.float32 and toy.record()["multiplied_in"] == multiplied_in
    assert torch.allclose(logits, exact, atol=0.1)
    assert torch.equal(logits, exact) == (multiplied_in == "fp32")
    assert {weight.dtype for weight in toy.network.parameters()} == {torch.float32}


@pytest.mark.parametrize("member", SIZES)
def test_shipped_members_went_through_the_recipe_and_their_scores_are_told(member: str) -> None:
    record = json.loads((SHIPPED / member / "training.json").read_text())
    assert (record["seed"], record["steps"]) == (SHIPPED_SEED, SIZES[member].steps)
    with (SHIPPED / "seeds.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["member"], row["seed"]) == (member, str(SHIPPED_SEED))]
    assert {row["task"] for row in rows} == set(shipped_tasks())
    assert all(int(row["steps"]) == record["steps"] and 0 <= float(row["score"]) <= 1 for row in rows)


def test_three_seeds_of_every_member_lie_where_the_family_is_meant_to() -> None:
    with (SHIPPED / "seeds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["member"], row["seed"], row["task"]) for row in rows} == {
        (member, seed, task) for member in SIZES for seed in "123" for task in shipped_tasks()
    }
    for row in rows:
        low, high = (0.5, 0.8) if row["member"] == "tiny-1m" else (0.9, 1.0)
        assert low <= float(row["score"]) <= high and row["n"] == "500", row
