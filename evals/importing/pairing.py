"""Two runs by their ids, item by item: paired by the question, and only if it was asked and scored alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evals.comparisons import MARGIN, Sides, VariantComparison, adjusted_for_tasks, compared, together
from evals.importing.imported import PREFIX, text_hash
from evals.importing.keeping import imported_run, is_imported, item_facts
from evals.importing.lm_eval_samples import doc_hash
from evals.importing.measurements import imported_measurements
from evals.measurements import Measurement, items_differ
from evals.names import known
from evals.results import measured_measurements
from evals.store import Store, shared_store
from evals.tasks import items, task

UNSAID = ("", "none", "no")
SHOWN = 60  # characters of a setting in a message


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one item came out; hashes are "" where the file has none."""

    score: float
    output: str
    prompt_hash: str
    target_hash: str


@dataclass(frozen=True, kw_only=True)
class Side:
    """One task of one run. ``protocol`` are the settings that must agree."""

    measurement: Measurement
    protocol: Mapping[str, str]
    shape: str
    answers: Mapping[str, Answer]


def is_run(name: str, store: Store | None = None) -> bool:
    """Whether a name is the id of a run in the store."""
    return name.startswith(PREFIX) or (store or shared_store()).run(name) is not None


def compare_runs(
    first: str,
    second: str,
    task_name: str | None = None,
    store: Store | None = None,
    *,
    margin: float = MARGIN,
    common_items: bool = False,
) -> list[VariantComparison]:
    """Compare two runs on one task, or on all that both have; with several the last one is over all their items.

    Raises ValueError where they share no task, and where their settings differ, naming each that does. Two files
    that hold other items, such as by another limit, are compared only where ``common_items`` asks for those of both.
    """
    if not 0.0 <= margin <= 1.0:
        raise ValueError(f"margin is {margin}; give a fraction from 0 to 1, such as 0.02 for two points")
    store = store or shared_store()
    left, right = _tasks(first, store), _tasks(second, store)
    common = [name for name in left if name in right]
    if task_name is not None:
        common = [known("task of both runs", task_name, common)] if common else []
    if not common:
        raise ValueError(f"{first} has {_listed(left)}, {second} has {_listed(right)}: no task in common")
    asked = {name: differences(left[name], right[name]) for name in common}
    held = {name: "" if common_items else _other_items(left[name], right[name]) for name in common}
    differing = [
        f"{name}: {'; '.join(odd)}" for name in common if (odd := [part for part in (*asked[name], held[name]) if part])
    ]
    if differing:
        alike = ". Name a task that was run alike with --task" if len(differing) < len(common) else ""
        on_common = "" if any(asked.values()) else ". Compare the items that both hold with --common"
        raise ValueError(f"{first} and {second} cannot be compared on {' | '.join(differing)}{alike}{on_common}")
    sides = [_sides(name, left[name], right[name]) for name in common]
    one, two = (next(iter(tasks.values())).measurement for tasks in (left, right))
    found = adjusted_for_tasks([_noted(compared(s, one, two, margin), left[s.task], right[s.task]) for s in sides])
    return found if len(found) == 1 else [*found, compared(together(sides), one, two, margin)]


def differences(first: Side, second: Side) -> list[str]:
    """What keeps two sides from being paired, each with both values; empty if nothing does."""
    found = []
    for name in dict.fromkeys([*first.protocol, *second.protocol]):
        one, two = first.protocol.get(name, ""), second.protocol.get(name, "")
        if one != two and not (one in UNSAID and two in UNSAID):
            found.append(f"{name} differs ({_short(one)} against {_short(two)})")
    for side in (first, second):
        if not side.answers:
            found.append(f"{side.measurement.run} is a summary only: no items to pair")
    if not first.answers or not second.answers:
        return found
    common = first.answers.keys() & second.answers.keys()
    if not common:
        return [*found, "no item in common (other questions, or another version of the data)"]
    for name, word in (("prompt_hash", "prompt"), ("target_hash", "expected answer")):
        pairs = [(getattr(first.answers[i], name), getattr(second.answers[i], name)) for i in common]
        if other := sum(bool(a and b and a != b) for a, b in pairs):
            hashes = next((a, b) for a, b in pairs if a and b and a != b)
            found.append(
                f"{word} differs on {other:,} of {len(common):,} common items ({name} {hashes[0][:8]} against "
                f"{hashes[1][:8]})"
            )
    return found


def _other_items(first: Side, second: Side) -> str:
    """How the items of two files differ, and how many both hold; "" where they do not or one run was made here."""
    if not first.measurement.origin == second.measurement.origin == "imported":
        return ""
    said = items_differ(first.measurement, second.measurement)
    both = len(first.answers.keys() & second.answers.keys())
    only = len(first.answers) - both, len(second.answers) - both
    if both and any(only):
        said = said or f"items differ ({only[0]:,} only in the first, {only[1]:,} only in the second)"
        return f"{said}, {both:,} in common"
    return said


def _tasks(run: str, store: Store) -> dict[str, Side]:
    row = store.run(run)
    if row is None:
        raise ValueError(f"no run {run!r}; `python -m evals imports` and `python -m evals status` list them")
    return _imported(run, store) if is_imported(row) else _measured(run, store)


def _imported(run: str, store: Store) -> dict[str, Side]:
    kept = imported_run(run, store)
    if kept is None or not kept.tasks:
        raise ValueError(f"{run} holds speeds and no scores; there is nothing to pair")
    by_task = {m.task: m for m in imported_measurements(store) if m.run == run}
    return {
        each.task: Side(
            measurement=by_task[each.task],
            protocol=each.protocol,
            shape=each.shape,
            answers={row["item"]: _answer(row, item_facts(row)) for row in store.items(each.cell_key)},
        )
        for each in kept.tasks
    }


def _answer(row: Mapping[str, Any], facts: Mapping[str, Any]) -> Answer:
    return Answer(
        score=row["score"],
        output=row["output"],
        prompt_hash=facts["prompt_hash"],
        target_hash=facts["target_hash"],
    )


def _measured(run: str, store: Store) -> dict[str, Side]:
    """A run measured here, as lm-eval would have written it: items by the hash of their document."""
    mine = [m for m in measured_measurements(store) if m.run == run]
    variants = {m.variant for m in mine}
    if len(variants) != 1:
        many = ", ".join(sorted(v.replace(" ", "") for v in variants)) or "no finished cell"
        raise ValueError(f"{run} holds {many}; a run to compare by its id holds one variant: name MODEL@QUANTIZATION")
    cells = {cell["task"]: cell for cell in store.cells(run)}
    return {m.task: _measured_side(m, cells[m.task]["cell_key"], store) for m in mine}


def _measured_side(measured: Measurement, cell_key: str, store: Store) -> Side:
    what = task(measured.task)
    asked = {item["id"]: item for item in items(what.config["metadata"]["items"])}
    settings = what.config.get("generation_kwargs")
    answers = {}
    for row in store.items(cell_key):
        item = asked.get(row["item"])
        if item is not None:
            answers[doc_hash(item)] = Answer(
                score=row["score"],
                output=row["output"],
                prompt_hash=text_hash(item["prompt"]),
                target_hash="" if what.output_type == "multiple_choice" else text_hash(item["answer"]),
            )
    return Side(
        measurement=measured,
        protocol={
            "task version": what.version,
            "metric": what.metric,
            "filter": "none",
            "shots": str(what.config.get("num_fewshot", 0)),
            "generation settings": json.dumps(settings, sort_keys=True) if settings else "",
        },
        shape="",
        answers=answers,
    )


def _sides(name: str, left: Side, right: Side) -> Sides:
    common = sorted(left.answers.keys() & right.answers.keys())
    return Sides(
        task=name,
        before=[left.answers[item].score for item in common],
        after=[right.answers[item].score for item in common],
        answers=[(left.answers[item].output, right.answers[item].output) for item in common],
        only_first=len(left.answers) - len(common),
        only_second=len(right.answers) - len(common),
        noise=None,
    )


def _noted(found: VariantComparison, left: Side, right: Side) -> VariantComparison:
    """The comparison with its task's group as it was imported, and a word where only a part was compared."""
    left_out = found.only_first_items + found.only_second_items
    differing = items_differ(left.measurement, right.measurement)
    note = f"only the {found.n:,} common items are compared" if left_out or differing else ""
    note = f"{differing}: {note}" if differing else note
    group = left.measurement.task_group or right.measurement.task_group
    return replace(found, task_group=group, reason="; ".join(part for part in (found.reason, note) if part))


def _short(text: str) -> str:
    return (text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…") or "not stated"


def _listed(tasks: Mapping[str, Any] | Sequence[str]) -> str:
    names = list(tasks)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
