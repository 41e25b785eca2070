"""lm-eval's code tasks on data of our own with the same columns: lm-eval asks, our sandbox judges."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from lm_eval.tasks import TaskManager

from evals import worker
from evals.engines import harness_tasks
from evals.engines.harness import Harness, ItemResult
from evals.engines.lm_eval_items import Refused, read_task
from evals.engines.loaded import LoadedVariant
from evals.plan import Plan, task_hash
from evals.sandbox import Limits, NotScored, Outcome, choose, open_session
from evals.store import Store
from evals.tasks import items, task
from evals.usertasks import from_lm_eval, running
from evals.usertasks.code_tasks import CODE_TASKS
from evals.usertasks.from_lm_eval import add_from_lm_eval
from evals.usertasks.lm_eval_index import package_folder, read_tasks

NAMES = ("double", "triple", "half", "negate", "square")
FORMULAS = ("x * 2", "x * 3", "x / 2", "-x", "x * x")
HUMANEVAL = [
    {
        "task_id": f"T/{n}",
        "prompt": f'def {name}(x):\n    """{name} x"""\n',
        "canonical_solution": f"    return {formula}\n",
        "test": f"def check(candidate):\n    assert candidate(4) == {eval(formula, {'x': 4})}\n",
        "entry_point": name,
    }
    for n, (name, formula) in enumerate(zip(NAMES, FORMULAS, strict=True))
]
MBPP = [
    {
        "task_id": n,
        "text": f"Write a function to {name} x.",
        "code": f"def {name}(x):\n    return {formula}",
        "test_list": [f"assert {name}({x}) == {eval(formula, {'x': x})}" for x in (2, 4, 6)],
    }
    for n, (name, formula) in enumerate(zip(NAMES, FORMULAS, strict=True))
]
RIGHT, WRONG, LOOP, LEAVES, FORGES = range(5)
BODIES = {
    RIGHT: "return x * 2",
    WRONG: "return x + 1",
    LOOP: "while True: pass",
    LEAVES: "import sys; sys.exit(0)",
    FORGES: "import os; os.write(3, b'{\"outputs\": [\"\", \"\"]}'); os._exit(0)",
}
needs_sandbox = pytest.mark.skipif(choose() is None, reason="no sandbox here")


@pytest.fixture
def known_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed YAML of each code task, its data set replaced by a file; code_eval cannot be had."""
    place = tmp_path / "yaml"
    place.mkdir()
    for name in CODE_TASKS:
        kind = name.split("_")[0]
        data = place / f"{kind}.jsonl"
        rows = HUMANEVAL if kind == "humaneval" else MBPP
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = {
            "include": str(package_folder() / kind / f"{name}.yaml"),
            "task": name,
            "dataset_path": "json",
            "dataset_name": None,
            "dataset_kwargs": {"data_files": {"test": str(data)}},
        }
        (place / f"{name}.yaml").write_text(yaml.safe_dump(config))

    def asked(found: Any, limit: int) -> dict[str, Any]:
        try:
            return read_task(found.name, limit)
        except Refused as refused:
            raise ValueError(str(refused)) from refused

    def refuses(*_: Any, **__: Any) -> None:
        raise AssertionError("code_eval was asked for")

    monkeypatch.setattr("evaluate.load", refuses)
    own = partial(TaskManager, include_path=str(place), include_defaults=False)
    monkeypatch.setattr(harness_tasks, "TaskManager", own)
    monkeypatch.setattr(from_lm_eval, "lm_eval_tasks", lambda: read_tasks(place))
    monkeypatch.setattr(from_lm_eval, "_asked", asked)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second for a program, so that the endless one ends soon."""
    with open_session(Limits(cpu_s=1, wall_s=5)) as session:
        monkeypatch.setattr(running, "_test_session", lambda: session)
        yield


class Coder:
    """An LM that writes one of ``BODIES`` an item, as ``written`` puts it for the task's prompt."""

    max_length = 10_000

    def __init__(self, written: Callable[[str, str], str]) -> None:
        self.written, self.asked = written, list[str]()

    def set_cache_hook(self, hook: Any) -> None:
        pass

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        self.asked += [request.args[0] for request in requests]
        return [self.written(NAMES[request.doc_id], BODIES[request.doc_id]) for request in requests]


WRITTEN: dict[str, Callable[[str, str], str]] = {
    "humaneval": lambda name, body: f"    {body}\n",
    "humaneval_plus": lambda name, body: f"    {body}\n",
    "humaneval_instruct": lambda name, body: f"    {body}\n```\nThis is how it works.",
    "mbpp": lambda name, body: f"def {name}(x):\n    {body}\n",
    "mbpp_plus": lambda name, body: f"def {name}(x):\n    {body}\n",
    "mbpp_instruct": lambda name, body: f"\ndef {name}(x):\n    {body}\n```\nThis is how it works.",
    "mbpp_plus_instruct": lambda name, body: f"python\ndef {name}(x):\n    {body}\n```",
}


def scored(name: str, coder: Coder) -> dict[int, ItemResult]:
    add_from_lm_eval(name)
    found: list[ItemResult] = []
    Harness(LoadedVariant(lm=coder, tokenizer=None, weight_bytes=1, bits_per_weight=1.0)).run(
        task(name), range(5), found.append
    )
    return {result.index: result for result in found}


@needs_sandbox
@pytest.mark.usefixtures("known_here", "hurried")
@pytest.mark.parametrize("name", list(CODE_TASKS))
def test_one_right_answer_of_five_passes(name: str) -> None:
    coder = Coder(WRITTEN[name])
    found = scored(name, coder)
    assert {at: result.metrics[CODE_TASKS[name]] for at, result in found.items()} == {
        RIGHT: 1.0, WRONG: 0.0, LOOP: 0.0, LEAVES: 0.0, FORGES: 0.0,
    }  # fmt: skip
    if name.startswith("humaneval"):
        assert HUMANEVAL[0]["prompt"] in coder.asked[0]
        assert found[RIGHT].output.startswith("def double(x):")
    else:
        assert "double x" in coder.asked[0]
    assert ("similar_elements" in coder.asked[0]) == (name in ("mbpp", "mbpp_instruct", "mbpp_plus"))  # lm-eval's shots


@pytest.mark.usefixtures("known_here")
def test_it_is_added_as_a_code_task_that_needs_the_sandbox() -> None:
    add_from_lm_eval("humaneval", limit=3)
    added = task("humaneval")
    assert (added.group, added.metric, added.needs_sandbox, added.n_items) == ("code", "pass@1", True, 3)
    first = items(added.config["metadata"]["items"])[0]
    assert first["prompt"] == HUMANEVAL[0]["prompt"]
    assert first["answer"].endswith("check(double)")


@pytest.mark.usefixtures("known_here")
def test_another_judge_is_another_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add_from_lm_eval("mbpp")
    before = task_hash("mbpp")
    (tmp_path / "judge.py").write_text("changed")
    monkeypatch.setattr("evals.plan.CODE_JUDGE", tmp_path / "judge.py")
    assert task_hash("mbpp") != before


def test_trouble_of_the_sandbox_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = Outcome(verdict="sandbox_error", backend="landlock", reason="no memory")
    monkeypatch.setattr(running, "_test_session", lambda: SimpleNamespace(call=lambda *_, **__: trouble))
    with pytest.raises(NotScored, match="no memory"):
        running.passes("x = 1", "assert x")


def test_a_score_made_without_a_sandbox_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(source: str, steps: list[tuple[str, str]], name: str) -> Outcome:
        return Outcome(verdict="pass", backend="unsandboxed", outputs=tuple(word for _, word in steps))

    monkeypatch.setattr(running, "_test_session", lambda: SimpleNamespace(call=call))
    assert running.passes("x = 1", "assert x") == (True, {"unsandboxed": 1.0})


@pytest.mark.usefixtures("known_here")
def test_without_a_sandbox_the_cell_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    add_from_lm_eval("humaneval")
    monkeypatch.setattr(worker, "sandbox_missing", lambda: "bubblewrap: not installed")
    store = Store()
    plan = Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("humaneval",)).checked()
    [cell] = plan.cells()
    row = {
        "run": "r", "digest": "d", "plan": '{"limit": null, "seed": 0}', "state": "running",
        "created": time.time(), "provenance": "{}",
    }  # fmt: skip
    store.add_run(row, [{**vars(cell), "run": "r", "position": 0, "state": "queued"}])
    worker.Worker(store, "r", "w").work()
    [after] = store.cells("r")
    assert (after["state"], after["reason"]) == ("not run", "no sandbox: bubblewrap: not installed")
