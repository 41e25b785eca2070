"""What one worker does when the app dies, the clock is set, memory runs out or the sandbox goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from evals import runs, worker
from evals.home import ROOT
from evals.leases import alive_workers, lease
from evals.memory import available_bytes, is_out_of_memory
from evals.plan import Plan
from evals.store import Store
from tests.faults.standin import NotingStore, StandIn

PLAN = Plan(models=("tiny-1m",), quantizations=("bf16", "nf4"), tasks=("math", "code"), limit=20)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run whose workers this test plays itself."""
    monkeypatch.setattr(runs, "resume", lambda *_: None)
    return runs.start(PLAN)


def work(run: str, name: str = "one") -> None:
    held = lease(f"{run}.{name}")
    try:
        StandIn(NotingStore(), run, f"{run}.{name}").work()
    finally:
        os.close(held)


def states(run: str) -> list[tuple[str, str]]:
    return [(cell["quantization"], cell["state"]) for cell in Store().cells(run)]


def test_an_app_killed_leaves_its_run_going(home: Path) -> None:
    code = (
        "import time; from evals import runs; from tests.faults.test_workers import PLAN\n"
        "runs.WORKER = 'tests.faults.standin'; print(runs.start(PLAN), flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    app = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert app.stdout
    run = app.stdout.readline().strip()
    os.kill(app.pid, signal.SIGKILL)
    app.wait()
    deadline = time.monotonic() + 120
    while runs.state(run) != "done":
        assert time.monotonic() < deadline, runs.status(run)
        time.sleep(0.1)
    assert [state for _, state in states(run)] == ["done"] * 4
    assert sum(len(Store().items(cell["cell_key"])) for cell in Store().cells(run)) == 4 * 20


@pytest.mark.parametrize("step_s", [-86_400.0, 86_400.0])
def test_a_clock_that_is_set_steals_no_lease_and_makes_no_negative_time(
    run: str, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    real, began = time.time, time.monotonic()

    def stepped() -> float:
        return real() + (step_s if time.monotonic() - began > 0.05 else 0.0)

    held = lease(f"{run}.other")
    monkeypatch.setattr(time, "time", stepped)
    time.sleep(0.06)
    assert alive_workers(run) == [f"{run}.other"]
    work(run)
    os.close(held)
    cells = Store().cells(run)
    assert all(cell["state"] == "done" and 0 <= cell["seconds"] < 60 for cell in cells)


def test_out_of_memory_is_tried_once_smaller_and_then_named_while_the_rest_goes_on(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load(self: StandIn, cell: worker.Row) -> object:
        asked.append((cell["quantization"], cell["batch_size"]))
        if cell["quantization"] == "bf16":
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return True

    monkeypatch.setattr(StandIn, "_load", load)
    with pytest.raises(worker.StartAgain):
        work(run)
    work(run, "fresh process")
    assert asked == [("bf16", None), ("bf16", worker.SMALLER_BATCH), ("nf4", None)]
    assert states(run) == [("bf16", "failed")] * 2 + [("nf4", "done")] * 2
    reason = Store().cells(run)[0]["reason"]
    assert "out of memory: its weights alone take" in reason and "of memory are available" in reason
    assert "tried again with batches of 16" in reason


def test_a_lost_sandbox_pauses_the_whole_run_and_loses_nothing(run: str, home: Path) -> None:
    (home / "sandbox-gone").touch()
    work(run)
    paused = runs.status(run)
    assert paused is not None and paused.state == "paused" and "the sandbox itself failed" in paused.reason
    assert {cell.state for cell in paused.cells} == {"queued"}
    work(run, "nobody asked for")
    assert runs.state(run) == "paused"
    (home / "sandbox-gone").unlink()
    runs.reopen(run)
    work(run, "resumed")
    assert [state for _, state in states(run)] == ["done"] * 4
    assert runs.status(run).reason == ""  # type: ignore[union-attr]


def test_what_counts_as_a_lack_of_memory() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))
    wrapped = RuntimeError("loading failed")
    wrapped.__cause__ = MemoryError()
    assert is_out_of_memory(wrapped)
    assert not is_out_of_memory(ValueError("the weights are damaged"))


def test_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.memory.CGROUP", tmp_path)
    monkeypatch.setattr("evals.memory.psutil.virtual_memory", lambda: SimpleNamespace(available=1000))
    assert available_bytes() == 1000
    (tmp_path / "memory.max").write_text("900\n")
    (tmp_path / "memory.current").write_text("300\n")
    assert available_bytes() == 600
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes() == 1000
