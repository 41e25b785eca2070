"""``python -m pricing options``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricing.__main__ import app

ASKED = ["options", "--models", "8B,Qwen2.5-32B", "--quantizations", "fp16", "--quantizations", "Q4_K_M",
         "--requests-per-month", "3e6", "--as-of", "2026-11-21", "--no-overrides", "--top", "3"]  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITBUDGET_HOME", str(tmp_path))


def run(*more: str) -> str:
    done = CliRunner().invoke(app, [*ASKED, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_cheapest_with_bands_as_json() -> None:
    found = json.loads(run("--e2e-p95-s", "10", "--json"))
    assert found["options"] >= found["fit"] >= found["priced"] >= found["meet"] > 3
    assert found["nearest_miss"] is None
    usd = [row["usd_per_month"] for row in found["top"]]
    assert len(usd) == 3 and usd == sorted(usd)
    for row in found["top"] + found["frontier"] + found["cheapest_of_each_variant"]:
        assert row["low_usd_per_month"] <= row["usd_per_month"] <= row["high_usd_per_month"]
        assert row["e2e_p95_s"] <= 10 and row["date"] and row["provider"]


def test_the_cheapest_as_text() -> None:
    text = run()
    assert "Cheapest first" in text and "No option is both cheaper and faster" in text and "8B" in text


def test_none_that_meets_says_so_with_the_nearest() -> None:
    text = run("--e2e-p95-s", "0.01")
    assert "None keeps the limits. The nearest miss:" in text and "is above 0.01 s" in text
    assert json.loads(run("--e2e-p95-s", "0.01", "--json"))["nearest_miss"]["meets"] is False


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--top", "0"], "--top is '0'; give a whole number above 0"),
        (["--models", "lama-3.1-8b"], "unknown model 'lama-3.1-8b'"),
        (["--engines", "vlm"], "unknown engine 'vlm'; nearest: vllm"),
        (["--e2e-p95-s", "-1"], "--e2e-p95-s is '-1'"),
        (["--requests-per-month", "1e15"], "requests_per_month of the workload is"),
    ],
)
def test_bad_input_is_named(flags: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        CliRunner().invoke(app, [*ASKED, *flags], catch_exceptions=False)
