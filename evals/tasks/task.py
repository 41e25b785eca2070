"""One eval: its lm-eval configuration and what Bitbudget says about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from evals.home import ROOT

ITEMS_FOLDER = ROOT / "data" / "items"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One eval. ``metric`` is the score shown; ``protocol`` names version, shots and settings it was taken with.

    ``shipped`` tasks come with the product; the others lie in ``BITBUDGET_HOME/tasks``.
    """

    name: str
    title: str
    group: str
    metric: str
    metric_title: str
    version: str
    output_type: str
    config: dict[str, Any]
    folder: Path
    shipped: bool = True

    @property
    def n_items(self) -> int:
        """How many items it has; the file is read when first asked for."""
        return len(items(self.config["metadata"]["items"]))

    @property
    def needs_sandbox(self) -> bool:
        """Whether scoring runs code that a model wrote."""
        return bool(self.config["metadata"].get("runs_code"))

    @property
    def chat_template(self) -> bool:
        """Whether each model's own chat template goes around the prompt."""
        return bool(self.config["metadata"].get("chat_template"))

    @property
    def protocol(self) -> str:
        shots = self.config.get("num_fewshot", 0) or 0
        chat = "own chat template" if self.chat_template else "no chat template"
        return f"{self.name} v{self.version}, {shots}-shot, {chat}, greedy"


class TaskLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads lm-eval's ``!function`` tags as plain text."""


TaskLoader.add_constructor("!function", lambda loader, node: f"!function {node.value}")


def task_from(config: dict[str, Any], folder: Path, *, shipped: bool) -> Task:
    """The task of a configuration whose files lie in ``folder``."""
    meta = config["metadata"]
    return Task(
        name=config["task"],
        title=meta["title"],
        group=meta["task_group"],
        metric=config["metric_list"][0]["metric"],
        metric_title=meta["metric_title"],
        version=str(meta["version"]),
        output_type=config["output_type"],
        config=config,
        folder=folder,
        shipped=shipped,
    )


def items(file: str) -> list[dict[str, Any]]:
    """The items of a file in ``data/items``, or of any file by its whole path."""
    path = ITEMS_FOLDER / file
    stat = path.stat()
    return _items(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _items(path: Path, modified_ns: int, size: int) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
