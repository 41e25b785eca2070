"""Calibrated methods and broken folders in real runs."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import pytest

from evals import runs
from evals.engines import calibrated
from evals.engines.calibration import calibration
from evals.engines.loading import Job
from evals.models import LocalModel
from evals.plan import Plan, variant_key
from evals.quantizations import quantization


def test_the_same_text_gives_the_same_bytes(small: LocalModel, tmp_path: Path) -> None:
    job = Job(small, quantization("gptq-int4-g128"), "")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        calibrated._gptqmodel(job, calibration(), tmp_path / name)
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()


def test_text_that_changed_since_the_plan_is_refused(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))  # where nothing is kept yet
    how = quantization("gptq-int4-g128")
    planned = variant_key(small, how)
    other = tmp_path / "other.txt"
    other.write_text("another text\n" * 300)
    monkeypatch.setenv("BITBUDGET_CALIBRATION", str(other))
    with pytest.raises(ValueError, match="changed since gptq-int4-g128 was planned; start a new run"):
        calibrated.folder(Job(small, how, planned))


def test_damaged_weights_fail_by_name_and_the_other_cells_go_on(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path / "home"))
    damaged = tmp_path / "damaged"
    shutil.copytree(small.folder, damaged)
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    run = runs.start(Plan(models=(str(damaged), small.name), quantizations=("bf16",), tasks=("math",), limit=2))
    deadline = time.monotonic() + 200
    while (now := runs.status(run)) and now.state == "running" and time.monotonic() < deadline:
        time.sleep(0.3)
    assert now is not None
    states = {Path(cell.model).name: (cell.state, "damaged or cut short" in cell.reason) for cell in now.cells}
    assert states == {"damaged": ("failed", True), "small": ("done", False)}
