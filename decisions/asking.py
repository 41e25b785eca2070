"""From names and files on a command line to a scenario and its decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from decisions.decision import decide
from decisions.evidence import ItemScores, item_scorer, scenario_measurements
from decisions.fields import BadInput
from decisions.imported import known_scenario
from decisions.inputs import load_sla, load_workload
from decisions.options import Decision
from decisions.scenarios import Scenario, load_scenario, scenario_from_inputs, with_sla
from decisions.view import DecisionView, decision_view
from decisions.view.chances import DRAWS, SEED
from evals.measurements import Measurement
from pricing import overrides
from pricing.catalogue import PriceBook, load_price_book

Evidence = tuple[Sequence[Measurement], PriceBook, ItemScores | None]


def asked(name: str, sla: Path | None = None, workload: Path | None = None, as_of: str | None = None) -> Scenario:
    """A scenario by name or file, with the SLA, workload and price date given instead of its own. Raises BadInput."""
    chosen = load_scenario(Path(name)) if name.endswith((".yaml", ".yml", ".json")) else known_scenario(name)
    if sla:
        lines = load_sla(sla)
        try:
            chosen = with_sla(chosen, lines)
        except BadInput as error:
            raise BadInput(f"{sla}: {error}") from error
    if workload:
        chosen = scenario_from_inputs(chosen, workload=load_workload(workload))
    if as_of:
        try:
            chosen = replace(chosen, as_of=date.fromisoformat(as_of))
        except ValueError as error:
            raise BadInput(f"--as-of is {as_of!r}; give a date like 2026-11-21") from error
    return chosen


def decided(chosen: Scenario) -> Decision:
    """The decision on what is known now."""
    return decide(chosen, *at_hand(chosen))


def at_hand(chosen: Scenario) -> Evidence:
    """What is known now: evidence, shipped prices with the user's own, and scores item by item."""
    book = load_price_book(overrides.read(), chosen.as_of)
    return scenario_measurements(chosen), book, item_scorer(chosen)


def viewed(chosen: Scenario, *, draws: int = DRAWS, seed: int = SEED) -> DecisionView:
    """The same decision with what would change it, how sure it is and the way back."""
    return decision_view(chosen, *at_hand(chosen), draws=draws, seed=seed)
