"""The check itself, on the processor: what it writes where it can run, and what it says where there is no GPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from evals.__main__ import app
from evals.engines import gpu_check
from evals.models import LocalModel

TOY = {
    **{"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "vocab_size": 768},
    **{"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 256},
}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_that_nothing_was_checked() -> None:
    said = CliRunner().invoke(app, ["gpu-check", "--json"])
    assert said.exit_code == 2
    assert json.loads(said.stdout) == {
        "checked": False, "reason": "no CUDA GPU here: nothing was checked", "rows": [],
    }  # fmt: skip


def test_a_variant_gives_scores_and_speed_and_a_failure_its_reason(small: LocalModel) -> None:
    row = gpu_check.checked(small, "nf4", 3)
    assert row["failed"] == "" and set(row["scores"]) == {"classification", "math"}
    assert row["speed"]["prefill_tokens_per_s"] > 0 and row["logits_changed"] > 0
    refused = gpu_check.checked(small, "qat-int4-g128", 3)
    assert refused["failed"].startswith("ValueError: ") and "no weights trained for qat-int4-g128" in refused["failed"]


def test_random_weights_of_a_shape_are_labelled_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))
    [row] = gpu_check.large_rows(["nf4"], TOY)
    assert row["model"] == "random weights, shape of an 8B" and row["failed"] == "" and row["scores"] == {}
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_command_writes_rows_with_hardware_and_tells_failures(
    small: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_check, "no_gpu", lambda: "")  # the same calls, on the processor
    named = ["--models", small.name, "--quantizations", "nf4,qat-int4-g128", "--items", "2", "--no-large"]
    said = CliRunner().invoke(app, ["gpu-check", *named, "--out", str(tmp_path / "found.json")])
    assert said.exit_code == 1 and f"{small.name} @ qat-int4-g128: FAILED ValueError" in said.stdout
    written = json.loads((tmp_path / "found.json").read_text())
    assert [row["quantization"] for row in written["rows"]] == ["nf4", "qat-int4-g128"]
    assert written["device"] and written["packages"]["torch"] and not list(tmp_path.glob("*.tmp"))
