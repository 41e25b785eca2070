"""From a table to a task: everything the page and the command line do, in three steps."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.names import known
from evals.tabular import Table
from evals.tasks import task_folders, user_tasks
from evals.usertasks.checks import Warned, warnings
from evals.usertasks.items import Items, made_items, whole_prompt
from evals.usertasks.sizing import Sizing, sizing
from evals.usertasks.spec import TaskSpec
from evals.usertasks.writing import answer_tokens, write

PREVIEWED = 3
MARGIN = 0.02


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A task that could be saved: its items, what to know about them, and how far they carry."""

    spec: TaskSpec
    made: Items
    warnings: tuple[Warned, ...]
    sizing: Sizing
    max_tokens: int

    @property
    def preview(self) -> tuple[tuple[str, str], ...]:
        """The exact prompt and the expected answer of the first, the middle and the last item."""
        every = self.made.items
        places = sorted({0, len(every) // 2, len(every) - 1})[:PREVIEWED]
        return tuple((whole_prompt(self.made, every[at]), every[at]["answer"]) for at in places)


def drafted(table: Table, spec: TaskSpec, margin: float = MARGIN) -> Draft:
    """The task that ``spec`` makes of the table; nothing is written. ValueError names line, column and value."""
    made = made_items(table, spec)
    tokens = answer_tokens(spec, made)
    return Draft(
        spec=spec,
        made=made,
        warnings=warnings(table, spec, made, tokens),
        sizing=sizing(len(made.items), margin),
        max_tokens=tokens,
    )


def save(draft: Draft, *, replace: bool = False) -> Path:
    """Write the folder; the task can be named at once. ValueError where its name is taken."""
    return write(draft.spec, draft.made, replace=replace)


def remove(name: str) -> None:
    """Delete a task of the user; what was measured on it stays in the store."""
    folders = {folder.name: folder for folder in task_folders()}
    if not folders:
        raise ValueError(f"there is no task {name!r} of yours to remove; none was added")
    shutil.rmtree(folders[known("task of yours", name, folders)])


def draft_json(draft: Draft, table: Table, folder: Path | None) -> dict[str, Any]:
    """Everything about a draft as plain data; ``folder`` None if it was not saved."""
    spec = draft.spec
    return {
        "task": spec.name,
        "folder": None if folder is None else str(folder),
        "kind": spec.kind,
        "title": spec.title,
        "task_group": spec.group or spec.of_kind.group,
        "metric": spec.chosen_metric,
        "columns": list(table.columns),
        "prompt_column": spec.prompt_column,
        "answer_column": spec.answer_column,
        "template": spec.template,
        "shots": len(draft.made.shots),
        "chat_template": spec.chat_template,
        "output_type": "multiple_choice" if spec.multiple_choice else "generate_until",
        "max_tokens": draft.max_tokens,
        "rows": len(table.rows),
        "n_items": len(draft.made.items),
        "labels": list(draft.made.labels),
        "preview": [{"prompt": prompt, "answer": answer} for prompt, answer in draft.preview],
        "sizing": {**asdict(draft.sizing), "sentence": draft.sizing.sentence},
        "warnings": [asdict(warned) for warned in draft.warnings],
        "notes": list(table.notes),
    }


def own_tasks() -> Iterable[dict[str, Any]]:
    """The user's tasks as plain data, those that cannot be used with the reason."""
    found = user_tasks()
    for task in found.tasks.values():
        yield {
            "task": task.name, "title": task.title, "task_group": task.group, "metric": task.metric,
            "n_items": task.n_items, "folder": str(task.folder), "trouble": "",
        }  # fmt: skip
    for name, trouble in found.broken.items():
        yield {"task": name, "trouble": trouble}
