"""A task as lm-eval's own object: shipped ones by their folder, the user's without running any file of theirs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from copy import deepcopy
from functools import partial
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks import TaskManager

from evals.engines.lm_eval_code import code_eval_out_of_reach, judged_here
from evals.engines.lm_eval_items import document_id
from evals.tasks import TASKS_FOLDER, Task, items
from evals.tasks.pictures import load_images
from evals.usertasks import scorers
from evals.usertasks.code_tasks import CODE_TASKS
from evals.usertasks.kinds import SCORERS

TAG = "!function utils."


def lm_task(task: Task) -> Any:
    """The task, its items loaded. ValueError where a user's task names a scorer that is not ours."""
    if task.shipped:
        loaded = TaskManager(include_path=str(TASKS_FOLDER), include_defaults=False).load([task.name])
        return loaded["tasks"][task.name]
    if source := task.config["metadata"].get("lm_eval"):
        return _by_name(task, str(source))
    config = deepcopy(task.config)
    scorer = str(config.get("process_results", "")).removeprefix(TAG)
    if scorer not in SCORERS:
        raise ValueError(f"task {task.name} is scored by {scorer!r}; it takes one of {', '.join(SCORERS)}")
    config["process_results"] = getattr(scorers, scorer)
    config["custom_dataset"] = partial(scorers.load_items)
    if "doc_to_image" in config:
        config["doc_to_image"] = partial(load_images, folder=task.folder)
    return ConfigurableTask(config=config)


def own_task(name: str) -> Any:
    """A task that the installed lm-eval knows by name; its data set is loaded. Code is judged in our sandbox."""
    runs_code = name in CODE_TASKS
    with code_eval_out_of_reach() if runs_code else nullcontext():
        loaded = TaskManager().load([name])["tasks"][name]
    return judged_here(loaded, name) if runs_code else loaded


def _by_name(task: Task, source: str) -> Any:
    """lm-eval's own task; ValueError if its documents are no longer those that were added."""
    loaded = own_task(source)
    listed, docs = items(task.config["metadata"]["items"]), loaded.eval_docs
    if len(docs) < len(listed) or any(document_id(docs[at]) != listed[at]["id"] for at in (0, len(listed) - 1)):
        raise ValueError(f"the data set of {source} has changed since {task.name} was added; add it again")
    return loaded


def too_long(lm: Any, instances: Iterable[Instance]) -> set[int]:
    """Documents whose prompt and answer do not fit the model's context; lm-eval would cut their beginning off."""
    most = getattr(lm, "max_length", None)
    if not most or not hasattr(lm, "tok_encode"):
        return set()
    found = set()
    for instance in instances:
        prompt, rest = instance.args[0], instance.args[1]
        if isinstance(rest, dict):
            length = len(lm.tok_encode(prompt)) + int(rest.get("max_gen_toks", 0))
        else:
            length = len(lm.tok_encode(prompt + rest)) - 1
        if length > most:
            found.add(instance.doc_id)
    return found
