"""Seeded item generators of the five task groups, with train, dev and test disjoint by construction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from data.models.generators import agent, arithmetic, classification, code, summarization
from data.models.generators.items import Item, Split

GENERATORS: dict[str, Callable[[Random], Item]] = {
    "classification": classification.generate,
    "summarization": summarization.generate,
    "math": arithmetic.generate,
    "code": code.generate,
    "agent": agent.generate,
}


def stream(group: str, split: Split, seed: int) -> Iterator[Item]:
    """Endless items of one task group that belong to ``split``; the same seed gives the same stream."""
    generate = GENERATORS[group]
    random = Random(f"{group}/{split}/{seed}")
    while True:
        item = generate(random)
        if item.split == split:
            yield item


def sample(group: str, split: Split, seed: int, count: int) -> list[Item]:
    """The first ``count`` items of a stream whose prompts differ from one another."""
    chosen: dict[str, Item] = {}
    for item in stream(group, split, seed):
        chosen.setdefault(item.prompt, item)
        if len(chosen) == count:
            break
    return list(chosen.values())
