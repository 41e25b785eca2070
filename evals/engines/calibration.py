"""Calibration text for methods that need it: the training split of the shipped tasks or a file, never eval items."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.models.generators import GENERATORS, sample
from evals.tasks import items, shipped_tasks
from evals.usertasks.items import folded

VARIABLE = "BITBUDGET_CALIBRATION"
SEED = 11
ITEMS_PER_TASK = 26
SHORTEST_OVERLAP = 40  # characters: a shorter text may be part of a prompt by chance


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Texts and where they are from."""

    source: str
    texts: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the texts."""
        return hashlib.sha256(json.dumps(self.texts).encode()).hexdigest()

    def facts(self, tokenizer: Any) -> dict[str, Any]:
        """What is kept with a variant."""
        tokens = sum(len(tokenizer(text).input_ids) for text in self.texts)
        return {"source": self.source, "texts": len(self.texts), "tokens": tokens, "digest": self.digest}


def calibration_texts() -> list[str]:
    """130 training texts, the same every time."""
    return [item.prompt + item.answer for group in GENERATORS for item in sample(group, "train", SEED, ITEMS_PER_TASK)]


def calibration() -> Calibration:
    """The file named by ``BITBUDGET_CALIBRATION``, by default the training split of the shipped tasks."""
    if path := os.environ.get(VARIABLE):
        return _file(path, Path(path).stat().st_mtime_ns if Path(path).exists() else 0)
    return _shipped()


@lru_cache(maxsize=1)
def _shipped() -> Calibration:
    return Calibration(source="training split of the shipped tasks", texts=tuple(calibration_texts()))


@lru_cache(maxsize=4)
def _file(path: str, stamp: int) -> Calibration:
    return Calibration(source=Path(path).name, texts=tuple(read_texts(Path(path))))


def read_texts(path: Path) -> list[str]:
    """One text a line; in a ``.jsonl`` file the ``text`` of each object, or its ``prompt`` and ``answer``."""
    if not path.is_file():
        raise ValueError(f"calibration file {str(path)!r} does not exist; name a .txt or .jsonl file in {VARIABLE}")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if path.suffix != ".jsonl":
        return lines
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            texts.append(row["text"] if "text" in row else row["prompt"] + row.get("answer", ""))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"line {number} of calibration file {path.name} is not an object with text or prompt"
            ) from error
    return texts


def require_usable(given: Calibration, tokenizer: Any, widest_row: int) -> None:
    """Refuse text that is too little for the widest layer, or that holds eval items.

    Below as many tokens as a layer has inputs, the second moments that GPTQ and AWQ rest on are not all determined.
    """
    tokens = sum(len(tokenizer(text).input_ids) for text in given.texts)
    if tokens < widest_row:
        raise ValueError(
            f"the calibration text ({given.source}) has {tokens:,} tokens; a layer with {widest_row:,} inputs needs at "
            f"least as many. Name a longer file in {VARIABLE}"
        )
    prompts = {f"{t.name} {item['id']}": item["prompt"] for t in shipped_tasks().values() for item in _items_of(t)}
    if found := overlap(given.texts, prompts):
        raise ValueError(
            f"the calibration text ({given.source}) holds eval items: {', '.join(found[:3])}"
            f"{f' and {len(found) - 3} more' if len(found) > 3 else ''}. Take it from the training split"
        )


def overlap(texts: Sequence[str], prompts: dict[str, str]) -> list[str]:
    """Names of the prompts that stand in a text, or that hold one; spacing and case do not matter."""
    asked = {name: folded(prompt) for name, prompt in prompts.items()}
    corpus = "\n".join(folded(text) for text in texts)
    found = [name for name, prompt in asked.items() if prompt and prompt in corpus]
    whole = "\n".join(asked.values())
    for text in map(folded, texts):
        if len(text) >= SHORTEST_OVERLAP and text in whole:
            found += [name for name, prompt in asked.items() if text in prompt]
    return list(dict.fromkeys(found))


def _items_of(what: Any) -> Iterable[dict[str, Any]]:
    return items(what.config["metadata"]["items"])
