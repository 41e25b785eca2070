"""The whole report of a scenario on what is known now."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from decisions.asking import Evidence, at_hand
from decisions.cliff import cliff
from decisions.comparison import Comparison, compare_options
from decisions.fields import BadInput
from decisions.opening import opening_pair
from decisions.options import Decision
from decisions.patterns.asking import Question, ask, patterns_of
from decisions.patterns.results import stored_results
from decisions.patterns.summary import sentences
from decisions.report.findings import (
    ITEMS_SHOWN,
    cliff_part,
    comparison_part,
    figures,
    provenance,
)
from decisions.report.model import Report, build_report
from decisions.report.people import People
from decisions.scenarios import Scenario
from decisions.view import DecisionView, decision_view, view_to_dict
from evals.results import ItemText, item_texts
from evals.runs import runs
from pricing.catalogue import PriceBook


def whole_report(
    scenario: Scenario,
    *,
    evidence: Evidence | None = None,
    view: DecisionView | None = None,
    people: People | None = None,
    pair: tuple[str, str] | None = None,
    written: date | None = None,
) -> Report:
    """Decision, what would change it, cliff, a comparison with items, charts, provenance.

    ``evidence`` and ``view`` may be given where they were already made of the same scenario.
    ``pair`` are two option ids to compare, by default those that Compare opens on. Raises BadInput for an unknown one.
    """
    measurements, book, scores = evidence or at_hand(scenario)
    view = view or decision_view(scenario, measurements, book, scores)
    decided = view.decision
    rows = cliff(measurements, scores)
    compared = None
    if len(decided.options) > 1:
        first, second = pair or opening_pair(scenario, decided)
        compared = compare_options(scenario, decided, first, second, book=book, item_scores=scores)
    return build_report(
        scenario,
        decided,
        written=written,
        people=asdict(people) if people else {},
        view={name: part for name, part in view_to_dict(view).items() if name != "decision"},
        cliff=cliff_part(scenario, rows),
        comparison=comparison_part(compared, _answers(compared)),
        patterns=_patterns(scenario, decided, book),
        provenance=provenance(decided, measurements, _runs({m.run for m in measurements if m.run})),
        figures=figures(scenario, decided, rows) if decided.options else {},
    )


def _patterns(scenario: Scenario, decision: Decision, book: PriceBook) -> list[dict[str, str]]:
    """What each pattern says with its own defaults; one that cannot be worked out on this evidence is left out."""
    if not decision.options:
        return []
    found, results = [], stored_results(scenario)
    for name, title in patterns_of(scenario).items():
        try:
            said, _ = sentences(ask(scenario, decision, Question(pattern=name), results, book), scenario)
        except BadInput:
            continue
        found.append({"name": title, "sentence": said})
    return found


def _answers(compared: Comparison | None) -> dict[tuple[str, str], tuple[ItemText | None, ItemText | None]]:
    """What both options answered on the items that changed first."""
    found: dict[tuple[str, str], tuple[ItemText | None, ItemText | None]] = {}
    for flips in compared.flips if compared else ():
        wanted = [*flips.broken[:ITEMS_SHOWN], *flips.fixed[:ITEMS_SHOWN]]
        if not wanted or compared is None:
            continue
        ours, theirs = (
            item_texts(option.model, option.quantization, flips.task, wanted)
            for option in (compared.first, compared.second)
        )
        found |= {(flips.task, item): (ours.get(item), theirs.get(item)) for item in wanted}
    return found


def _runs(wanted: set[str]) -> dict[str, dict[str, Any]]:
    """What each run was made with: packages, seed."""
    if not wanted:
        return {}
    return {run.run: {**run.provenance, "seed": run.plan.get("seed")} for run in runs() if run.run in wanted}
