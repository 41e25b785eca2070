"""lm-eval's ``results_<time>.json`` with its ``samples_<task>_<time>.jsonl`` beside it, versions 0.4.0 and later."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.importing.imported import ImportedRun, ImportedTask, content_id, shown_model
from evals.importing.labels import Found, from_arguments, settled
from evals.importing.lm_eval_samples import Samples, read_samples, samples_beside
from evals.importing.refusal import Refused
from evals.importing.strict_json import Warnings, fraction, mapping
from evals.published import API_QUANTIZATION
from evals.statistics.intervals import interval_from_summary, score_interval

KNOWN_VERSIONS = re.compile(r"0\.4\.(\d|1[0-3])(\D|$)")
NOT_A_SHARE = re.compile(r"perplexity|bits_per_byte|^loglikelihood|^bleu|^ter$|^chrf|^rouge|bleurt|^mcc$|^brier|_diff$")
NOT_A_METRIC = ("alias", "name", "samples", "sample_len", "sample_count", " ")
HOSTED = ("openai-completions", "openai-chat-completions", "anthropic-completions", "anthropic-chat-completions",
          "anthropic-chat")  # fmt: skip


def is_results(value: Any) -> bool:
    """Whether a JSON value looks like lm-eval's results."""
    results = value.get("results") if isinstance(value, dict) else None
    return (
        isinstance(results, dict)
        and "eval" not in value
        and all(isinstance(v, dict) for v in results.values())
        and ("configs" in value or any("," in k or k == "alias" for v in results.values() for k in v))
    )


def read_lm_eval(path: Path, value: Mapping[str, Any], quantization: str | None, name: str | None) -> ImportedRun:
    """One run. ``value`` is the parsed results file at ``path``. Raises Refused."""
    notes = Warnings()
    config = mapping(value.get("config"))
    version = str(value.get("lm_eval_version") or "")
    if not KNOWN_VERSIONS.match(version):
        notes.add(f"written by lm-eval {version or 'of unknown version'}; read as 0.4")
    arguments = _arguments(config.get("model_args"))
    model, model_note = shown_model(name or _model(value, config, arguments))
    if model_note:
        notes.add(model_note)
    said: list[str] = []
    label = settled(_quantization(value, config, arguments), quantization, said)
    for note in said:
        notes.add(note)
    tasks, files = _tasks(path, value, config, notes)
    return ImportedRun(
        id=content_id([path, *files]),
        tool="lm-eval",
        tool_version=version,
        files=(path.name, *(file.name for file in files)),
        model=model,
        quantization=label,
        created=_date(value.get("date")),
        tasks=tasks,
        warnings=notes.all(),
        hardware=str(config.get("device") or ""),
    )


def _tasks(
    path: Path, value: Mapping[str, Any], config: Mapping[str, Any], notes: Warnings
) -> tuple[tuple[ImportedTask, ...], list[Path]]:
    results, groups = value["results"], _groups(value)
    names = [task for task in results if task not in groups]
    if groups:
        notes.add(f"means over groups left out, their tasks taken: {', '.join(sorted(groups))[:200]}")
    alone = not any(file != path and file.name.startswith("results") for file in path.parent.glob("*.json"))
    found, files, skipped = [], [], []
    for task in names:
        file = samples_beside(path, task, alone)
        embedded = mapping(value.get("samples")).get(task)
        made = _task(task, value, config, file, embedded if isinstance(embedded, list) else None, notes)
        if made is None:
            skipped.append(task)
            continue
        found.append(made)
        if file:
            files.append(file)
    for task in skipped:
        notes.add(f"{task} left out: none of its metrics is a share between 0 and 1")
    if not found:
        raise Refused("no task in it has a score between 0 and 1" if names else "it holds no results")
    without = [task.task for task in found if task.items is None]
    if without:
        notes.add(f"summary only: no paired test ({_few(without)} came without samples)")
    return tuple(found), files


def _task(
    task: str,
    value: Mapping[str, Any],
    config: Mapping[str, Any],
    file: Path | None,
    embedded: Sequence[Any] | None,
    notes: Warnings,
) -> ImportedTask | None:
    entry, setup = value["results"][task], mapping(mapping(value.get("configs")).get(task))
    scores = _scores(entry)
    better = {**_listed(setup), **mapping(mapping(value.get("higher_is_better")).get(task))}
    order = [*_listed(setup), *dict.fromkeys(metric for metric, _ in scores)]
    wanted = [m for m in dict.fromkeys(order) if not NOT_A_SHARE.search(m) and better.get(m) is not False]
    stated = mapping(mapping(value.get("n-samples")).get(task))
    n = _count(stated.get("effective", entry.get("sample_len")), f"n-samples: {task}: effective")
    if n == 0:
        raise Refused(f"task {task} has 0 items")
    checked = {key: fraction(s, f"results: {task}: {','.join(key)}") for key, s in scores.items() if key[0] in wanted}
    if file is None and embedded is None:
        key = next((key for metric in wanted for key in checked if key[0] == metric), None)
        if key is None:
            return None
        return ImportedTask(
            task=task, metric=key[0], score=checked[key], n=n, protocol=_protocol(task, value, config, key),
            shape=_shape(setup), limit=_limit(config),
            interval=interval_from_summary(checked[key], n) if n else None,
        )  # fmt: skip
    samples = read_samples(file, embedded, task=task, wanted=wanted, filters=_filters(setup), expected=n, notes=notes)
    if samples is None:
        return None
    _cross_checked(task, value, samples, checked, setup)
    return ImportedTask(
        task=task,
        metric=samples.metric,
        score=math.fsum(samples.scores) / len(samples.scores),
        n=len(samples.scores),
        interval=score_interval(samples.scores),
        protocol=_protocol(task, value, config, (samples.metric, samples.filter)),
        items=samples.items,
        shape=_shape(setup),
        limit=_limit(config),
    )


def _cross_checked(
    task: str,
    value: Mapping[str, Any],
    samples: Samples,
    scores: Mapping[tuple[str, str], float],
    setup: Mapping[str, Any],
) -> None:
    """Refuse samples that cannot be those of the results: another hash of all items, or another mean."""
    stated = mapping(value.get("task_hashes")).get(task)
    if stated and samples.task_hash and stated != samples.task_hash:
        raise Refused(f"the samples of {task} are not those of this results file (its task hash differs)")
    summary = scores.get((samples.metric, samples.filter))
    listed = setup.get("metric_list")
    plain = isinstance(listed, list) and any(
        isinstance(m, dict) and m.get("metric") == samples.metric and m.get("aggregation") == "mean" for m in listed
    )
    mean = math.fsum(samples.scores) / len(samples.scores)
    if plain and summary is not None and abs(summary - mean) > 1e-4:
        raise Refused(
            f"{task}: its {len(samples.scores)} samples have a mean of {mean:.4f}, the results say {summary:.4f}: "
            "they are not of the same run, or items are missing"
        )


def _scores(entry: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """(metric, filter) → what stands there; standard errors and counts left out."""
    found = {}
    for key, value in entry.items():
        metric, _, filter_ = key.partition(",")
        if metric.strip() not in NOT_A_METRIC and metric.strip() and not metric.endswith("_stderr"):
            if isinstance(value, str) or value is None:
                continue  # "N/A" and the like
            found[metric, filter_ or "none"] = value
    return found


def _protocol(
    task: str, value: Mapping[str, Any], config: Mapping[str, Any], key: tuple[str, str]
) -> dict[str, str]:
    setup = mapping(mapping(value.get("configs")).get(task))
    shots = mapping(value.get("n-shot")).get(task, setup.get("num_fewshot"))
    template = value.get("chat_template_sha") or value.get("chat_template") or config.get("chat_template_sha")
    system = value.get("system_instruction_sha") or value.get("system_instruction")
    multiturn = value.get("fewshot_as_multiturn")
    settings = setup.get("generation_kwargs") if str(setup.get("output_type", "")).startswith("generate") else None
    extra = _arguments(config.get("gen_kwargs"))
    generation = {**mapping(settings), **extra} if settings or extra else {}
    return {
        "task version": str(mapping(value.get("versions")).get(task, "")),
        "metric": key[0],
        "filter": key[1],
        "shots": "" if shots is None else str(shots),
        "chat template": _sha(template),
        "system prompt": _sha(system),
        "shots as turns": "yes" if multiturn in (True, "True", "true") else "no",
        "generation settings": json.dumps(generation, sort_keys=True) if generation else "",
    }


def _shape(setup: Mapping[str, Any]) -> str:
    """A hash of what makes prompts and targets of the items; addresses of functions left out."""
    names = ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "target_delimiter", "fewshot_delimiter",
             "dataset_path", "dataset_name", "test_split", "validation_split", "gen_prefix")  # fmt: skip
    said = {name: re.sub(r" at 0x[0-9a-f]+", "", str(setup[name])) for name in names if setup.get(name) is not None}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode(errors="replace")).hexdigest()[:12] if said else ""


def _model(value: Mapping[str, Any], config: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    named = value.get("model_name") or arguments.get("pretrained") or arguments.get("model") or arguments.get("path")
    if not named and "model_name" not in value:
        named = config.get("model_name") or config.get("model")
    text = str(named or "")
    if adapter := arguments.get("peft") or arguments.get("delta"):
        text += f" + {str(adapter).rstrip('/').rsplit('/', 1)[-1]}"
    revision = str(arguments.get("revision") or "main")
    return text if revision == "main" or not text else f"{text} ({revision[:12]})"


def _quantization(
    value: Mapping[str, Any], config: Mapping[str, Any], arguments: Mapping[str, Any]
) -> Found | None:
    backend = str(config.get("model") or value.get("model_source") or "")
    if backend in HOSTED and "base_url" not in arguments:
        return Found(label=API_QUANTIZATION, basis=backend, certain=False)
    names = [str(arguments.get(key) or "") for key in ("pretrained", "model", "path")]
    names.append(str(value.get("model_name") or ""))
    dtype = str(config.get("model_dtype") or "")
    return from_arguments(arguments, tuple(name for name in names if name), dtype)


def _arguments(given: Any) -> dict[str, Any]:
    """``model_args`` and ``gen_kwargs`` as lm-eval writes them: a mapping, or ``name=value`` with commas."""
    if isinstance(given, dict):
        return dict(given)
    parts = re.split(r",(?=[\w.]+=)", given) if isinstance(given, str) else []
    return {k.strip(): v.strip() for k, _, v in (part.partition("=") for part in parts) if k.strip() and v.strip()}


def _groups(value: Mapping[str, Any]) -> set[str]:
    made_of = mapping(value.get("group_subtasks"))
    configs = mapping(value.get("configs"))
    return {name for name in value["results"] if made_of.get(name)} | {
        name for name in mapping(value.get("groups")) if name not in configs
    }


def _listed(setup: Mapping[str, Any]) -> dict[str, Any]:
    """Metric → whether higher is better, in the order of the task's ``metric_list``."""
    listed = setup.get("metric_list")
    entries = listed if isinstance(listed, list) else []
    return {str(m["metric"]): m.get("higher_is_better") for m in entries if isinstance(m, dict) and "metric" in m}


def _filters(setup: Mapping[str, Any]) -> list[str]:
    listed = setup.get("filter_list")
    return [str(f["name"]) for f in listed if isinstance(f, dict) and "name" in f] if isinstance(listed, list) else []


def _limit(config: Mapping[str, Any]) -> str:
    limit = config.get("limit")
    return "" if limit is None else f"{limit:g}" if isinstance(limit, int | float) else str(limit)[:20]


def _count(value: Any, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value < 0 or value > 1e9:
        raise Refused(f"{where} is {str(value)[:40]}; expected a number of items")
    return int(value)


def _sha(text: Any) -> str:
    if not text:
        return "none"
    known = str(text)
    hexadecimal = re.fullmatch(r"[0-9a-f]{64}", known)
    return known if hexadecimal else hashlib.sha256(known.encode(errors="replace")).hexdigest()


def _date(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e11 else None


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
