"""From a sandbox's outcome to a score, or to none."""

from __future__ import annotations

import importlib.util
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from evals import worker
from evals.sandbox import NotScored, Outcome, TooManyErrors
from evals.tasks import TASKS_FOLDER

DOC = {"inputs": "[1, 2]", "outputs": "[2, 4]"}


@pytest.fixture
def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("code_scorer", TASKS_FOLDER / "code" / "utils.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answering(**outcome: Any) -> Any:
    """A session whose every call ends so."""
    return lambda: SimpleNamespace(call=lambda source, inputs: Outcome(**outcome))


def test_a_score_made_without_a_sandbox_is_marked(scorer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "_session", answering(verdict="pass", backend="unsandboxed", outputs=(2, 4)))
    assert scorer.process_results(DOC, [" x * 2"]) == {"passed": 1.0, "unsandboxed": 1.0}
    monkeypatch.setattr(scorer, "_session", answering(verdict="pass", backend="landlock", outputs=(2, 5)))
    assert scorer.process_results(DOC, [" x * 2"]) == {"passed": 0.0}


def test_trouble_of_the_sandbox_is_no_score(scorer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "_session", answering(verdict="sandbox_error", backend="landlock", reason="no memory"))
    with pytest.raises(NotScored, match="no memory"):
        scorer.process_results(DOC, [" x * 2"])
    with pytest.raises(TooManyErrors, match="2 of 2 programs"):
        scorer.process_results(DOC, [" x * 2"])


class Harness:
    """Scores every item but the first, of which it fails ``failures`` times."""

    trouble = ""

    def __init__(self, failures: int) -> None:
        self.failures, self.done, self.asked = failures, set[int](), list[list[int]]()

    def run(self, task: Any, indices: list[int], accept: Any) -> None:
        self.asked.append(list(indices))
        for index in indices:
            if index == 0 and self.failures:
                self.failures -= 1
            else:
                self.done.add(index)


def answered(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ItemSink", lambda *a: nullcontext(SimpleNamespace(accept=None, flush=lambda: None)))
    monkeypatch.setattr(worker, "cell_log", lambda cell: nullcontext())
    monkeypatch.setattr(worker, "remaining", lambda *a: sorted({0, 1, 2} - harness.done))
    cell = {"model": "m", "quantization": "q", "task": "t"}
    itself = SimpleNamespace(_store=None, _limit=None, _seed=0, _draws=None)
    worker.Worker._answer(itself, harness, cell, None, [0, 1, 2])  # type: ignore[arg-type]


def test_an_item_that_was_left_out_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness(failures=1)
    answered(harness, monkeypatch)
    assert harness.asked == [[0, 1, 2], [0]]


def test_a_cell_with_items_never_scored_does_not_count_as_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotScored, match=r"1 items are not scored \(the sandbox failed\)"):
        answered(Harness(failures=5), monkeypatch)
