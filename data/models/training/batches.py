"""Training batches: a fixed number of items of every task, padded per task, laid out flat."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from data.models.generators import GENERATORS, stream
from data.models.generators.drills import Drill, Lesson, drill
from data.models.training.network import Group, Text
from data.models.training.recipe import DRILLS_PER_STEP, EOS, PAD, Mix

BUFFER = 2048


class Example(NamedTuple):
    """Tokens of a prompt and of its answer with the end token, and how much each of the latter weighs in the loss."""

    prompt: list[int]
    answer: list[int]
    weights: list[float]


class Batch(NamedTuple):
    """A text with what is to be answered: targets and weights (answers,)."""

    text: Text
    targets: Tensor
    weights: Tensor


class Batches:
    """Endless batches for one seed; drills of the ``lessons`` are mixed into the agent's stream."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, seed: int, mix: Mix, lessons: tuple[Lesson, ...] = ()
    ) -> None:
        self._tokenizer, self._mix, self._lessons = tokenizer, mix, lessons
        self._random = Random(f"batches/{seed}")
        self._streams = {group: self._examples(group, seed) for group in GENERATORS}
        self._buffers: dict[str, list[list[Example]]] = {}

    def _examples(self, group: str, seed: int) -> Iterator[list[Example]]:
        """Chunks of ``BUFFER`` examples of one task."""
        random = Random(f"drills/{group}/{seed}")
        items = stream(group, "train", seed)
        drilled = self._mix.drill_fraction if group == "agent" and self._lessons else 0.0
        while True:
            count = sum(random.random() < drilled for _ in range(BUFFER))
            drills = [drill(random, random.choice(self._lessons)) for _ in range(count)]
            chosen = [next(items) for _ in range(BUFFER - count)]
            prompts = self._tokens([item.prompt for item in chosen])
            answers = self._tokens([item.answer for item in chosen])
            yield [
                Example(
                    prompt,
                    [*answer, EOS],
                    [1.0] * (len(answer) - 1) + [self._mix.last_word, 1.0],
                )
                for prompt, answer in zip(prompts, answers, strict=True)
            ] + self._drilled(drills)

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        return self._tokenizer(texts).input_ids if texts else []

    def _drilled(self, drills: list[Drill]) -> list[Example]:
        """Only the values weigh: in which order a table is read cannot be known."""
        prompts = self._tokens([one.prompt for one in drills])
        examples = []
        for prompt, one in zip(prompts, drills, strict=True):
            answer: list[int] = []
            weights: list[float] = []
            for place, tokens in enumerate(self._tokens(one.pieces)):
                answer += tokens
                weights += [float(place % 2)] * len(tokens)
            examples.append(Example(prompt, [*answer, EOS], [*weights, 0.0]))
        return examples

    def _take(self, group: str, count: int) -> list[Example]:
        chunks = self._buffers.setdefault(group, [])
        if not chunks:
            examples = next(self._streams[group])
            examples.sort(key=lambda one: len(one.prompt) + len(one.answer) + 4 * self._random.random())
            chunks.extend(examples[i : i + count] for i in range(0, BUFFER - count + 1, count))
            self._random.shuffle(chunks)
        return chunks.pop()

    def drills(self, lesson: Lesson) -> Batch:
        """A batch of one lesson's exercises only."""
        return lay_out([self._drilled([drill(self._random, lesson) for _ in range(DRILLS_PER_STEP)])])

    def mixed(self) -> Batch:
        """A batch of all five tasks."""
        return lay_out([self._take(group, n) for group, n in self._mix.items.items()])


def lay_out(blocks: list[list[Example]]) -> Batch:
    """One flat batch, each block padded on the right to its longest row."""
    ids: list[int] = []
    positions: list[int] = []
    groups: list[Group] = []
    index: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for examples in blocks:
        width = max(len(one.prompt) + len(one.answer) for one in examples) - 1
        for prompt, answer, weight in examples:
            start, row = len(ids), (prompt + answer)[:-1]
            ids += row + [PAD] * (width - len(row))
            positions += range(width)
            index += range(start + len(prompt) - 1, start + len(row))
            targets += answer
            weights += weight
        groups.append(Group(len(examples), width, min(len(one.prompt) for one in examples) - 1))
    text = Text(torch.tensor(ids), torch.tensor(positions), groups, torch.tensor(index))
    return Batch(text, torch.tensor(targets), torch.tensor(weights))
