"""Tasks of the user: folders in ``BITBUDGET_HOME/tasks``, read with care since anybody may have written them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from evals.home import home
from evals.tasks.task import Task, TaskLoader, items, task_from

MAX_YAML_BYTES = 64 * 1024
OUTPUT_TYPES = ("multiple_choice", "generate_until")
Stamp = tuple[tuple[Path, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The tasks that can be used, and why others cannot, by folder."""

    tasks: dict[str, Task]
    broken: dict[str, str]


def user_tasks_folder() -> Path:
    """Where the user's tasks lie."""
    return home() / "tasks"


def lm_eval_tasks_folder() -> Path:
    """Where tasks lie that were added from lm-eval by name: apart, so that they never stand in for lm-eval's own."""
    return home() / "lm-eval-tasks"


def user_tasks() -> Found:
    """All of them by name; a new, changed or removed folder is noticed at once."""
    stamps = []
    for each in task_folders():
        for file in (each / f"{each.name}.yaml", *sorted(each.glob("*.jsonl"))):
            stat = file.stat() if file.exists() else None
            stamps.append((file, stat.st_mtime_ns if stat else 0, stat.st_size if stat else -1))
    return _read(tuple(stamps))


def task_folders() -> list[Path]:
    """The folder of each, usable or not, by name."""
    places = [place for place in (lm_eval_tasks_folder(), user_tasks_folder()) if place.is_dir()]
    found = {f.name: f for place in places for f in place.iterdir() if f.is_dir() and not f.name.startswith(".")}
    return [found[name] for name in sorted(found)]


@lru_cache(maxsize=4)
def _read(stamps: Stamp) -> Found:
    tasks, broken = {}, {}
    for file in (path for path, _, _ in stamps if path.suffix == ".yaml"):
        try:
            tasks[file.stem] = _task(file)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, yaml.YAMLError) as error:
            broken[file.stem] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return Found(tasks=tasks, broken=broken)


def _task(file: Path) -> Task:
    text = file.read_text(encoding="utf-8")
    if len(text) > MAX_YAML_BYTES:
        raise ValueError(f"{file.name} has {len(text):,} characters; at most 64 KiB are read")
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
        raise ValueError(f"{file.name} holds YAML aliases; write the values out")
    config: Any = yaml.load(text, Loader=TaskLoader)
    meta = config["metadata"]
    if config["task"] != file.stem:
        raise ValueError(f"{file.name} is called {config['task']!r}; name folder, file and task alike")
    if config["output_type"] not in OUTPUT_TYPES:
        raise ValueError(f"output_type is {config['output_type']!r}; it takes {' or '.join(OUTPUT_TYPES)}")
    for name in ("items", "shots"):
        if name in meta:
            meta[name] = str(_inside(file.parent, str(meta[name])))
    items(meta["items"])  # a broken file is told here, not where its items are needed
    return task_from(config, file.parent, shipped=False)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if path.parent != folder.resolve():
        raise ValueError(f"file {name!r} is not in the task's own folder")
    return path
