"""Plain tables of item results: a row an item, with columns for item and score and what else there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.importing.imported import (
    ImportedItem,
    ImportedRun,
    ImportedTask,
    content_id,
    shown_model,
    text_hash,
    texts,
)
from evals.importing.labels import from_name, settled
from evals.importing.refusal import Refused
from evals.importing.strict_json import Warnings, decoded, fraction
from evals.statistics.intervals import score_interval
from evals.tabular import TableError
from evals.tabular.delimited import even, records

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "item": ("item", "item_id", "id", "doc_id", "question_id", "sample_id", "example_id", "doc_hash"),
    "score": ("score", "correct", "is_correct", "acc", "accuracy", "exact_match", "passed", "pass"),
    "model": ("model", "model_name", "model_id"),
    "quantization": ("quantization", "quant", "precision", "format", "dtype"),
    "task": ("task", "task_name", "benchmark", "dataset", "eval"),
    "prompt_hash": ("prompt_hash",),
    "target_hash": ("target_hash",),
    "prompt": ("prompt", "question", "input"),
    "expected": ("expected", "target", "answer", "reference", "label"),
    "output": ("output", "response", "prediction", "completion"),
}
PROTOCOL: Mapping[str, tuple[str, ...]] = {
    "shots": ("shots", "num_fewshot", "n_shot", "fewshot"),
    "chat template": ("chat_template", "template", "chat_template_sha"),
    "generation settings": ("generation_settings", "generation_kwargs", "gen_kwargs"),
    "task version": ("task_version", "version"),
    "task hash": ("task_hash",),
}
WORDS = {
    "true": 1.0, "yes": 1.0, "correct": 1.0, "pass": 1.0, "passed": 1.0, "c": 1.0, "right": 1.0,
    "false": 0.0, "no": 0.0, "incorrect": 0.0, "fail": 0.0, "failed": 0.0, "i": 0.0, "wrong": 0.0,
}  # fmt: skip
MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 256 * 2**20, 1_000_000, 500


def read_item_csv(
    path: Path, quantization: str | None, name: str | None, sample: int | None = None
) -> list[ImportedRun]:
    """One run a variant in the file; with ``sample`` so many items a task, in every file the same ones.

    Raises Refused naming line and column.
    """
    notes = Warnings()
    rows = _rows(path, MOST_ROWS if sample is None else None)
    _, header = next(rows)
    places = _places(header)
    if "score" not in places or "item" not in places:
        missing = " and ".join(f"a column for the {n}" for n in ("item", "score") if n not in places)
        raise Refused(f"no {missing}; columns found: {', '.join(header)[:200]}")
    found: dict[tuple[str, str], dict[str, dict[str, ImportedItem]]] = {}
    counts = Counter[tuple[tuple[str, str], str]]()
    protocols: dict[tuple[str, str, str], dict[str, str]] = {}
    for line, cells in rows:
        at = {field: cells[i].strip() for field, i in places.items()}
        variant = (name or at.get("model", ""), at.get("quantization", ""))
        task = at.get("task") or path.stem
        protocol = {field: at[field] for field in PROTOCOL if at.get(field)}
        if protocols.setdefault((*variant, task), protocol) != protocol:
            raise Refused(f"line {line}: {task} stands there under two settings; one file takes one of them")
        items = found.setdefault(variant, {}).setdefault(task, {})
        item = _item(at, line, notes)
        if items.setdefault(item.item, item) != item:
            raise Refused(f"line {line}: item {item.item[:60]!r} stands there twice with different results")
        if items[item.item] is not item:
            notes.add("some rows stand there twice; counted once")
        counts[variant, task] += 1
        if sample and len(items) > 2 * sample:
            _thin(items, sample)
    if not found:
        raise Refused("it has 0 rows under its header")
    for variant, tasks in found.items() if sample else ():
        for task, items in tasks.items():
            _thin(items, sample or 0)
            if len(items) < counts[variant, task]:
                notes.add(f"{task}: a sample of {len(items):,} of {counts[variant, task]:,} rows")
    return [_run(path, variant, tasks, protocols, quantization, notes, sample) for variant, tasks in found.items()]


def _thin(items: dict[str, ImportedItem], most: int) -> None:
    """Keep the items whose names have the smallest hashes: of another file with them, the same ones."""
    for extra in sorted(items, key=text_hash)[most:]:
        del items[extra]


def _run(
    path: Path,
    variant: tuple[str, str],
    tasks: Mapping[str, Mapping[str, ImportedItem]],
    protocols: Mapping[tuple[str, str, str], Mapping[str, str]],
    quantization: str | None,
    notes: Warnings,
    sample: int | None,
) -> ImportedRun:
    given, label = variant
    if not given:
        raise Refused("no column for the model; name it with --model")
    model, note = shown_model(given)
    said = [note] if note else []
    found = from_name(label) or from_name(given) if not label else None
    settled_label = settled(found, label or quantization, said)
    made = []
    for task, items in tasks.items():
        kept = tuple(items.values())
        scores = [item.score for item in kept]
        made.append(
            ImportedTask(
                task=task[:80],
                metric="score",
                score=sum(scores) / len(scores),
                interval=score_interval(scores),
                n=len(scores),
                protocol=dict(protocols[(*variant, task)]),
                items=lambda kept=kept: iter(kept),  # type: ignore[misc]
                limit=str(sample or ""),
            )
        )
    return ImportedRun(
        id=content_id([path], given, label, *([f"sample {sample}"] if sample else [])),
        tool="csv",
        tool_version="",
        files=(path.name,),
        model=model,
        quantization=settled_label,
        created=None,
        tasks=tuple(made),
        warnings=(*notes.all(), *said),
    )


def _item(at: Mapping[str, str], line: int, notes: Warnings) -> ImportedItem:
    if not at["item"]:
        raise Refused(f"line {line}: the item's name is empty")
    prompt = at.get("prompt", "")
    return texts(
        ImportedItem(
            item=at["item"][:200],
            score=_score(at["score"], line),
            prompt_hash=at.get("prompt_hash") or (text_hash(prompt) if prompt else ""),
            target_hash=at.get("target_hash") or (text_hash(at["expected"]) if at.get("expected") else ""),
            prompt=notes.clean(prompt),
            expected=notes.clean(at.get("expected", "")),
            output=notes.clean(at.get("output", "")),
        )
    )


def _score(text: str, line: int) -> float:
    if text.casefold() in WORDS:
        return WORDS[text.casefold()]
    try:
        value = float(text)
    except ValueError as error:
        raise Refused(f"line {line}: score is {text[:40]!r}; expected 0 to 1, or true and false") from error
    return fraction(value, f"line {line}: score")


def _places(header: Sequence[str]) -> dict[str, int]:
    """Field → column; the first spelling that occurs counts."""
    folded = [name.strip().casefold().replace(" ", "_").replace("-", "_") for name in header]
    if doubled := next((name for name in folded if name and folded.count(name) > 1), None):
        raise Refused(f"two columns are named {doubled!r}")
    every = {**COLUMNS, **PROTOCOL}
    spelled = {field: next((name for name in names if name in folded), "") for field, names in every.items()}
    return {field: folded.index(name) for field, name in spelled.items() if name}


def _rows(path: Path, most: int | None) -> Iterator[tuple[int, Sequence[str]]]:
    """Line and cells of every record, the header first; as many cells in each, and at most so many rows."""
    if path.stat().st_size > MOST_BYTES:
        raise Refused(f"{path.stat().st_size / 2**20:,.0f} MB; at most {MOST_BYTES // 2**20} MB are read")
    found = records(decoded(path.read_bytes()), "\t" if path.suffix == ".tsv" else ",")
    try:
        line, header = next(found, (1, []))
        if len(header) > MOST_COLUMNS:
            raise Refused(f"{len(header):,} columns; at most {MOST_COLUMNS} are read")
        if len(header) == 1 and ";" in header[0]:
            raise Refused("its columns are separated by semicolons; save it with commas")
        yield line, header
        for number, (line, cells) in enumerate(even(found, len(header)), start=1):
            if most is not None and number > most:
                raise Refused(
                    f"more than {most:,} rows; take a sample of items, the same ones of every file: --sample 10000"
                )
            yield line, cells
    except TableError as error:
        raise Refused(str(error)) from error
