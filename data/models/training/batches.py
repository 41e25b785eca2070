"""Training batches: a fixed number of items of every task, padded per task, laid out flat."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from data.models.generators import GENERATORS, stream
from data.models.generators.drills import drill
from data.models.training.recipe import EOS, LOSS_WEIGHT, PAD, WARM_UP_DRILLS, Mix

Pair = tuple[list[int], list[int]]  # prompt tokens, answer tokens with the end token
BUFFER = 2048


class Batch(NamedTuple):
    ids: Tensor
    positions: Tensor
    groups: list[tuple[int, int]]
    answer_index: Tensor
    targets: Tensor
    weights: Tensor


class Batches:
    """Endless batches for one seed; drills are mixed into the agent's stream."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, seed: int, mix: Mix) -> None:
        self._tokenizer, self._mix = tokenizer, mix
        self._random = Random(f"batches/{seed}")
        self._streams = {group: self._texts(group, seed) for group in GENERATORS}
        self._buffers: dict[str, list[list[Pair]]] = {}

    def _texts(self, group: str, seed: int) -> Iterator[tuple[str, str]]:
        random = Random(f"drills/{group}/{seed}")
        items = stream(group, "train", seed)
        while True:
            if group == "agent" and random.random() < self._mix.drill_fraction:
                yield drill(random, random.choice([0, 2, 3]))
            else:
                item = next(items)
                yield item.prompt, item.answer

    def _encode(self, texts: list[tuple[str, str]]) -> list[Pair]:
        prompts = self._tokenizer([prompt for prompt, _ in texts]).input_ids
        answers = self._tokenizer([answer for _, answer in texts]).input_ids
        return [(prompt, [*answer, EOS]) for prompt, answer in zip(prompts, answers, strict=True)]

    def _take(self, group: str, count: int) -> list[Pair]:
        chunks = self._buffers.setdefault(group, [])
        if not chunks:
            pairs = self._encode([next(self._streams[group]) for _ in range(BUFFER)])
            pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]) + 4 * self._random.random())
            chunks.extend(pairs[i : i + count] for i in range(0, BUFFER - count + 1, count))
            self._random.shuffle(chunks)
        return chunks.pop()

    def drills(self, stand_ins: int) -> Batch:
        """A batch of look-up exercises only: the warm-up without which the agent task is not learned."""
        pairs = self._encode([drill(self._random, stand_ins) for _ in range(WARM_UP_DRILLS)])
        return _lay_out([(1.0, pairs)])

    def mixed(self) -> Batch:
        """A batch of all five tasks."""
        return _lay_out([(LOSS_WEIGHT[group], self._take(group, n)) for group, n in self._mix.items.items()])


def _lay_out(blocks: list[tuple[float, list[Pair]]]) -> Batch:
    ids: list[int] = []
    positions: list[int] = []
    groups: list[tuple[int, int]] = []
    index: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for weight, pairs in blocks:
        width = max(len(prompt) + len(answer) for prompt, answer in pairs) - 1
        for prompt, answer in pairs:
            start, row = len(ids), (prompt + answer)[:-1]
            ids += row + [PAD] * (width - len(row))
            positions += range(width)
            index += range(start + len(prompt) - 1, start + len(row))
            targets += answer
            weights += [weight] * len(answer)
        groups.append((len(pairs), width))
    return Batch(
        torch.tensor(ids),
        torch.tensor(positions),
        groups,
        torch.tensor(index),
        torch.tensor(targets),
        torch.tensor(weights),
    )
