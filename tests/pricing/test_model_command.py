"""``python -m pricing model``."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from pricing.__main__ import app

RUNNER = CliRunner()


def test_shape_parameters_cache_and_bytes_as_json() -> None:
    said = json.loads(RUNNER.invoke(app, ["model", "llama-3.1-70b", "--quantization", "Q4_K_M", "--json"]).stdout)
    assert said["parameters"] == said["published_parameters"] == 70_553_706_496
    assert said["kv_bytes_per_token"] == 2 * 80 * 8 * 128 * 2
    assert [one["quantization"] for one in said["quantizations"]] == ["Q4_K_M"]
    assert 39.5 < said["quantizations"][0]["bytes"] / 2**30 < 39.7
    assert said["shape"]["heads"] == 64 and said["source"]


def test_a_config_file_is_a_model() -> None:
    said = RUNNER.invoke(app, ["model", "data/models/tiny-13m/config.json"]).stdout
    assert "parameters             12,980,736" in said
    assert "gptq-int4-g128" in said and "counted from data/models/tiny-13m/config.json" in said


def test_with_a_card_it_says_what_fits() -> None:
    line = ["model", "mixtral-8x7b", "--quantization", "fp16", "--accelerator", "L4", "--context-tokens", "4096"]
    said = json.loads(RUNNER.invoke(app, [*line, "--json"]).stdout)["fit"][0]
    assert not said["fits"] and "nearest that fits: 8× L4" in said["why"]
    words = RUNNER.invoke(app, line).stdout
    assert "fp16 does not fit: the weights of fp16 of Mixtral-8x7B (87.0 GiB)" in words


def test_a_mixture_names_its_active_parameters() -> None:
    said = RUNNER.invoke(app, ["model", "gpt-oss-120b", "--quantization", "mxfp4"]).stdout
    assert "active parameters" in said and "attention, embedding, output matrix, norms" in said
