"""A task as a folder in lm-eval's own format: written whole, or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import yaml

from data.files import whole_folder
from evals.tasks import reserved_names, task_folders, user_tasks_folder
from evals.usertasks import scorers
from evals.usertasks.items import FEWSHOT_DELIMITER, TARGET_DELIMITER, Items
from evals.usertasks.spec import TaskSpec

CHAT_STOPS = {"classification": "\n\n", "short-answer": "\n\n"}
MOST_PROPOSED_TOKENS = 1024


class _Function(str):
    """A name that YAML writes as ``!function``."""


class _Dumper(yaml.SafeDumper):
    """Writes ``!function`` tags, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(_Function, lambda dumper, name: dumper.represent_scalar("!function", f"utils.{name}"))


def answer_tokens(spec: TaskSpec, made: Items) -> int:
    """Room for an answer: as given, or the kind's least and half a token for each character of the longest answer."""
    if spec.max_tokens is not None:
        return spec.max_tokens
    longest = 0 if spec.kind == "code" else max(len(item["answer"]) for item in made.items)
    return min(MOST_PROPOSED_TOKENS, max(spec.of_kind.max_tokens, math.ceil(longest / 2) + 8))


def config(spec: TaskSpec, made: Items) -> dict[str, Any]:
    """The task's YAML as data."""
    kind = spec.of_kind
    until = [CHAT_STOPS.get(spec.kind, "\n\n\n")] if spec.chat_template else list(kind.until)
    generates: dict[str, Any] = {
        "generation_kwargs": {"until": until, "max_gen_toks": answer_tokens(spec, made), "do_sample": False}
    }
    chooses = {"doc_to_choice": "labels"}
    metrics = [spec.chosen_metric, *(name for name in kind.metrics if name != spec.chosen_metric)]
    return {
        "task": spec.name,
        "custom_dataset": _Function("load_items"),
        "test_split": "test",
        **({"fewshot_split": "shots", "fewshot_config": {"sampler": "first_n"}} if made.shots else {}),
        "output_type": "multiple_choice" if spec.multiple_choice else "generate_until",
        "doc_to_text": "prompt",
        "doc_to_target": "target" if spec.multiple_choice else "answer",
        **(chooses if spec.multiple_choice else generates),
        "target_delimiter": TARGET_DELIMITER,
        "fewshot_delimiter": FEWSHOT_DELIMITER,
        "num_fewshot": len(made.shots),
        "process_results": _Function(spec.scorer),
        "metric_list": [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in metrics],
        "metadata": {
            "version": 1.0,
            "title": spec.title,
            "task_group": spec.group or kind.group,
            "metric_title": kind.metrics[spec.chosen_metric],
            "items": "items.jsonl",
            **({"shots": "shots.jsonl"} if made.shots else {}),
            "kind": spec.kind,
            "chat_template": spec.chat_template,
            **({"runs_code": True} if spec.kind == "code" else {}),
        },
    }


def write(spec: TaskSpec, made: Items, *, replace: bool = False) -> Path:
    """The folder of the new task. ValueError where the name is taken; nothing is left behind if writing fails."""
    folder = user_tasks_folder() / spec.name
    free(spec.name, replace=replace)
    with whole_folder(folder) as draft:
        text = yaml.dump(config(spec, made), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        (draft / f"{spec.name}.yaml").write_text(text, encoding="utf-8")
        (draft / "utils.py").write_bytes(Path(scorers.__file__).read_bytes())
        for name, rows in (("items", made.items), ("shots", made.shots)):
            if rows:
                lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                (draft / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def free(name: str, *, replace: bool) -> None:
    """ValueError if a new task cannot be called so."""
    if name.casefold() in reserved_names():
        raise ValueError(f"name of the task is {name!r}, which a shipped task or group has; choose another")
    if name in {folder.name for folder in task_folders()} and not replace:
        raise ValueError(f"a task {name!r} is there already; choose another name, or replace it")
