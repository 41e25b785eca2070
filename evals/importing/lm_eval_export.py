"""A run as lm-eval would have left it: ``results_<time>.json`` and ``samples_<task>_<time>.jsonl``."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.files import write_atomically
from evals.importing.imported import PREFIX, text_hash
from evals.importing.keeping import KeptTask, imported_run, item_facts
from evals.importing.lm_eval_samples import doc_hash
from evals.measurements import Measurement
from evals.results import measured_measurements
from evals.store import Store, shared_store
from evals.tasks import Task, items, task

Row = dict[str, Any]
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One task of one variant. ``filter`` and ``settings`` are those it was run under."""

    name: str
    model: str
    quantization: str
    metric: str
    filter: str
    shots: int | None
    version: str
    config: Mapping[str, Any]
    rows: list[Row]
    created: float
    about: Mapping[str, Any]


def export_lm_eval(run: str, folder: Path, store: Store | None = None) -> list[Path]:
    """Write a run into ``folder``, a folder for each variant; the files written. Raises ValueError for no such run."""
    store = store or shared_store()
    parts = _imported(run, store) if run.startswith(PREFIX) else _measured(run, store)
    if not parts:
        raise ValueError(f"no finished cell with items in run {run!r}; `python -m evals status` lists the runs")
    variants: dict[tuple[str, str], list[_Part]] = {}
    for part in parts:
        variants.setdefault((part.model, part.quantization), []).append(part)
    return [path for (model, label), mine in variants.items() for path in _written(model, label, mine, folder)]


def _written(model: str, label: str, parts: list[_Part], folder: Path) -> Iterator[Path]:
    inside = folder / re.sub(r"[^\w.@-]+", "__", f"{model}@{label}")
    inside.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(parts[0].created)) + ".000000"
    for part in parts:
        path = inside / f"samples_{part.name}_{stamp}.jsonl"
        write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part.rows))
        yield path
    path = inside / f"results_{stamp}.json"
    write_atomically(path, json.dumps(_results(model, label, parts), indent=2, ensure_ascii=False))
    yield path


def _results(model: str, label: str, parts: list[_Part]) -> dict[str, Any]:
    first = parts[0]
    return {
        "results": {part.name: _scores(part) for part in parts},
        "group_subtasks": {},
        "configs": {part.name: dict(part.config) for part in parts},
        "versions": {part.name: part.version for part in parts},
        "n-shot": {part.name: part.shots for part in parts},
        "higher_is_better": {part.name: {part.metric: True} for part in parts},
        "n-samples": {part.name: {"original": len(part.rows), "effective": len(part.rows)} for part in parts},
        "config": {
            "model": "hf",
            "model_args": {"pretrained": model, **_arguments(label)},
            "limit": None,
            "gen_kwargs": {},
        },
        "date": first.created,
        "lm_eval_version": first.about.get("lm_eval_version", ""),
        "model_name": model,
        "chat_template_sha": first.about.get("chat_template_sha"),
        "system_instruction_sha": first.about.get("system_instruction_sha"),
        "task_hashes": {part.name: _task_hash(part.rows) for part in parts},
        "bitbudget": {"run": first.about["run"], "origin": first.about["origin"], "quantization": label},
    }


def _arguments(label: str) -> dict[str, Any]:
    """Arguments of a model that say the quantization, as lm-eval has them where it can."""
    if label in DTYPES:
        return {"dtype": DTYPES[label]}
    if label == "llm-int8":
        return {"load_in_8bit": True}
    if label in ("nf4", "fp4", "nf4-dq"):
        double = {"bnb_4bit_use_double_quant": True} if label.endswith("-dq") else {}
        return {"load_in_4bit": True, "bnb_4bit_quant_type": label.removesuffix("-dq"), **double}
    return {"quantization": label}


def _scores(part: _Part) -> dict[str, Any]:
    scores = [row[part.metric] for row in part.rows]
    mean = sum(scores) / len(scores)
    spread = sum((score - mean) ** 2 for score in scores) / (len(scores) - 1) if len(scores) > 1 else None
    error = "N/A" if spread is None else (spread / len(scores)) ** 0.5
    return {
        "alias": part.name,
        "sample_len": len(scores),
        f"{part.metric},{part.filter}": mean,
        f"{part.metric}_stderr,{part.filter}": error,
    }


def _task_hash(rows: list[Row]) -> str:
    joined = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
    return hashlib.sha256(joined.encode()).hexdigest()


def _row(at: int, part: Mapping[str, Any], metrics: Mapping[str, float], **more: Any) -> Row:
    return {"doc_id": at, **part, "metrics": list(metrics), **more, **metrics}


def _measured(run: str, store: Store) -> list[_Part]:
    mine = [m for m in measured_measurements(store) if m.run == run]
    row = store.run(run)
    if row is None:
        return []
    packages = json.loads(row["provenance"]).get("packages", {})
    about = {"run": run, "origin": "measured", "lm_eval_version": packages.get("lm_eval", "")}
    cells = {(c["model"], c["quantization"], c["task"]): c["cell_key"] for c in store.cells(run)}
    return [_own(m, cells[m.model, m.quantization, m.task], row["created"], about, store) for m in mine]


def _own(m: Measurement, cell_key: str, created: float, about: Mapping[str, Any], store: Store) -> _Part:
    what = task(m.task)
    by_id = {row["item"]: row for row in store.items(cell_key)}
    asked = [item for item in items(what.config["metadata"]["items"]) if item["id"] in by_id]
    config = {name: value for name, value in what.config.items() if not str(value).startswith("!function")}
    return _Part(
        name=m.task,
        model=m.model,
        quantization=m.quantization,
        metric=what.metric,
        filter="none",
        shots=what.config.get("num_fewshot", 0),
        version=what.version,
        config=config,
        rows=[_own_row(at, item, by_id[item["id"]], what) for at, item in enumerate(asked)],
        created=created,
        about=about,
    )


def _own_row(at: int, item: dict[str, Any], result: Mapping[str, Any], what: Task) -> Row:
    """A sample as lm-eval's own command writes it for the same answer."""
    output, prompt = result["output"], item["prompt"]
    requests: list[tuple[str, Any]]
    answers: list[Any]
    if what.output_type == "multiple_choice" and output.startswith('{"choice"'):
        likelihoods = json.loads(output)["loglikelihoods"]
        target = str(item["labels"].index(item["answer"].strip()))
        requests = [(prompt, f" {choice}") for choice in likelihoods]
        answers = [[str(value), "False"] for value in likelihoods.values()]
    else:
        target, requests = item["answer"], [(prompt, what.config.get("generation_kwargs"))]
        answers = [output]
    numbers = {k: v for k, v in json.loads(result["metrics"]).items() if isinstance(v, bool | int | float)}
    said = {
        "doc": item,
        "target": target,
        "arguments": {f"gen_args_{i}": {"arg_0": a, "arg_1": b} for i, (a, b) in enumerate(requests)},
        "resps": [[answer] for answer in answers],
        "filtered_resps": answers,
        "filter": "none",
    }
    hashes = {"doc_hash": doc_hash(item), "prompt_hash": text_hash(prompt), "target_hash": text_hash(target)}
    return _row(at, said, numbers | {what.metric: result["score"]}, **hashes)


def _imported(run: str, store: Store) -> list[_Part]:
    kept = imported_run(run, store)
    if kept is None:
        raise ValueError(f"no imported run {run!r}; `python -m evals imports` lists them")
    created = kept.created or kept.imported
    version = kept.tool_version if kept.tool == "lm-eval" else ""
    return [
        _foreign(each, kept.model, kept.quantization, created, {"run": run, "lm_eval_version": version}, store)
        for each in kept.tasks
        if each.has_items
    ]


def _foreign(
    each: KeptTask, model: str, label: str, created: float, about: Mapping[str, Any], store: Store
) -> _Part:
    said = each.protocol
    settings = said.get("generation settings")
    config: dict[str, Any] = {
        "task": each.task,
        "metric_list": [{"metric": each.metric, "aggregation": "mean", "higher_is_better": True}],
        "output_type": "generate_until" if settings else "multiple_choice",
        **({"generation_kwargs": json.loads(settings)} if settings else {}),
    }
    shots = said.get("shots", "")
    sha = {name: said.get(name) for name in ("chat template", "system prompt") if said.get(name, "none") != "none"}
    return _Part(
        name=each.task,
        model=model,
        quantization=label,
        metric=each.metric,
        filter=said.get("filter", "none"),
        shots=int(shots) if shots.isdigit() else None,
        version=said.get("task version", ""),
        config=config,
        rows=[_foreign_row(at, row, each) for at, row in enumerate(store.items(each.cell_key))],
        created=created,
        about={
            **about,
            "origin": "imported",
            "chat_template_sha": sha.get("chat template"),
            "system_instruction_sha": sha.get("system prompt"),
        },
    )


def _foreign_row(at: int, row: Mapping[str, Any], each: KeptTask) -> Row:
    facts = item_facts(row)
    said = {
        "doc": {"prompt": facts["prompt"], "answer": facts["expected"]},
        "target": facts["expected"],
        "arguments": {"gen_args_0": {"arg_0": facts["prompt"], "arg_1": ""}},
        "resps": [[row["output"]]],
        "filtered_resps": [row["output"]],
        "filter": each.protocol.get("filter", "none"),
    }
    hashes = {
        "doc_hash": row["item"].partition("#")[0],
        "prompt_hash": facts["prompt_hash"] or text_hash(facts["prompt"]),
        "target_hash": facts["target_hash"] or text_hash(facts["expected"]),
    }
    return _row(at, said, {**facts["metrics"], each.metric: row["score"]}, **hashes)
