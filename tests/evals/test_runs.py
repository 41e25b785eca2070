"""Real workers on the smallest member: run, kill -9, resume, cancel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from evals import runs
from evals.leases import alive_workers
from evals.models import model
from evals.names import UnknownName
from evals.pace import seconds_left
from evals.plan import Plan
from evals.results import item_confidences, item_scores, item_texts, measured_measurements
from evals.runs import CellStatus
from evals.store import Store

TASKS = ("math", "classification", "code")
PLAN = Plan(models=("tiny-1m",), quantizations=("bf16", "rtn-int4-g128"), tasks=TASKS, limit=32)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    monkeypatch.setattr(runs, "MAX_WORKERS", 1)  # several are seen in tests/faults and in the browser
    return tmp_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home where the plan was done without a break, and its run."""
    home = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITBUDGET_HOME", str(home))
        patch.setattr(runs, "MAX_WORKERS", 1)
        run = runs.start(PLAN)
        wait(run)
    return home, run


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers around an engine of ten lines, which start in a second."""
    monkeypatch.setattr(runs, "WORKER", "tests.evals.executors.slow_worker")


def wait(run: str, until: str = "done", seconds: float = 180) -> runs.RunStatus:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = runs.status(run)
        assert now is not None
        if now.state == until:
            return now
        time.sleep(0.2)
    raise AssertionError(f"run is {now.state} after {seconds} s, not {until}")


def kill_workers(run: str) -> None:
    """kill -9, as an operator or the kernel would."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "evals.worker" in command and run in command:
            process.kill()


def scores() -> dict[tuple[str, str], dict[str, float]]:
    return {(m.quantization, m.task): item_scores(m.model, m.quantization, m.task) for m in measured_measurements()}


def test_killed_workers_lose_nothing_and_a_resume_ends_with_the_same_scores(
    home: Path, whole: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start(PLAN)
    deadline = time.monotonic() + 120
    while (seen := runs.status(run).items_done) == 0 and time.monotonic() < deadline:  # type: ignore[union-attr]
        time.sleep(0.05)
    kill_workers(run)
    broken = wait(run, "interrupted", 20)
    assert 0 < seen <= broken.items_done < broken.items_total
    runs.resume(run)
    final = wait(run)
    assert final.items_done == final.items_total == 6 * 32
    interrupted = scores()

    monkeypatch.setenv("BITBUDGET_HOME", str(whole[0]))
    assert interrupted == scores()


def test_measurements_say_where_they_come_from(whole: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    home, run = whole
    monkeypatch.setenv("BITBUDGET_HOME", str(home))
    found = {m.quantization: m for m in measured_measurements() if m.task == "shop_code"}
    assert found["rtn-int4-g128"].baseline == "bf16"
    assert {m.origin for m in found.values()} == {"measured"} and {m.run for m in found.values()} == {run}
    assert found["bf16"].bits_per_weight == 16.0
    assert 4 < found["rtn-int4-g128"].bits_per_weight < 8  # type: ignore[operator]
    texts = item_texts("tiny-1m", "bf16", "shop_code")
    assert len(texts) == 32 and all(text.prompt.startswith("Spec:") for text in texts.values())
    sure = item_confidences("tiny-1m", "bf16", "shop_code")
    assert sure.keys() == texts.keys()
    assert all(one["min_token_logprob"] <= one["mean_token_logprob"] <= 0 for one in sure.values())
    fewer_bits = item_confidences("tiny-1m", "rtn-int4-g128", "shop_code")
    assert fewer_bits.keys() == sure.keys() and fewer_bits != sure


def test_cancel_keeps_what_was_measured_and_the_same_plan_can_go_on(home: Path, quick: None) -> None:
    run = runs.start(PLAN)
    runs.cancel(run)
    assert {cell.state for cell in wait(run, "cancelled").cells} == {"cancelled"}
    deadline = time.monotonic() + 60
    while alive_workers(run) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not alive_workers(run)


def test_two_starts_of_one_plan_are_one_run(home: Path, quick: None) -> None:
    first, second = runs.start(PLAN), runs.start(PLAN)
    assert first == second
    assert len(alive_workers(first)) <= (os.cpu_count() or 1)
    runs.cancel(first)


def test_a_cell_that_fails_says_why_and_the_others_go_on(home: Path, quick: None) -> None:
    store = Store()
    plan = Plan(models=("tiny-1m",), quantizations=("bf16",), tasks=("math",), limit=5).checked()
    run = runs.start(plan, store)
    wait(run)
    store.set_run(run, state="running", finished=None)
    store.set_cells(run, {"state": "queued", "attempts": 3, "cell_key": "never seen"}, {})
    runs.resume(run)
    final = wait(run)
    assert [(c.state, "worker died 3 times" in c.reason) for c in final.cells] == [("failed", True)]


def test_time_left_is_the_pace_of_what_is_done() -> None:
    def cell(state: str, done: int, seconds: float | None) -> CellStatus:
        return CellStatus(
            model="tiny-1m",
            quantization="bf16",
            task="shop_math",
            task_group="math",
            state=state,  # type: ignore[arg-type]
            items_done=done,
            items_total=100,
            seconds=seconds,
        )

    cells = [cell("done", 100, 10.0), cell("running", 50, None), cell("queued", 0, None)]
    assert seconds_left(cells, workers=1) == pytest.approx(150 * 0.1)
    assert seconds_left(cells, workers=2) == pytest.approx(7.5)
    assert seconds_left([cell("queued", 0, None)], workers=1) is None


def test_the_command_line_answers_an_unknown_model_in_one_line(home: Path) -> None:
    command = [sys.executable, "-m", "evals", "run", "--models", "tiny-2m", "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2 and told.stdout == ""
    assert "did you mean" in told.stderr and "tiny-1m" in told.stderr and "Traceback" not in told.stderr


def test_a_folder_of_your_own_is_evaluated_by_its_path(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("models") / "mine"
    shutil.copytree(model("tiny-1m").folder, folder)
    final = wait(runs.start(Plan(models=(str(folder),), quantizations=("nf4",), tasks=("math",), limit=6)))
    assert [(c.model, c.state, c.items_done) for c in final.cells] == [(str(folder), "done", 6)]


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"lacks config\.json"):
        model(str(tmp_path))
