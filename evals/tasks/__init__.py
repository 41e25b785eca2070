"""The shipped tasks, readable without lm-eval: one folder a task with its YAML and its scorer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from evals.home import ROOT
from evals.names import known

TASKS_FOLDER = Path(__file__).parent
ITEMS_FOLDER = ROOT / "data" / "items"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One eval. ``metric`` is the score shown; ``protocol`` names version, shots and settings it was taken with."""

    name: str
    title: str
    group: str
    metric: str
    metric_title: str
    version: str
    output_type: str
    n_items: int
    config: dict[str, Any]

    @property
    def needs_sandbox(self) -> bool:
        """Whether scoring runs code that a model wrote."""
        return bool(self.config["metadata"].get("runs_code"))

    @property
    def protocol(self) -> str:
        shots = self.config.get("num_fewshot", 0)
        return f"{self.name} v{self.version}, {shots}-shot, no chat template, greedy"


class _Loader(yaml.SafeLoader):
    """Reads lm-eval's ``!function`` tags as plain text."""


_Loader.add_constructor("!function", lambda loader, node: f"!function {node.value}")


@lru_cache(maxsize=1)
def tasks() -> dict[str, Task]:
    """All shipped tasks by name."""
    found = {}
    for path in sorted(TASKS_FOLDER.glob("*/*.yaml")):
        config = yaml.load(path.read_text(), Loader=_Loader)
        meta = config["metadata"]
        found[config["task"]] = Task(
            name=config["task"],
            title=meta["title"],
            group=meta["task_group"],
            metric=config["metric_list"][0]["metric"],
            metric_title=meta["metric_title"],
            version=str(meta["version"]),
            output_type=config["output_type"],
            n_items=len(items(meta["items"])),
            config=config,
        )
    return dict(sorted(found.items(), key=lambda pair: GROUP_ORDER.index(pair[1].group)))


GROUP_ORDER = ("classification", "summarization", "math", "code", "agent")


def task(name: str) -> Task:
    """One task; a group's name finds its only task, an unknown name is answered with the nearest ones."""
    by_group = {t.group: t.name for t in tasks().values()}
    return tasks()[by_group.get(name) or known("task", name, tasks())]


@lru_cache(maxsize=16)
def items(file: str) -> list[dict[str, Any]]:
    """The items of one file in ``data/items``."""
    with (ITEMS_FOLDER / file).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load_items(items: str, **_: Any) -> dict[str, Any]:
    """What lm-eval's ``custom_dataset`` calls: the items as its test split."""
    from datasets import Dataset

    return {"test": Dataset.from_list(_read(items))}


_read = items
