"""Small files as other tools write them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evals.importing.discovery import Reading, read_paths

TIME = "2026-11-21T12-00-00.000001"
HEADER = "item,score,model,quantization\n"  # of a CSV
Change = Callable[[dict[str, Any]], object]


def samples(scores: Sequence[float], filter_: str = "none") -> list[dict[str, Any]]:
    """Rows of lm-eval 0.4.13 for a task with metric ``acc``."""
    return [
        {
            "doc_id": i,
            "doc": {"question": f"q{i}"},
            "target": f"t{i}",
            "arguments": {"gen_args_0": {"arg_0": f"Question: q{i}", "arg_1": {"until": ["\n"]}}},
            "resps": [[f"said {i}"]],
            "filtered_resps": [f"said {i}"],
            "filter": filter_,
            "metrics": ["acc"],
            "doc_hash": f"doc{i}",
            "prompt_hash": f"prompt{i}",
            "target_hash": f"target{i}",
            "acc": score,
        }
        for i, score in enumerate(scores)
    ]


def results(scores: Sequence[float], task: str = "gsm8k") -> dict[str, Any]:
    """Results of lm-eval 0.4.13 for these scores; no task hash, so that rows may be changed."""
    return {
        "results": {task: {"alias": task, "acc,none": sum(scores) / len(scores), "acc_stderr,none": 0.1}},
        "group_subtasks": {},
        "configs": {
            task: {
                "task": task,
                "doc_to_text": "Question: {{question}}",
                "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
                "output_type": "generate_until",
                "generation_kwargs": {"until": ["\n"], "do_sample": False},
                "num_fewshot": 5,
            }
        },
        "versions": {task: 3.0},
        "n-shot": {task: 5},
        "n-samples": {task: {"original": 1319, "effective": len(scores)}},
        "config": {
            "model": "hf",
            "model_args": {"pretrained": "org/llama-8b", "dtype": "bfloat16"},
            "limit": None,
            "gen_kwargs": {},
        },
        "date": 1795264780.75,
        "lm_eval_version": "0.4.13",
        "model_name": "org/llama-8b",
        "chat_template_sha": None,
    }


def lm_eval(
    folder: Path,
    scores: Sequence[float] = (1, 0, 1, 1),
    *,
    task: str = "gsm8k",
    time: str = TIME,
    change: Change | None = None,
    change_rows: Callable[[list[dict[str, Any]]], object] | None = None,
    with_samples: bool = True,
) -> Path:
    """A folder with results and samples; ``change`` may alter the results before they are written."""
    folder.mkdir(parents=True, exist_ok=True)
    value, rows = results(scores, task), samples(scores)
    for altered, what in ((change, value), (change_rows, rows)):
        if altered:
            altered(what)  # type: ignore[operator]
    (folder / f"results_{time}.json").write_text(json.dumps(value))
    if with_samples:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"samples_{task}_{time}.jsonl").write_text(lines)
    return folder


def sample_file(folder: Path, task: str = "gsm8k") -> Path:
    return folder / f"samples_{task}_{TIME}.jsonl"


def inspect_log(scores: Sequence[Any], **changes: Any) -> dict[str, Any]:
    """A log of Inspect; a score of None is a sample without one."""
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "task": "arith",
            "task_version": 0,
            "created": "2026-11-21T12:00:00+00:00",
            "model": "vllm/org/llama-8b-AWQ-INT4",
            "dataset": {"samples": len(scores)},
            "packages": {"inspect_ai": "0.3.285"},
            "model_generate_config": {"temperature": 0.0},
            "model_args": {},
        },
        "plan": {"steps": [{"solver": "generate", "params": {}}], "config": {}},
        "results": {"scores": [{"name": "match", "metrics": {"accuracy": {"value": 0.5}}}]},
        "samples": [
            {
                "id": i,
                "epoch": 1,
                "input": f"q{i}",
                "target": f"t{i}",
                "output": {"completion": f"said {i}"},
                "scores": {} if score is None else {"match": {"value": score}},
                **({"error": {"message": "gone"}} if score is None else {}),
            }
            for i, score in enumerate(scores)
        ],
        **changes,
    }


def eval_archive(path: Path, log: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """The log as an ``.eval`` file."""
    header = {name: value for name, value in log.items() if name != "samples"}
    with zipfile.ZipFile(path, "w", method) as archive:
        for sample in log["samples"]:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
        archive.writestr("header.json", json.dumps(header))
    return path


def report(successful: int = 100, errored: int = 3, incomplete: int = 2, version: int = 2) -> dict[str, Any]:
    """A report of guidellm with one benchmark: p95 twice the median, p75 1.5 times, the largest 2.5 times."""

    def spread(value: float) -> dict[str, Any]:
        far = {"p75": 1.5 * value, "p90": 1.8 * value, "p95": 2 * value, "p99": 2.2 * value}
        return {"successful": {"mean": value, "median": value, "max": 2.5 * value, "percentiles": far}}

    return {
        "metadata": {"version": version, "guidellm_version": "0.8.1"},
        "config": {},
        "benchmarks": [
            {
                "config": {
                    "strategy": {"type_": "concurrent", "streams": 8},
                    "backend": {"model": "org/llama-8b-FP8", "api_key": "sk-secret"},
                },
                "start_time": 1795264780.0,
                "duration": 60.0,
                "metrics": {
                    "request_totals": {"successful": successful, "errored": errored, "incomplete": incomplete},
                    "request_latency": spread(1.5),
                    "time_to_first_token_ms": spread(200.0),
                    "inter_token_latency_ms": spread(10.0),
                    "requests_per_second": spread(1.7),
                    "output_tokens_per_second": spread(220.0),
                    "request_concurrency": spread(7.5),
                    "prompt_token_count": spread(1200.0),
                    "output_token_count": spread(300.0),
                },
            }
        ],
    }


def only(reading: Reading) -> Any:
    """The one run that was read, with nothing refused."""
    assert not reading.refused
    [[run]] = reading.files
    return run


def read(path: Path, **given: Any) -> Any:
    return only(read_paths([path], **given))


def refusal(path: Path) -> str:
    """Why it was refused; nothing else was read."""
    reading = read_paths([path])
    assert reading.files == ()
    return " | ".join(each.reason for each in reading.refused)


def csv(folder: Path, content: str | bytes, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def in_results(where: str, value: Any) -> Change:
    """A change that puts a value under ``a/b/c`` of the results."""

    def change(whole: dict[str, Any]) -> None:
        *path, last = where.split("/")
        for name in path:
            whole = whole[name]
        whole[last] = value

    return change
