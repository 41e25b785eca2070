"""Rows of a table as the items of a task."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from evals.tabular import Table
from evals.usertasks.scorers import as_number, split_steps
from evals.usertasks.spec import PLACE, TaskSpec, shortened
from evals.usertasks.tests_column import TestsError, parsed_tests

FEWSHOT_DELIMITER = "\n\n"
TARGET_DELIMITER = " "


@dataclass(frozen=True, kw_only=True)
class Items:
    """``items`` and ``shots`` as lm-eval reads them; ``lines`` of the file for each item; what was left out and why."""

    items: tuple[dict[str, Any], ...]
    shots: tuple[dict[str, Any], ...]
    lines: tuple[int, ...]
    empty_lines: tuple[int, ...]
    leaked_lines: tuple[int, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Of a classification, in order."""
        return tuple(self.items[0].get("labels", ()))


def made_items(table: Table, spec: TaskSpec) -> Items:
    """Items and worked examples. Rows without a question or an answer, or that repeat an example, are left out.

    Raises ValueError naming the line where an answer is not of the kind, and where nothing is left.
    """
    asked, wanted = table.column(spec.prompt_column), [cell.strip() for cell in table.column(spec.answer_column)]
    full = [at for at in range(len(table.rows)) if asked[at].strip() and wanted[at]]
    labels = sorted({wanted[at] for at in full})
    places = {name: at for at, name in enumerate(table.columns)}
    ids: Counter[str] = Counter()
    made = []
    for at in full:
        more = _of_kind(spec, wanted[at], labels, table.lines[at])
        prompt = _filled(spec.template, table.rows[at], places, ", ".join(labels), more.get("function", ""))
        made.append({"id": _id(prompt, wanted[at], ids), "prompt": prompt, "answer": wanted[at], **more})
    shown = _drawn(spec, [item["answer"] for item in made])
    repeated = {folded(made[at]["prompt"]) for at in shown}
    kept = [at for at in range(len(made)) if folded(made[at]["prompt"]) not in repeated]
    if not kept:
        raise ValueError(
            f"{len(table.rows)} rows, {spec.shots} of them worked examples, leave no item with both a question and an "
            "answer; add rows or take fewer examples"
        )
    return Items(
        items=tuple(made[at] for at in kept),
        shots=tuple(made[at] for at in shown),
        lines=tuple(table.lines[full[at]] for at in kept),
        empty_lines=tuple(sorted(set(table.lines) - {table.lines[at] for at in full})),
        leaked_lines=tuple(table.lines[full[at]] for at in range(len(made)) if at not in {*kept, *shown}),
    )


def whole_prompt(made: Items, item: dict[str, Any]) -> str:
    """The exact text a model reads before it answers: worked examples, then the question."""
    examples = "".join(f"{s['prompt']}{TARGET_DELIMITER}{s['answer']}{FEWSHOT_DELIMITER}" for s in made.shots)
    return examples + str(item["prompt"])


def folded(text: str) -> str:
    """For telling whether two questions are the same: case and spacing do not count."""
    return " ".join(text.casefold().split())


def _filled(template: str, row: tuple[str, ...], places: dict[str, int], labels: str, function: str) -> str:
    made = {"labels": labels, "function": function}
    return PLACE.sub(lambda found: row[places[found[1]]] if found[1] in places else made[found[1]], template)


def _of_kind(spec: TaskSpec, answer: str, labels: list[str], line: int) -> dict[str, Any]:
    """What the scorer needs beside question and answer."""
    if spec.kind == "classification":
        return {"labels": labels, "target": labels.index(answer)}
    if spec.kind == "math" and as_number(answer) is None:
        raise ValueError(
            f"line {line}: {spec.answer_column} is {shortened(answer)!r}, no number; correct it or choose short-answer"
        )
    if spec.kind == "steps":
        return {"steps": split_steps(answer)}
    if spec.kind == "code":
        try:
            tests = parsed_tests(answer)
        except TestsError as error:
            raise ValueError(f"line {line}: {spec.answer_column}: {error}") from error
        return {"function": tests.function, "inputs": repr(tests.inputs), "outputs": repr(tests.outputs)}
    return {}


def _drawn(spec: TaskSpec, answers: list[str]) -> list[int]:
    """Rows for the worked examples, with different answers as far as there are any."""
    order = list(range(len(answers)))
    Random(spec.seed).shuffle(order)
    times: Counter[str] = Counter()
    ranked = []
    for place, at in enumerate(order):
        times[answers[at]] += 1
        ranked.append((times[answers[at]], place, at))
    return [at for _, _, at in sorted(ranked)[: spec.shots]]


def _id(prompt: str, answer: str, seen: Counter[str]) -> str:
    name = hashlib.sha256(json.dumps([prompt, answer]).encode()).hexdigest()[:16]
    seen[name] += 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"
