"""Measured rows under load: what is read, what is left out, what is predicted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricing import observations, predict, validation
from pricing.__main__ import app
from pricing.speed import Pace

# A step takes 20 ms + 1 ms a request, a prompt 100 ms; the first token waits for three steps.
PACE = Pace(
    read_s=0.02, read_per_request_s=0.001, compute_per_request_s=0, fixed_s=0, fixed_per_request_s=0, prompt_s=0.1,
    first_fixed_s=0.05, first_steps=3.0, first_share=0.1,
)
HEADER = "model,quant,gpu,n_gpu,engine,isl,osl,load_type,load,ttft_ms,tpot_ms\n"
ROW = "meta-llama/Llama-3.1-70B,fp8,h200_sxm,{n},vllm 0.9,1024,1024,{kind},{load},{ttft},{tpot}\n"


def test_a_closed_loop_by_hand() -> None:
    # 11 clients, all in service: a step of 31 ms, and ten prompts of 100 ms in an answer of 100 tokens: + 10 ms.
    token_s, first_s = predict.closed_loop(PACE, 11, 11, 100)
    assert token_s == pytest.approx(0.031 + 10 * 0.1 / 100)
    assert first_s == pytest.approx(0.05 + 0.1 * (1 + 0.1 * 10) + 3 * 0.031)


def test_clients_beyond_the_slots_wait_for_one() -> None:
    # 22 clients, 11 slots: each answer (100 × 41 ms + a prompt) lets one of the 11 waiting in after it.
    token_s, first_s = predict.closed_loop(PACE, 22, 11, 100)
    assert token_s == pytest.approx(0.041)
    assert first_s == pytest.approx(0.05 + 0.2 + 0.093 + (100 * 0.041 + 0.1))


def written(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "latency.csv"
    file.write_text(HEADER + "".join(rows))
    return file


def line(load: float, tpot: float, *, n: int = 4, kind: str = "concurrency", ttft: float = 100) -> str:
    return ROW.format(n=n, kind=kind, load=load, ttft=ttft, tpot=tpot)


def test_rows_left_out_say_why(tmp_path: Path) -> None:
    file = written(
        tmp_path, line(4, 11), line(4, 11.001), line(8, 12), line(16, 12.1), line(32, 4.0), line(4, 11, n=72),
        line(4, 11, n=3), line("inf", 11, kind="qps"), line(4, ""), line(4, 11).replace("h200_sxm", "tpu-v9"),
    )  # fmt: skip
    observed = observations.read(file)
    assert [row.batch for row in observed.rows] == [4, 8, 16]
    assert set(observed.skipped.values()) == {1}
    assert sorted(reason.split(":")[0] for reason in observed.skipped) == [
        "GPU not in the tables", "cards that do not divide the heads", "load without end", "more than 16 cards",
        "no time per token", "same row twice", "wrong in the source",
    ]  # fmt: skip


def test_latency_is_validated_with_both_measures(tmp_path: Path) -> None:
    file = written(tmp_path, line(4, 11), line(64, 20), line(2, 11, kind="qps"), line(4, 11).replace("fp8", "q?"))
    done = CliRunner().invoke(app, ["validate", str(file), "--kind", "latency", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["n"] == 3 and report["predicted_fraction"] == 0.75
    for prefix in ("tpot_", "ttft_"):
        for key in ("mape", "median_ape", "bias", "band_coverage"):
            assert isinstance(report[prefix + key], float)
    assert report["tpot_mape"] < 0.5
    assert report["by"]["gpu"]["H200"]["n"] == 3
    assert {"measure", "gpu", "predicted", "measured", "error"} <= set(report["worst"][0])
    assert "first token" in CliRunner().invoke(app, ["validate", str(file), "--kind", "latency"]).output


def test_more_clients_take_longer_and_the_queue_shows(tmp_path: Path) -> None:
    rows = observations.read(written(tmp_path, *(line(load, 11 + load, n=1) for load in (1, 16, 64, 256)))).rows
    said = [predict.seconds(row) for row in rows]
    tokens, firsts = [one[0] for one in said], [one[1] for one in said]
    assert tokens == sorted(tokens) and firsts == sorted(firsts)
    # one H200 holds the weights and the caches of some dozens of such requests: 256 clients queue for many seconds
    assert predict.served_slots(rows[-1]) < 256
    assert firsts[-1] > 10 * firsts[1]


def test_an_empty_file_predicts_nothing(tmp_path: Path) -> None:
    report = validation.validate(written(tmp_path), "latency")
    assert report["n"] == 0 and report["tpot_mape"] is None and report["predicted_fraction"] is None
