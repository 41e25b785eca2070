"""Where item results of the patterns come from: scores, confidences and prompt lengths of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from decisions.evidence import ItemScores, item_scorer, unless_archived
from decisions.fields import BadInput
from decisions.options import Option
from decisions.scenarios import Scenario
from evals.measurements import archived_note

# (model, quantization, task) → item → signal → value
Confidences = Callable[[str, str, str], Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, kw_only=True)
class ItemResults:
    """``prompt_lengths`` gives the characters of each item's prompt by task: known before anything is answered.

    ``calls`` are the requests that one answer took with the draws its agreement was told from, 1 without any.
    """

    scores: ItemScores
    confidences: Confidences
    prompt_lengths: Callable[[str], Mapping[str, float]]
    calls: Callable[[str, str, str], int] = lambda model, quantization, task: 1

    def of(self, option: Option, task: str) -> Mapping[str, float]:
        """Item scores of an option. Raises BadInput where it has none, with what to do."""
        measured = option.measurements.get(task)
        found = self.scores(measured.model, measured.quantization, task) if measured else {}
        if measured and measured.archived:
            raise BadInput(f"{option.label} on {task}: {archived_note(measured.archived)}")
        if not found:
            raise BadInput(
                f"{option.label} has no item-by-item results on {task}: a cascade is worked out from answers to the "
                "same items. Measure it here, or import its per-item results"
            )
        return found


def stored_results(scenario: Scenario) -> ItemResults | None:
    """Results measured on this machine or imported; None for evidence that has scores only."""
    scores = item_scorer(scenario)
    if scores is None:
        return None
    return ItemResults(
        scores=scores, confidences=_stored_confidences, prompt_lengths=_prompt_lengths, calls=_stored_calls
    )


def _stored_confidences(model: str, quantization: str, task: str) -> Mapping[str, Mapping[str, float]]:
    from evals.results import item_confidences

    return unless_archived(lambda: item_confidences(model, quantization, task), {})


def _stored_calls(model: str, quantization: str, task: str) -> int:
    from evals.results import item_calls

    return unless_archived(lambda: item_calls(model, quantization, task), 1)


def _prompt_lengths(name: str) -> Mapping[str, float]:
    from evals.tasks import items, task

    return {item["id"]: float(len(item["prompt"])) for item in items(task(name).config["metadata"]["items"])}
