"""Which measurements a scenario may use: one benchmark, one kind of evidence, never mixed silently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from decisions.common_items import common_scorer, on_common_items
from decisions.same import Same, Told
from decisions.scenarios import Scenario
from decisions.served import is_served, served_candidates
from evals.measurements import Measurement, items_differ, restore_command

if TYPE_CHECKING:
    from evals.store import Store

Read = TypeVar("Read")
ItemScores = Callable[[str, str, str], Mapping[str, float]]  # (model, quantization, task) → item id → score
ITEMS, OWN, COMMON = "Items of your files", "all of each file", "only the common ones"  # the choice, as pages show it
FULL_PRECISION = re.compile(r"\b(fp32|f32|float32|bf16|bfloat16|fp16|f16|float16)\b", re.IGNORECASE)


def scenario_measurements(scenario: Scenario) -> tuple[Measurement, ...]:
    """The measurements of the scenario's candidates on its tasks, from its own kind of evidence.

    Local variants are kept to one protocol a task, the one most of them were scored under. API models keep the
    protocol their scores were published with, endpoints the one they can be asked by. The same tuple while nothing that
    it depends on changes.
    """
    asked = (scenario.evidence, scenario.tasks, scenario.models, scenario.sources, scenario.protocols, scenario.api)
    key = Told(repr((*asked, scenario.common_items)), scenario)
    return _selected(key, served_candidates(scenario), Same(EVERY[scenario.evidence]()))


@lru_cache(maxsize=32)
def _selected(
    scenario: Told[Scenario], served: frozenset[str], every: Same[Sequence[Measurement]]
) -> tuple[Measurement, ...]:
    found = select(scenario.value, every.value)
    return on_common_items(found, imported_item_scores) if _on_common(scenario.value) else found


def select(scenario: Scenario, every: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """``every`` narrowed to the scenario: its tasks, candidates, sources and one protocol a task."""
    local = [
        m
        for m in every
        if m.task in scenario.tasks
        and m.model in scenario.models
        and not is_served(m.model)
        and (not scenario.sources or m.origin != "published" or m.source in scenario.sources)
        and (not scenario.protocols or m.protocol in scenario.protocols)
    ]
    kept: dict[tuple[str, str, str], Measurement] = {}
    for task in scenario.tasks:
        here = [m for m in local if m.task == task]
        votes = Counter((m.protocol, m.metric) for m in here)
        usual = votes.most_common(1)[0][0] if votes else None
        for m in here:
            key = (m.model, m.quantization, m.task)
            if (m.protocol, m.metric) == usual and (key not in kept or (m.n_items or 0) > (kept[key].n_items or 0)):
                kept[key] = m
    names = {candidate.evidence for candidate in scenario.api} | served_candidates(scenario)
    rented = {(m.model, m.task): m for m in reversed(every) if m.model in names and m.task in scenario.tasks}
    return (*kept.values(), *rented.values())


def item_scores(model: str, quantization: str, task: str) -> Mapping[str, float]:
    """Item id → score of a variant measured here; empty where there are none. Finished cells are read once."""
    from evals.store import shared_store

    store = shared_store()
    run = _stored_runs(store, store.stamp()).get((model, quantization, task))
    return _stored_scores(store, run, model, quantization, task) if run else {}


def item_scorer(scenario: Scenario) -> ItemScores | None:
    """Where item scores of the scenario come from; None for published evidence, which has none."""
    if _on_common(scenario):
        return common_scorer(select(scenario, EVERY[scenario.evidence]()), imported_item_scores)
    scorers: Mapping[str, ItemScores] = {"measured": item_scores, "imported": imported_item_scores}
    return scorers.get(scenario.evidence)


def _on_common(scenario: Scenario) -> bool:
    return scenario.common_items and scenario.evidence == "imported"


def imported_item_scores(model: str, quantization: str, task: str) -> Mapping[str, float]:
    """Item id → score of the largest import of a variant; empty where it came without items."""
    from evals.store import shared_store

    store = shared_store()
    return _imported_scores(store, store.stamp(), model, quantization, task)


def every_measurement() -> tuple[Measurement, ...]:
    """All that is known, of every origin: measured here, imported, published."""
    return (*_measured(), *_imported(), *_published())


def baseline_of(measurement: Measurement, measurements: Sequence[Measurement]) -> Measurement | None:
    """The full-precision run of the same model under the same protocol, or what the source calls its baseline.

    An import with other items is the baseline only where none has the same: ``refusal`` then says why it is not used.
    """
    same = (measurement.model, measurement.task)
    peers = [m for m in measurements if (m.model, m.task) == same and comparable(m, measurement)]
    named = [m for m in peers if measurement.baseline and m.quantization.casefold() == measurement.baseline.casefold()]
    if named:
        return named[0]
    if measurement.baseline:  # the source names a run that is not among these: another one would be a guess
        return measurement if is_full_precision(measurement.quantization) else None
    full = [m for m in peers if is_full_precision(m.quantization)]
    return min(
        full,
        key=lambda m: (bool(items_differ(m, measurement)), m.bits_per_weight or 16.0, m.quantization),
        default=None,
    )


def is_full_precision(quantization: str) -> bool:
    """16 or 32 bits a weight by its name."""
    return bool(FULL_PRECISION.search(quantization.replace("_", " ")))


def comparable(first: Measurement, second: Measurement) -> bool:
    """Same task, metric, protocol and kind of evidence, from the same source."""
    return not differences(first, second)


def differences(first: Measurement, second: Measurement) -> tuple[str, ...]:
    """What keeps two measurements from being compared, named; empty if nothing does."""
    published = "published" in (first.origin, second.origin)
    return tuple(
        field
        for field in ("task", "metric", "protocol", "origin", "source")
        if (field != "source" or published) and getattr(first, field) != getattr(second, field)
    )


def refusal(first: Measurement, second: Measurement) -> str:
    """Why two measurements are not compared, with what to do where the user can; "" if nothing keeps them apart."""
    odd = differences(first, second)
    other = items_differ(first, second)
    return "; ".join(
        part
        for part in (
            f"another {' and '.join(odd)}" if odd else "",
            f"{other}; choose “{COMMON}” under “{ITEMS}” to compare those of all files" if other else "",
        )
        if part
    )


def paired_scores(
    first: Measurement, second: Measurement, scores: ItemScores | None
) -> tuple[list[str], list[float], list[float]] | None:
    """Ids and both scores of the items that two variants answered; None where fewer than two are common."""
    if scores is None or refusal(first, second):
        return None
    one = scores(first.model, first.quantization, first.task)
    two = scores(second.model, second.quantization, second.task)
    ids = [item for item in one if item in two]
    if len(ids) < 2:
        return None
    return ids, [one[item] for item in ids], [two[item] for item in ids]


def unless_archived(read: Callable[[], Read], otherwise: Read) -> Read:
    """What is read of items; ``otherwise`` where they are in an archive, which their measurement says."""
    from evals.store_errors import Archived

    try:
        return read()
    except Archived:
        return otherwise


def archived_words(measurements: Sequence[Measurement]) -> tuple[str, list[str]]:
    """How many scores have their items in archives, and the command for each file; "" and none where none has."""
    files = Counter(m.archived for m in measurements if m.archived)
    if not files:
        return "", []
    scores = "1 score" if files.total() == 1 else f"{files.total()} scores"
    said = f"The items of {scores} are archived: nothing is compared item by item there. Bring them back:"
    return said, [restore_command(file) for file in files]


def _published() -> Sequence[Measurement]:
    from evals.published import published_measurements

    return published_measurements()


def _measured() -> Sequence[Measurement]:
    from evals.store import shared_store

    store = shared_store()
    return _stored_measurements(store, store.stamp())


def _imported() -> Sequence[Measurement]:
    from evals.store import shared_store

    store = shared_store()
    return _imported_measurements(store, store.stamp())


EVERY: Mapping[str, Callable[[], Sequence[Measurement]]] = {
    "published": _published,
    "measured": _measured,
    "imported": _imported,
}


@lru_cache(maxsize=2)
def _imported_measurements(store: Store, stamp: object) -> Sequence[Measurement]:
    from evals.importing.measurements import imported_measurements

    return imported_measurements(store)


@lru_cache(maxsize=64)
def _imported_scores(store: Store, stamp: object, model: str, quantization: str, task: str) -> Mapping[str, float]:
    from evals.importing.measurements import imported_scores

    return unless_archived(lambda: imported_scores(model, quantization, task, store), {})


@lru_cache(maxsize=2)
def _stored_measurements(store: Store, stamp: object) -> Sequence[Measurement]:
    from evals.results import measured_measurements

    return measured_measurements(store)


@lru_cache(maxsize=2)
def _stored_runs(store: Store, stamp: object) -> Mapping[tuple[str, str, str], tuple[str, int | None]]:
    found = _stored_measurements(store, stamp)
    return {(m.model, m.quantization, m.task): (m.run, m.n_items) for m in found}


@lru_cache(maxsize=2000)
def _stored_scores(store: Store, run: object, model: str, quantization: str, task: str) -> Mapping[str, float]:
    from evals.results import item_scores as stored

    return unless_archived(lambda: stored(model, quantization, task, store), {})
