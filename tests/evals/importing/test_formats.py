"""What each format's file becomes: model, quantization, tasks, items, and the traps of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.importing.archive import ZSTANDARD, Archive
from evals.importing.discovery import read_paths
from evals.importing.labels import from_arguments, from_name
from tests.evals.importing.examples import (
    TIME,
    eval_archive,
    inspect_log,
    lm_eval,
    read,
    refusal,
    report,
    sample_file,
    samples,
)


def test_lm_eval_gives_model_quantization_protocol_and_items(tmp_path: Path) -> None:
    run = read(lm_eval(tmp_path))
    [task] = run.tasks
    assert (run.tool, run.tool_version, run.model, run.quantization) == ("lm-eval", "0.4.13", "org/llama-8b", "bf16")
    assert (task.task, task.metric, task.score, task.n) == ("gsm8k", "acc", 0.75, 4)
    assert task.protocol["shots"] == "5" and task.protocol["chat template"] == "none"
    item = next(task.items())
    assert (item.item, item.prompt_hash, item.prompt, item.expected, item.output) == (
        "doc0", "prompt0", "Question: q0", "t0", "said 0",
    )  # fmt: skip


def test_model_arguments_as_one_text_as_older_versions_write_them(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["config"]["model_args"] = "pretrained=org/mistral-7b,load_in_4bit=True,bnb_4bit_quant_type=nf4"
        del whole["model_name"], whole["lm_eval_version"]

    run = read(lm_eval(tmp_path, change=change))
    assert (run.model, run.quantization) == ("org/mistral-7b", "nf4")


def test_older_samples_without_hashes_and_with_lists_of_arguments(tmp_path: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            for name in ("doc_hash", "prompt_hash", "target_hash", "metrics", "filter"):
                del row[name]
            row["arguments"] = [["Question: " + row["doc"]["question"], {"until": ["\n"]}]]

    items = list(read(lm_eval(tmp_path, change_rows=change)).tasks[0].items())
    assert [item.prompt for item in items] == [f"Question: q{i}" for i in range(4)]
    assert len({item.item for item in items}) == len({item.prompt_hash for item in items}) == 4


def test_two_filters_write_two_rows_an_item_and_one_is_taken(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["configs"]["gsm8k"]["filter_list"] = [{"name": "strict"}, {"name": "loose"}]
        whole["results"]["gsm8k"] = {"acc,strict": 0.75, "acc,loose": 1.0}

    def rows(them: list[dict[str, Any]]) -> None:
        for row in them:
            row["filter"] = "strict"
        them.extend(samples([1, 1, 1, 1], "loose"))

    run = read(lm_eval(tmp_path, change=change, change_rows=rows))
    assert (run.tasks[0].score, run.tasks[0].n, run.tasks[0].protocol["filter"]) == (0.75, 4, "strict")
    assert any("loose left out" in warning for warning in run.warnings)


def test_a_choice_is_shown_by_its_text(tmp_path: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["arguments"] = {f"gen_args_{i}": {"arg_0": "Which?", "arg_1": f" c{i}"} for i in range(2)}
            row["filtered_resps"] = [["-9.5", "False"], ["-0.5", "True"]]
            row["target"] = "0"

    item = next(read(lm_eval(tmp_path, change_rows=change)).tasks[0].items())
    assert (item.output, item.expected) == ("c1", "c0")


def test_two_runs_in_one_folder_keep_their_own_samples(tmp_path: Path) -> None:
    lm_eval(tmp_path, (1, 1, 1, 1))
    later = "2026-11-22T12-00-00.000001"
    lm_eval(tmp_path, (0, 0, 0, 1), time=later, change=lambda r: r["config"]["model_args"].update(dtype="float16"))
    reading = read_paths([tmp_path])
    assert not reading.refused
    assert {(run.quantization, run.tasks[0].score) for [run] in reading.files} == {("bf16", 1.0), ("fp16", 0.25)}


def test_a_samples_file_stands_for_its_run_and_alone_is_refused(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path)
    assert read(sample_file(folder)).tasks[0].n == 4
    (folder / f"results_{TIME}.json").unlink()
    assert "without their results" in refusal(folder)


def test_samples_of_another_run_are_refused(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["task_hashes"] = {"gsm8k": "0" * 64}

    assert "task hash differs" in refusal(lm_eval(tmp_path, change=change))


def test_a_group_is_left_out_and_its_tasks_are_taken(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["results"]["mmlu"] = {"acc,none": 0.5}
        whole["group_subtasks"] = {"mmlu": ["gsm8k"]}

    run = read(lm_eval(tmp_path, change=change))
    assert [task.task for task in run.tasks] == ["gsm8k"]
    assert any("groups left out" in warning for warning in run.warnings)


def test_a_perplexity_is_no_score(tmp_path: Path) -> None:
    def change(whole: dict[str, Any]) -> None:
        whole["results"]["wikitext"] = {"word_perplexity,none": 8.3, "bits_per_byte,none": 0.6}

    run = read(lm_eval(tmp_path, change=change))
    assert [task.task for task in run.tasks] == ["gsm8k"]
    assert any(warning.startswith("wikitext left out") for warning in run.warnings)


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        ({"load_in_4bit": True}, "fp4"),
        ({"load_in_4bit": "True", "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}, "nf4-dq"),
        ({"load_in_8bit": True, "dtype": "float16"}, "llm-int8"),
        ({"pretrained": "org/x", "dtype": "bfloat16"}, "bf16"),
        ({"pretrained": "x", "gguf_file": "x.Q4_K_M.gguf"}, "Q4_K_M"),
        ({"pretrained": "x", "quantization": "awq"}, "awq-int4"),
        ({"pretrained": "x", "dtype": "auto"}, None),
    ],
)
def test_quantization_from_arguments(arguments: dict[str, Any], label: str | None) -> None:
    found = from_arguments(arguments, ())
    assert (found.label if found else None) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "gptq-int4"),
        ("org/Llama-3.1-8B-Instruct-AWQ-INT4", "awq-int4"),
        ("RedHatAI/Llama-3.1-8B-quantized.w8a8", "w8a8"),
        ("unsloth/llama-3-8b-bnb-4bit", "nf4"),
        ("org/Llama-3-8B-FP8-dynamic", "fp8"),
        ("Meta-Llama-3-8B.IQ3_XXS.gguf", "IQ3_XXS"),
        ("mlx-community/Llama-3-8B-4bit", "int4"),
        ("google/gemma-2-9b-it", None),
        ("org/Model-v2-12B", None),
    ],
)
def test_quantization_from_names(name: str, label: str | None) -> None:
    found = from_name(name)
    assert (found.label if found else None) == label


def test_what_the_file_does_not_say_is_asked_for(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path, change=lambda r: r["config"]["model_args"].update(dtype="auto"))
    assert "--quantization" in refusal(folder)
    assert read(folder, quantization="Q4_K_M").quantization == "Q4_K_M"


def test_what_the_file_is_certain_of_is_kept(tmp_path: Path) -> None:
    folder = lm_eval(tmp_path, change=lambda r: r["config"]["model_args"].update(load_in_8bit=True))
    run = read(folder, quantization="Q4_K_M")
    assert run.quantization == "llm-int8"
    assert any("kept llm-int8" in warning for warning in run.warnings)


@pytest.mark.parametrize("suffix", [".json", ".eval"])
def test_inspect_reads_letters_and_numbers_and_never_an_error_as_wrong(tmp_path: Path, suffix: str) -> None:
    log = inspect_log(["C", "I", "P", 0.25, None], status="error")
    path = tmp_path / f"log{suffix}"
    path.write_text(json.dumps(log)) if suffix == ".json" else eval_archive(path, log)
    run = read(path)
    assert (run.model, run.quantization, run.tool_version) == ("org/llama-8b-AWQ-INT4", "awq-int4", "0.3.285")
    assert (run.tasks[0].n, run.tasks[0].score) == (4, (1 + 0 + 0.5 + 0.25) / 4)
    assert any("1 of 5 samples were not scored" in warning for warning in run.warnings)
    assert any("status error" in warning for warning in run.warnings)


def test_inspect_epochs_are_averaged(tmp_path: Path) -> None:
    log = inspect_log(["C", "I"])
    log["samples"] += [{**sample, "epoch": 2, "scores": {"match": {"value": "C"}}} for sample in log["samples"]]
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log))
    assert [item.score for item in read(path).tasks[0].items()] == [1.0, 0.5]


def test_inspect_with_no_scored_sample_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(inspect_log([None, None], status="error")))
    assert "none of its 2 samples was scored" in refusal(path)


def test_an_archive_in_zstandard_is_read(tmp_path: Path) -> None:
    """Made as Inspect makes it: the deflated members of an archive packed anew with method 93."""
    import struct
    import zlib

    import zstandard

    body = json.dumps({"a": 1}).encode() * 50
    packed = zstandard.compress(body)
    head = struct.pack("<HHHHHIIIHH", 63, 0, ZSTANDARD, 0, 0, zlib.crc32(body), len(packed), len(body), 6, 0)
    local = b"PK\x03\x04" + head + b"a.json" + packed
    central = b"PK\x01\x02" + struct.pack("<H", 63) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"a.json"
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path = tmp_path / "log.eval"
    path.write_bytes(local + central + end)
    with Archive(path) as archive:
        assert archive.read("a.json") == body


@pytest.mark.parametrize("version", [1, 2])
def test_guidellm_gives_speeds_of_what_succeeded(tmp_path: Path, version: int) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(report(version=version)))
    run = read(path)
    [speed] = run.speeds
    assert (run.model, run.quantization, run.tasks) == ("org/llama-8b-FP8", "fp8", ())
    assert (speed.load, speed.successful, speed.errored, speed.incomplete) == ("concurrent 8", 100, 3, 2)
    assert (speed.e2e_p95_s, speed.ttft_p95_s, speed.tpot_p95_s, speed.output_tokens_per_s) == (3.0, 0.4, 0.02, 220.0)
    assert "sk-secret" not in repr(run)


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # ranks that bound the 95th of 100: 90 and 100, of 1,000: 936 and 964; of 71 the largest may lie below it
    [(100, 1.5 * 1.5, 2.5 * 1.5), (1000, 1.8 * 1.5, 2.2 * 1.5), (71, None, None)],
)
def test_guidellm_bounds_a_p95_by_percentiles_around_it(
    tmp_path: Path, n: int, low: float | None, high: float | None
) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(report(successful=n)))
    [speed] = read(path).speeds
    assert (speed.e2e_p95_s, speed.e2e_p95_low_s, speed.e2e_p95_high_s) == (3.0, low, high)


def test_guidellm_where_every_request_failed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(report(successful=0, errored=500)))
    assert "not one request succeeded (500 failed)" in refusal(path)


def test_guidellm_gives_no_95th_percentile_of_a_few(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(report(successful=19)))
    run = read(path)
    assert (run.speeds[0].e2e_p50_s, run.speeds[0].e2e_p95_s) == (1.5, None)
    assert any("too few" in warning for warning in run.warnings)


def test_csv_gives_one_run_a_variant(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("ID,Correct,Model,Quantization,Task\na,true,m,bf16,t\nb,0,m,bf16,t\na,1,m,Q4_K_M,t\n")
    [runs] = read_paths([path]).files
    assert [(run.quantization, run.tasks[0].n, run.tasks[0].score) for run in runs] == [
        ("bf16", 2, 0.5), ("Q4_K_M", 1, 1.0),
    ]  # fmt: skip


def test_csv_without_a_model_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("id,score,quant\na,1,bf16\n")
    assert "--model" in refusal(path)
    [[run]] = read_paths([path], model="m").files
    assert run.model == "m"
