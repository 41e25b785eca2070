"""lm-eval's own tasks by name, from the YAML files of the installed package; lm-eval itself is never imported.

Reading some fourteen thousand files takes a while: ``python -m evals.usertasks.lm_eval_index`` does it once a version
and keeps the result in ``BITBUDGET_HOME``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from data.files import write_atomically
from evals.home import ROOT, home
from evals.usertasks.code_tasks import CODE_TASKS

WITHIN_S = 300
MOST_CHARACTERS = 160
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class LmEvalTask:
    """One task of lm-eval. ``group`` is the folder it lies in, ``dataset`` where its items come from."""

    name: str
    group: str
    description: str
    dataset: str
    output_type: str
    tags: tuple[str, ...]
    unsafe_code: bool

    @property
    def refused(self) -> bool:
        """Whether it runs model-written code in a way that our sandbox does not take over."""
        return self.unsafe_code and self.name not in CODE_TASKS


class _Loader(_Base):  # type: ignore[misc]
    """Plain data; functions stay text."""


_Loader.add_constructor("!function", lambda loader, node: str(node.value))


def lm_eval_tasks(search: str = "") -> list[LmEvalTask]:
    """Tasks whose name, group, tags, data set or description hold all words of ``search``; best matches first."""
    words = search.casefold().split()
    found = [task for task in _every(_index_file()) if all(word in _text(task) for word in words)]
    whole = search.strip().casefold()
    return sorted(found, key=lambda t: (t.name.casefold() != whole, not t.name.casefold().startswith(whole), t.name))


def _text(task: LmEvalTask) -> str:
    return " ".join((task.name, task.group, task.dataset, *task.tags, task.description)).casefold()


def _index_file() -> Path:
    """The index, written first if this version of lm-eval has none yet."""
    file = home() / f"lm-eval-{version('lm_eval')}.json"
    if not file.exists():
        command = [sys.executable, "-m", "evals.usertasks.lm_eval_index", str(file)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=WITHIN_S)
        if done.returncode:
            raise OSError(f"lm-eval's tasks could not be listed: {done.stderr.strip().splitlines()[-1:]}")
    return file


@lru_cache(maxsize=2)
def _every(file: Path) -> tuple[LmEvalTask, ...]:
    return tuple(LmEvalTask(**{**row, "tags": tuple(row["tags"])}) for row in json.loads(file.read_text()))


def package_folder() -> Path:
    """Where lm-eval keeps its tasks."""
    spec = find_spec("lm_eval")
    if spec is None or not spec.origin:
        raise OSError("lm-eval is not installed; install what requirements.txt names")
    return Path(spec.origin).parent / "tasks"


def read_tasks(folder: Path) -> Iterator[LmEvalTask]:
    """Every task named in the YAML files below ``folder``; what they include is read too."""
    described: dict[Path, str] = {}
    for path in sorted(folder.rglob("*.yaml")):
        config = _config(path)
        group = path.relative_to(folder).parts[0]
        described.setdefault(folder / group, description_of(folder / group))
        for name in _names(config):
            tags = config.get("tag") or ()
            yield LmEvalTask(
                name=name,
                group=group,
                description=described[folder / group],
                dataset=_dataset(config),
                output_type=str(config.get("output_type", "generate_until")),
                tags=(tags,) if isinstance(tags, str) else tuple(map(str, tags)),
                unsafe_code=bool(config.get("unsafe_code")),
            )


def _names(config: dict[str, Any]) -> Iterator[str]:
    """The tasks of one file; one that only groups others has none."""
    if isinstance(config.get("task"), str) and "group" not in config:
        yield config["task"]
    for entry in config.get("task_list") or ():
        if isinstance(entry, dict) and isinstance(entry.get("task"), str):
            yield entry["task"]


def _dataset(config: dict[str, Any]) -> str:
    parts = [str(config[key]) for key in ("dataset_path", "dataset_name") if config.get(key)]
    return " ".join(parts)


@lru_cache(maxsize=4096)
def _config(path: Path, depth: int = 0) -> dict[str, Any]:
    """One file with what it includes; a file that cannot be read names no task."""
    try:
        own = yaml.load(path.read_bytes(), Loader=_Loader)
    except (OSError, yaml.YAMLError):
        return {}
    if not isinstance(own, dict):
        return {}
    includes = own.get("include") or ()
    merged: dict[str, Any] = {}
    for include in [includes] if isinstance(includes, str) else includes:
        if depth < 8:
            included = _config((path.parent / include).resolve(), depth + 1)
            merged |= {key: value for key, value in included.items() if key != "task_list"}
    return merged | own


def description_of(folder: Path) -> str:
    """The title that the folder's README gives, "" if there is none."""
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    text = readme.read_text(encoding="utf-8", errors="replace")
    titled = re.search(r"^\s*(?:\*\*)?Title:?(?:\*\*)?:?\s*[`\"“]?(.+?)[`\"”]?\s*$", text, flags=re.MULTILINE)
    headed = re.search(r"^#\s+(.+)$", text, flags=re.MULTILINE)
    found = titled or headed
    return " ".join(found[1].replace("`", "").split())[:MOST_CHARACTERS] if found else ""


def write_index(file: Path) -> None:
    """The index as JSON."""
    rows = {task.name: asdict(task) for task in read_tasks(package_folder())}
    write_atomically(file, json.dumps(list(rows.values())))


if __name__ == "__main__":
    write_index(Path(sys.argv[1]))
