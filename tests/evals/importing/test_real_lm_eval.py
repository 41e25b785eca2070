"""The real ``lm_eval`` command for one model in two types: both runs are imported and compared item by item."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.importing.lm_eval_samples import doc_hash, text_hash
from evals.importing.pairing import compare_runs
from evals.importing.taking import take
from evals.store import Store
from evals.tasks import items

# The command itself, imported once for two runs; the 13,000 tasks that come with it are not read, which takes it half a
# minute.
BOTH = """
import json, sys
from functools import partialmethod
from lm_eval.__main__ import cli_evaluate
from lm_eval.tasks import TaskManager
TaskManager.__init__ = partialmethod(TaskManager.__init__, include_defaults=False)
for sys.argv in json.loads(sys.argv[1]):
    cli_evaluate()
"""


@pytest.mark.timeout(600)
def test_two_runs_of_the_real_command_are_imported_and_compared(house: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(house), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    commands = []
    for dtype in ("float32", "bfloat16"):
        given = {
            "model": "hf",
            "model_args": f"pretrained=data/models/tiny-1m,dtype={dtype}",
            "include_path": "evals/tasks",
            "tasks": "shop_math",
            "limit": "8",
            "batch_size": "8",
            "device": "cpu",
            "output_path": str(tmp_path / "out"),
        }
        options = [part for name, value in given.items() for part in (f"--{name}", value)]
        commands.append(["lm_eval", *options, "--log_samples"])
    told = subprocess.run(
        [sys.executable, "-c", BOTH, json.dumps(commands)], cwd=house, env=environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr[-2000:]

    store = Store(tmp_path / "store.sqlite")
    taken = take([tmp_path / "out"], store=store)
    assert taken.refused == ()
    by_label = {run.quantization: run for run in taken.runs}
    assert set(by_label) == {"fp32", "bf16"}
    assert {run.model for run in taken.runs} == {"tiny-1m"}
    assert all(run.tasks == (("shop_math", 8),) and run.warnings == () for run in taken.runs)
    [found] = compare_runs(by_label["fp32"].id, by_label["bf16"].id, store=store)
    assert (found.task, found.task_group, found.n) == ("shop_math", "math", 8)
    assert found.first_score == pytest.approx(_summary(tmp_path / "out", "float32"))

    ours = {doc_hash(item): text_hash(item["prompt"]) for item in items("shop_math.jsonl")[:8]}
    theirs = [json.loads(line) for line in next((tmp_path / "out").rglob("samples_*.jsonl")).read_text().splitlines()]
    assert {row["doc_hash"]: row["prompt_hash"] for row in theirs} == ours  # so runs made here pair with theirs


def _summary(folder: Path, dtype: str) -> float:
    """The score that lm-eval itself reports."""
    values = [json.loads(path.read_text()) for path in folder.rglob("results_*.json")]
    [value] = [v for v in values if v["config"]["model_args"]["dtype"] == dtype]
    return float(value["results"]["shop_math"]["final_answer,none"])
