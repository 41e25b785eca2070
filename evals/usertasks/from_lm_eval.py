"""One of lm-eval's own tasks, kept here with the items it had when it was added."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from data.files import whole_folder
from evals.home import ROOT
from evals.names import known
from evals.tasks.user import lm_eval_tasks_folder
from evals.usertasks.code_tasks import CODE_TASKS
from evals.usertasks.kinds import GROUPS
from evals.usertasks.lm_eval_index import LmEvalTask, lm_eval_tasks
from evals.usertasks.spec import NAME
from evals.usertasks.writing import free

WITHIN_S = 900
MAX_ITEMS = 100_000
GROUP_WORDS = {
    "math": ("gsm", "math", "arithmetic", "minerva"),
    "code": ("code", *CODE_TASKS),
    "summarization": ("summ", "cnn_dailymail"),
    "classification": ("boolq", "sentiment", "sst", "glue", "copa", "classification"),
    "extraction": ("squad", "drop", "triviaqa", "nq_open", "coqa", "babi"),
}


def add_from_lm_eval(
    name: str, *, limit: int | None = None, group: str = "", replace: bool = False
) -> tuple[Path, int]:
    """The new task's folder and its number of items. A folder of anybody's YAML is not read: its functions, templates
    and metrics are programs to lm-eval.

    ValueError says why it cannot be had: unknown, unsafe, no data set, no score an item.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}; give at least 1 item or leave it out for all")
    listed = {t.name: t for t in lm_eval_tasks()}
    task = listed[known("lm-eval task", name, listed)]
    if task.refused:
        raise ValueError(unsafe_words(task))
    own_name = re.sub(r"[^a-z0-9_-]+", "-", task.name.casefold()).strip("-_")[:64]
    if not NAME.fullmatch(own_name):
        raise ValueError(f"lm-eval task {task.name!r} has a name that cannot be used here")
    free(own_name, replace=replace)
    answer = _asked(task, min(limit or MAX_ITEMS, MAX_ITEMS))
    chosen = known("task group", group, GROUPS) if group else group_of(task)
    return _written(own_name, task, answer, chosen), len(answer["items"])


def unsafe_words(task: LmEvalTask) -> str:
    """Why a task that runs code is refused, and what to do instead."""
    return (
        f"{task.name} hands model-written code to a judge of its own, which is no sandbox; it is not run here. Those "
        f"that run in the sandbox are {', '.join(CODE_TASKS)}, and code tasks made of a table with its tests "
        "(python -m evals task add FILE --kind code)"
    )


def group_of(task: LmEvalTask) -> str:
    """The task group that its name, folder or tags speak of."""
    said = " ".join((task.name, task.group, *task.tags)).casefold()
    return next((group for group, words in GROUP_WORDS.items() if any(word in said for word in words)), "knowledge")


def _asked(task: LmEvalTask, limit: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "evals.engines.lm_eval_items", task.name, str(limit)]
    environment = {"HF_HUB_ETAG_TIMEOUT": "5", "HF_HUB_DOWNLOAD_TIMEOUT": "30", **os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=WITHIN_S, capture_output=True, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"{task.name}: its data set {task.dataset!r} did not arrive within {WITHIN_S} s") from error
    except (ValueError, IndexError) as error:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ValueError(f"{task.name} could not be loaded: {said[:300]}") from error
    if "error" in answer:
        raise ValueError(_refusal(task, str(answer["error"])))
    return dict(answer)


def _refusal(task: LmEvalTask, why: str) -> str:
    if why == "cannot be reached":
        return (
            f"{task.name} needs the data set {task.dataset or 'of its own'} from the Hub; this machine cannot reach "
            "it. Set HF_HOME to a folder that holds a copy, or add it once where the Hub can be reached"
        )
    if why.startswith("was not found"):
        return f"{task.name} needs the data set {task.dataset} from the Hub, which {why}"
    return f"{task.name} cannot be used here: {why}"


def _written(name: str, task: LmEvalTask, answer: dict[str, Any], group: str) -> Path:
    config = {
        "task": name,
        "output_type": answer["output_type"],
        "num_fewshot": answer["num_fewshot"],
        "metric_list": [{"metric": metric} for metric in answer["metrics"]],
        "metadata": {
            "version": answer["version"],
            "title": f"{task.name} (lm-eval)",
            "task_group": group,
            "metric_title": f"{answer['metrics'][0]}, filter {answer['filter']}",
            "items": "items.jsonl",
            "kind": "lm-eval",
            "lm_eval": task.name,
            "dataset": task.dataset,
            "of_items": answer["total"],
            **({"runs_code": True} if answer["runs_code"] else {}),
        },
    }
    made = lm_eval_tasks_folder() / name
    with whole_folder(made) as draft:
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        (draft / f"{name}.yaml").write_text(text, encoding="utf-8")
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in answer["items"])
        (draft / "items.jsonl").write_text(lines, encoding="utf-8")
    return made
