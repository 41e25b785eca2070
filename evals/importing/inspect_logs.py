"""Inspect's logs: ``.eval`` archives and ``.json`` files, log version 2."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from evals.importing.archive import Archive
from evals.importing.imported import ImportedItem, ImportedRun, ImportedTask, content_id, shown_model, texts
from evals.importing.labels import Found, from_arguments, settled
from evals.importing.refusal import Refused
from evals.importing.strict_json import Warnings, decoded, fraction, mapping, parse
from evals.published import API_QUANTIZATION
from evals.statistics.intervals import interval_from_summary, score_interval

KNOWN_VERSION = 2
LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
HOSTED = ("openai", "anthropic", "google", "mistral", "grok", "bedrock", "azureai", "perplexity")
SETTINGS = ("temperature", "top_p", "top_k", "max_tokens", "stop_seqs", "num_choices", "reasoning_effort",
            "reasoning_tokens", "system_message", "frequency_penalty", "presence_penalty")  # fmt: skip


def is_log(value: Any) -> bool:
    """Whether a JSON value looks like a log of Inspect."""
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and "status" in value


def read_archive(path: Path, quantization: str | None, name: str | None) -> ImportedRun:
    """The run in an ``.eval`` file. Raises Refused."""
    with Archive(path) as archive:
        if "header.json" not in archive.names:
            if "_journal/start.json" in archive.names:
                raise Refused("the log was never finished (no header.json); run `inspect log recover` on it first")
            raise Refused("not a log of Inspect: it has no header.json")
        header = parse(decoded(archive.read("header.json")), "header.json")
        if not is_log(header):
            raise Refused("header.json is not a log of Inspect")
        members = [member for member in archive.names if member.startswith("samples/") and member.endswith(".json")]
        return _run(path, header, (parse(decoded(archive.read(m)), m) for m in members), quantization, name)


def read_log(path: Path, value: Mapping[str, Any], quantization: str | None, name: str | None) -> ImportedRun:
    """The run in a ``.json`` file, already parsed. Raises Refused."""
    samples = value.get("samples")
    return _run(path, value, iter(samples if isinstance(samples, list) else []), quantization, name)


def _run(
    path: Path, header: Mapping[str, Any], samples: Iterator[Any], quantization: str | None, name: str | None
) -> ImportedRun:
    notes, spec = Warnings(), mapping(header["eval"])
    if header.get("version") != KNOWN_VERSION:
        notes.add(f"log version {str(header.get('version'))[:20]}; read as version {KNOWN_VERSION}")
    packages = mapping(spec.get("packages"))
    model, label = _variant(spec, quantization, name, notes)
    scorer = _scorer(header)
    items, unscored, seen = _items(samples, scorer, notes)
    if not scorer and items:
        scorer = next(iter(items[0].metrics), "score")
    task, status = str(spec.get("task") or path.stem).rsplit("/", 1)[-1][:80], header.get("status")
    if not items and seen:
        raise Refused(f"status {str(status)[:20]}: none of its {seen} samples was scored")
    if status != "success":
        notes.add(f"the run ended with status {str(status)[:20]}")
    if unscored:
        notes.add(f"{unscored} of {seen} samples were not scored and are left out; they do not count as wrong")
    score, n, kept = _summary(header, scorer, notes) if not items else (_mean(items), len(items), tuple(items))
    made = ImportedTask(
        task=task,
        metric=scorer or "score",
        score=score,
        n=n,
        protocol=_protocol(header, spec, scorer),
        items=(lambda: iter(kept)) if kept else None,
        interval=score_interval([i.score for i in kept]) if kept else interval_from_summary(score, n) if n else None,
        limit=_limit(spec, n),
    )
    return ImportedRun(
        id=content_id([path]),
        tool="inspect",
        tool_version=str(packages.get("inspect_ai") or ""),
        files=(path.name,),
        model=model,
        quantization=label,
        created=_date(spec.get("created")),
        tasks=(made,),
        warnings=notes.all(),
    )


def _variant(
    spec: Mapping[str, Any], quantization: str | None, name: str | None, notes: Warnings
) -> tuple[str, str]:
    provider, _, rest = str(spec.get("model") or "").partition("/")
    model, note = shown_model(name or rest or provider)
    if note:
        notes.add(note)
    arguments = mapping(spec.get("model_args"))
    found = from_arguments(arguments, (str(arguments.get("model_path") or ""), rest))
    if found is None and provider in HOSTED and not spec.get("model_base_url"):
        found = Found(label=API_QUANTIZATION, basis=provider, certain=False)
    said: list[str] = []
    label = settled(found, quantization, said)
    for text in said:
        notes.add(text)
    return model, label


def _scorer(header: Mapping[str, Any]) -> str:
    """The score that counts: the headline, else the first."""
    results = mapping(header.get("results"))
    headline = mapping(results.get("headline")).get("score")
    listed = results.get("scores") or mapping(header.get("eval")).get("scorers")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    return str(headline or first.get("name") or "")


def _items(samples: Iterator[Any], scorer: str, notes: Warnings) -> tuple[list[ImportedItem], int, int]:
    """One item a sample id, its epochs averaged; samples without a score; all samples."""
    found: dict[str, list[ImportedItem]] = {}
    unscored, seen, places = 0, 0, set[tuple[str, Any]]()
    for sample in samples:
        if not isinstance(sample, dict):
            raise Refused("a sample is not an object")
        where = f"sample {str(sample.get('id'))[:40]}"
        place = (str(sample.get("id")), sample.get("epoch"))
        if place in places:
            raise Refused(f"{where} stands there twice in epoch {str(place[1])[:10]}")
        places.add(place)
        seen += 1
        scores = {str(k): _value(v, f"{where}: {k}") for k, v in mapping(sample.get("scores")).items()}
        flat = {k: v for k, v in _flattened(scores).items() if v is not None}
        main = scorer if scorer in flat else next((k for k in flat if k.startswith(f"{scorer}.")), "")
        main = main or ("" if scorer else next(iter(flat), ""))
        if not main or (sample.get("error") and not scores):
            unscored += 1
            continue
        key = _input_hash(sample.get("input"))
        score = fraction(flat[main], f"{where}: {main}")
        found.setdefault(f"{key}|{place[0]}", []).append(_item(sample, key, score, flat, notes))
    merged = [_averaged(epochs) for epochs in found.values()]
    if any(len(epochs) > 1 for epochs in found.values()):
        notes.add(f"{max(map(len, found.values()))} epochs: an item's score is their mean")
    return _told_apart(merged, notes), unscored, seen


def _item(
    sample: Mapping[str, Any], key: str, score: float, flat: Mapping[str, float], notes: Warnings
) -> ImportedItem:
    target = sample.get("target")
    expected = target if isinstance(target, str) else json.dumps(target, ensure_ascii=False)
    return texts(
        ImportedItem(
            item=key,
            score=score,
            metrics={name: value for name, value in flat.items() if math.isfinite(value)},
            prompt_hash=key,
            target_hash=hashlib.sha256(expected.encode(errors="replace")).hexdigest(),
            prompt=notes.clean(_said(sample.get("input"))),
            expected=notes.clean(expected),
            output=notes.clean(str(mapping(sample.get("output")).get("completion") or "")),
        )
    )


def _averaged(epochs: list[ImportedItem]) -> ImportedItem:
    first = epochs[0]
    if len(epochs) == 1:
        return first
    return replace(first, score=math.fsum(e.score for e in epochs) / len(epochs))


def _told_apart(items: list[ImportedItem], notes: Warnings) -> list[ImportedItem]:
    """Keys made unique where two samples ask the same."""
    counted: dict[str, int] = {}
    made = []
    for item in items:
        counted[item.item] = counted.get(item.item, 0) + 1
        made.append(item if counted[item.item] == 1 else replace(item, item=f"{item.item}#{counted[item.item]}"))
    if doubles := len(made) - len(counted):
        notes.add(f"{doubles} duplicate questions; each counts as often as it stands there")
    return made


def _value(score: Any, where: str) -> Any:
    """A score as a number, several as a mapping; None where there is none."""
    value = score.get("value") if isinstance(score, dict) and "value" in score else score
    if isinstance(value, dict):
        return {str(k): _value(v, f"{where}: {k}") for k, v in value.items()}
    if isinstance(value, str):
        if value in LETTERS:
            return LETTERS[value]
        if value.casefold() in WORDS:
            return WORDS[value.casefold()]
        try:
            return float(value)
        except ValueError as error:
            raise Refused(f"{where} is {value[:40]!r}, not a score") from error
    if value is None or isinstance(value, bool | int | float):
        return None if value is None else float(value)
    raise Refused(f"{where} is a {type(value).__name__}, not a score")


def _flattened(scores: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in scores.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{k}": v for k, v in _flattened(value).items()})
        else:
            flat[name] = value
    return flat


def _summary(
    header: Mapping[str, Any], scorer: str, notes: Warnings
) -> tuple[float, int | None, tuple[ImportedItem, ...]]:
    """Score and n of a log without samples."""
    results = mapping(header.get("results"))
    listed = results.get("scores")
    scores = [s for s in listed if isinstance(s, dict)] if isinstance(listed, list) else []
    chosen = next((s for s in scores if s.get("name") == scorer), scores[0] if scores else None)
    metrics = mapping(chosen.get("metrics")) if chosen else {}
    metric = next((m for k, m in metrics.items() if k in ("accuracy", "mean")), None)
    if chosen is None or not isinstance(metric, dict):
        raise Refused("no samples and no accuracy in it")
    notes.add("summary only: no paired test (the log came without samples)")
    counted = chosen.get("scored_samples") or results.get("completed_samples")
    n = int(counted) if isinstance(counted, int) else None
    return fraction(metric.get("value"), f"results: {scorer}: accuracy"), n, ()


def _protocol(header: Mapping[str, Any], spec: Mapping[str, Any], scorer: str) -> dict[str, str]:
    plan = mapping(header.get("plan"))
    config = {**mapping(spec.get("model_generate_config")), **mapping(plan.get("config"))}
    listed = plan.get("steps")
    steps = listed if isinstance(listed, list) else []
    solvers = [[step.get("solver"), step.get("params")] for step in steps if isinstance(step, dict)]
    return {
        "task version": str(spec.get("task_version", "")),
        "metric": scorer,
        "task arguments": _told(spec.get("task_args")),
        "solver": _told(solvers),
        "generation settings": _told({k: config[k] for k in SETTINGS if config.get(k) is not None}),
    }


def _limit(spec: Mapping[str, Any], n: int | None) -> str:
    whole = mapping(spec.get("dataset")).get("samples")
    return str(n) if isinstance(whole, int) and n and n < whole else ""


def _input_hash(given: Any) -> str:
    """Of the question alone: messages by role and content, their ids left out."""
    return hashlib.sha256(_said(given).encode(errors="replace")).hexdigest()


def _said(given: Any) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        parts = [(m.get("role", ""), m.get("content", "")) for m in given if isinstance(m, dict)]
        return "\n".join(f"{role}: {c if isinstance(c, str) else json.dumps(c, sort_keys=True)}" for role, c in parts)
    return json.dumps(given, sort_keys=True)


def _mean(items: list[ImportedItem]) -> float:
    return math.fsum(item.score for item in items) / len(items)


def _told(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str) if value else ""


def _date(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
