"""lm-eval's samples, a line an item, read in one pass with flat memory."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.importing.imported import ImportedItem, Items, text_hash, texts
from evals.importing.refusal import Refused
from evals.importing.strict_json import Warnings, fraction, records

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}[-:]\d{2}[-:]\d{2}(?:\.\d+)?")  # in names of files


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What a samples file says of its task. ``task_hash`` is lm-eval's own, over all its rows."""

    metric: str
    filter: str
    scores: tuple[float, ...]
    task_hash: str
    items: Items


def samples_beside(path: Path, task: str, alone: bool) -> Path | None:
    """The samples file of a task: that with the results' own time in its name, or the only one where no time is."""
    folder, time = path.parent, TIME.search(path.name)
    if time:
        exact = [folder / f"samples_{task}_{time[0]}{end}" for end in (".jsonl", ".json")]
        if found := next((file for file in exact if file.is_file()), None):
            return found
    if not alone:
        return None
    plain = re.compile(rf"(?:samples_|.*_){re.escape(task)}(?:_{TIME.pattern})?\.jsonl")
    found_here = sorted(file for file in folder.iterdir() if file.is_file() and plain.fullmatch(file.name))
    return found_here[0] if len(found_here) == 1 and (not time or not TIME.search(found_here[0].name)) else None


def read_samples(
    file: Path | None,
    embedded: Sequence[Any] | None,
    *,
    task: str,
    wanted: Sequence[str],
    filters: Sequence[str],
    expected: int | None,
    notes: Warnings,
) -> Samples | None:
    """Check every row; None if no wanted metric stands in them. ``embedded`` are rows inside the results file.

    One filter is taken: the first of ``filters`` that occurs, or the first there is. Raises Refused.
    """
    where = file.name if file else f"samples: {task}"

    def rows(noted: Warnings, *, again: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
        if file is None:
            return enumerate((_object(row, where) for row in embedded or ()), start=1)
        return records(file, noted, again=again)

    digest = hashlib.sha256()
    hashed, metric, repeated = True, "", 0
    seen: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()
    scores: dict[str, list[float]] = {}
    try:
        for number, row in rows(notes):
            hashes = [row.get(name) for name in ("doc_hash", "prompt_hash", "target_hash")]
            hashed = hashed and all(isinstance(h, str) for h in hashes)
            if hashed:
                digest.update("".join(map(str, hashes)).encode(errors="replace"))
            metric = metric or _metric(row, wanted)
            if not metric:
                return None
            score = fraction(_present(row, metric, number), f"line {number}: {metric}")
            place, question = _place(row, number), _key(row)
            if place in seen:
                if seen[place] != question:
                    raise Refused(f"line {number}: doc_id {place[1]} stands there twice with different questions")
                repeated += 1
                continue
            seen[place] = question
            for text in (_prompt(row), _output(row), str(row.get("target", ""))):
                notes.clean(text)
            counts[place[0]] += 1
            scores.setdefault(place[0], []).append(score)
    except Refused as error:
        raise Refused(f"{where}: {error}") from error
    if not counts:
        raise Refused(f"{where}: no items in it")
    chosen = next((name for name in filters if name in counts), next(iter(counts)))
    if len(counts) > 1:
        others = ", ".join(name for name in counts if name != chosen)
        notes.add(f"{task}: scored by filter {chosen}; {others} left out")
    n = counts[chosen]
    if expected is not None and n != expected:
        raise Refused(f"{where}: {n} items, but its results file counts {expected}: the file is cut or not of this run")
    if repeated:
        notes.add(f"{task}: {repeated} items stand there twice with the same doc_id; counted once")
    questions = Counter(said for (filter_, _), said in seen.items() if filter_ == chosen)
    if doubles := sum(count - 1 for count in questions.values()):
        notes.add(f"{task}: {doubles} duplicate questions; each counts as often as it stands there")

    def items() -> Iterator[ImportedItem]:
        places: set[tuple[str, str]] = set()
        questions: Counter[str] = Counter()
        for number, row in rows(Warnings(), again=True):
            place = _place(row, number)
            if place[0] == chosen and place not in places:
                places.add(place)
                question = _key(row)
                questions[question] += 1
                key = question if questions[question] == 1 else f"{question}#{questions[question]}"
                yield _item(row, key, metric, number, Warnings())

    return Samples(
        metric=metric,
        filter=chosen,
        scores=tuple(scores[chosen]),
        task_hash=digest.hexdigest() if hashed else "",
        items=items,
    )


def doc_hash(doc: Any) -> str:
    """lm-eval's hash of an item."""
    return text_hash(json.dumps(doc, indent=2, ensure_ascii=False))


def _item(row: dict[str, Any], key: str, metric: str, number: int, notes: Warnings) -> ImportedItem:
    prompt, target = _prompt(row), str(row.get("target", ""))
    return texts(
        ImportedItem(
            item=key,
            score=fraction(_present(row, metric, number), metric),
            metrics=_numbers(row),
            prompt_hash=str(row.get("prompt_hash") or text_hash(prompt)),
            target_hash=str(row.get("target_hash") or text_hash(target)),
            prompt=notes.clean(prompt),
            expected=notes.clean(_expected(row, target)),
            output=notes.clean(_output(row)),
        )
    )


def _key(row: dict[str, Any]) -> str:
    return str(row.get("doc_hash") or doc_hash(row.get("doc")))


def _place(row: dict[str, Any], number: int) -> tuple[str, str]:
    """Filter and number of the item: what occurs once in a file."""
    return str(row.get("filter") or "none"), str(row.get("doc_id", number))


def _metric(row: dict[str, Any], wanted: Sequence[str]) -> str:
    """The first wanted metric that stands in the row as a number of its own."""
    listed = row.get("metrics")
    names = [*wanted, *(listed if isinstance(listed, list) and not wanted else ())]
    return next((m for m in names if isinstance(row.get(m), bool | int | float)), "")


def _present(row: dict[str, Any], metric: str, number: int) -> Any:
    if metric not in row:
        raise Refused(f"line {number} has no {metric}, the others have")
    return row[metric]


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """The metrics of a row that are plain numbers."""
    listed = row.get("metrics")
    names = listed if isinstance(listed, list) else [k for k in ("acc", "acc_norm", "exact_match", "f1") if k in row]
    values = {str(name): row.get(str(name)) for name in names}
    return {k: float(v) for k, v in values.items() if isinstance(v, bool | int | float) and math.isfinite(v)}


def _prompt(row: dict[str, Any]) -> str:
    """The first request's prompt: ``{"gen_args_0": {"arg_0": …}}`` now, ``[["…", …]]`` in older versions."""
    arguments = row.get("arguments")
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else arguments
    for _ in range(2):
        if isinstance(first, dict):
            first = first.get("arg_0")
        elif isinstance(first, list):
            first = first[0] if first else None
    return first if isinstance(first, str) else ""


def _choices(row: dict[str, Any]) -> list[str]:
    """The continuations of a multiple-choice item."""
    arguments = row.get("arguments")
    requests = list(arguments.values()) if isinstance(arguments, dict) else arguments
    if not isinstance(requests, list):
        return []
    second = [r.get("arg_1") if isinstance(r, dict) else r[1] if isinstance(r, list) and len(r) > 1 else None
              for r in requests]  # fmt: skip
    return [text.strip() for text in second if isinstance(text, str)]


def _expected(row: dict[str, Any], target: str) -> str:
    choices = _choices(row)
    at = int(target) if target.isdigit() and len(target) < 4 else -1
    return choices[at] if len(choices) > 1 and 0 <= at < len(choices) else target.strip()


def _output(row: dict[str, Any]) -> str:
    """What was answered: the generated text, or the choice with the highest log-likelihood (written as text)."""
    given = row.get("filtered_resps") or row.get("resps")
    if not isinstance(given, list) or not given:
        return ""
    choices = _choices(row)
    likelihoods = [_likelihood(one) for one in given]
    if len(choices) == len(given) > 1 and all(value is not None for value in likelihoods):
        return choices[likelihoods.index(max(value for value in likelihoods if value is not None))]
    first = given[0]
    while isinstance(first, list) and first:
        first = first[0]
    return str(first)


def _likelihood(response: Any) -> float | None:
    while isinstance(response, list) and len(response) == 1:
        response = response[0]
    if not isinstance(response, list) or len(response) != 2:
        return None
    try:
        return float(response[0])
    except (TypeError, ValueError):
        return None


def _object(row: Any, where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise Refused(f"{where}: a record is not an object")
    return row
