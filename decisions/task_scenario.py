"""A scenario for each task of the user, so that what is measured on it can be compared and decided on at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.store import Store

PREFIX = "task-"
SAMPLED = 1000
CHARACTERS_A_TOKEN = 4


def scenario_id(task: str) -> str:
    """The id of the scenario that a task of the user brings along."""
    return f"{PREFIX}{task}"


def task_scenario(
    task: str, title: str, models: Mapping[str, str], tokens: tuple[int, int], as_of: date
) -> dict[str, Any]:
    """Fields of "Measured here: <title>": may these ``models`` lose more than 2 % of their full-precision score?

    ``models`` maps names to short labels, the one used today first; ``tokens`` are those of a prompt and an answer.
    """
    return {
        "id": scenario_id(task),
        "title": f"Measured here: {title}",
        "question": f"Which variant keeps its score on {title}?",
        "evidence": "measured",
        "tasks": {task: title},
        "models": dict(models),
        "workload": {"prompt_tokens": tokens[0], "output_tokens": tokens[1]},
        "sla": {"quality": {task: {"minimum_of_baseline": 0.98}}},
        "status_quo": f"{next(iter(models))}@bf16",
        "as_of": as_of,
    }


def candidates(task: str) -> dict[str, str]:
    """The tiny family, and other models measured on the task; the largest first. Short labels tell them apart."""
    from evals.models import FAMILY_NAMES, named_models
    from evals.store import StoreError, shared_store

    names = dict.fromkeys(reversed([name for name in FAMILY_NAMES if name in named_models()]))
    try:
        store = shared_store()
        measured = _measured(store, store.stamp()).get(task, {})
    except (StoreError, OSError, ValueError):  # every page says so; the family can still be chosen
        measured = {}
    labels: dict[str, str] = {}
    for name in names | measured:
        short = name.rstrip("/").rsplit("/", 1)[-1]
        labels[name] = name if short in labels.values() else short
    return labels


@lru_cache(maxsize=2)
def _measured(store: Store, stamp: object) -> dict[str, dict[str, None]]:
    """The models measured on each task, read again when results change."""
    found: dict[str, dict[str, None]] = {}
    for cell in store.cells():
        if cell["state"] == "done":
            found.setdefault(cell["task"], {})[cell["model"]] = None
    return found


@lru_cache(maxsize=64)
def usual_tokens(items_file: str, modified_ns: int) -> tuple[int, int]:
    """About how many tokens a prompt and an answer of the task have, by four characters a token."""
    from evals.tasks import items

    some = items(items_file)[:SAMPLED]
    prompt, answer = (sum(len(item[part]) for item in some) / len(some) for part in ("prompt", "answer"))
    return max(1, round(prompt / CHARACTERS_A_TOKEN)), max(1, round(answer / CHARACTERS_A_TOKEN))


def task_scenarios(known: Mapping[str, object]) -> list[dict[str, Any]]:
    """The fields of all of them whose id is not ``known`` already."""
    from evals.tasks import tasks

    own = [task for task in tasks().values() if not task.shipped and scenario_id(task.name) not in known]
    found = []
    for task in own:
        file = Path(task.config["metadata"]["items"])
        tokens = usual_tokens(str(file), file.stat().st_mtime_ns)
        if models := candidates(task.name):
            found.append(task_scenario(task.name, task.title, models, tokens, date.today()))
    return found
