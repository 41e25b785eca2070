"""All tasks, readable without lm-eval: the shipped ones (one folder each) and those the user made."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from evals.names import UnknownName, known
from evals.tasks.task import Task, TaskLoader, items, task_from
from evals.tasks.user import task_folders, user_tasks, user_tasks_folder

__all__ = [
    "GROUP_ORDER", "TASKS_FOLDER", "Task", "items", "load_items", "reserved_names", "shipped_tasks", "task",
    "task_folders", "task_if_there", "tasks", "user_tasks", "user_tasks_folder",
]  # fmt: skip

TASKS_FOLDER = Path(__file__).parent
GROUP_ORDER = ("classification", "summarization", "math", "code", "agent")


@lru_cache(maxsize=1)
def shipped_tasks() -> dict[str, Task]:
    """The tasks that come with the product, by name."""
    found = {}
    for path in sorted(TASKS_FOLDER.glob("*/*.yaml")):
        one = task_from(yaml.load(path.read_text(), Loader=TaskLoader), path.parent, shipped=True)
        found[one.name] = one
    return dict(sorted(found.items(), key=lambda pair: GROUP_ORDER.index(pair[1].group)))


def tasks() -> dict[str, Task]:
    """All tasks by name, shipped ones first; a user's task never stands in for a shipped one."""
    reserved = reserved_names()
    return shipped_tasks() | {n: t for n, t in user_tasks().tasks.items() if n.casefold() not in reserved}


def reserved_names() -> frozenset[str]:
    """Names that only shipped tasks may have: their own and their groups'."""
    return frozenset(name for one in shipped_tasks().values() for name in (one.name, one.group))


def task(name: str) -> Task:
    """One task; a group's name finds its shipped task, an unknown name is answered with the nearest ones."""
    by_group = {t.group: t.name for t in shipped_tasks().values()}
    every = tasks()
    return every[by_group.get(name) or known("task", name, every)]


def task_if_there(name: str) -> Task | None:
    """The same, None for a task that was removed since."""
    try:
        return task(name)
    except UnknownName:
        return None


def load_items(items: str, **_: Any) -> dict[str, Any]:
    """What lm-eval's ``custom_dataset`` calls: the items as its test split."""
    from datasets import Dataset

    return {"test": Dataset.from_list(_read(items))}


_read = items
