"""One call a pattern, for the page and the command line: from a scenario and its decision to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from decisions.choosing import meeting
from decisions.fields import BadInput, one_of
from decisions.options import Decision, Option
from decisions.patterns.bracket import NO_ITEMS, Bracket, bracket, can_bracket
from decisions.patterns.cascade import Cascade, cascade, opening_pair
from decisions.patterns.edge import Edge, Fleet, edge
from decisions.patterns.examples import CheckedClaim, checked_claims
from decisions.patterns.hybrid import Hybrid, hybrid
from decisions.patterns.items import SIGNALS
from decisions.patterns.precision import DynamicPrecision, dynamic_precision
from decisions.patterns.results import ItemResults
from decisions.scenarios import Scenario
from decisions.verdicts import overall
from evals.statistics.confidence import AGREEMENT
from pricing.catalogue import PriceBook

PATTERNS = {
    "cascade": "Cascade of two models",
    "router": "Router by prompt length",
    "hybrid": "Mix: one model per task",
    "dynamic": "Two precisions of one model",
    "edge": "On devices people own",
    "example": "The worked example",
}
DEFAULT_DEVICES = ("iphone-15-pro", "galaxy-s23", "browser-laptop", "raspberry-pi-5", "laptop-m3", "mac-studio-m4-max")
DEFAULT_USERS = 10_000.0
Answer = Cascade | Bracket | Hybrid | DynamicPrecision | Edge | tuple[CheckedClaim, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to work out; "" and None leave the choice to us. ``first`` and ``second`` are option ids: the stages, or
    the variant on the device and what the cloud answers with."""

    pattern: str
    first: str = ""
    second: str = ""
    signal: str = ""
    method: str = "guarantee"
    shares: Mapping[str, float] = field(default_factory=dict)
    fleet: Fleet | None = None


def patterns_of(scenario: Scenario) -> dict[str, str]:
    """The patterns that make sense here, the one to open with first."""
    names = [name for name in PATTERNS if name != "example" or scenario.claims]
    if len(scenario.tasks) < 2:
        names.remove("hybrid")
    workable = scenario.evidence == "measured" or can_bracket(scenario)
    opening = "example" if scenario.claims else "cascade" if workable else "edge"
    return {name: PATTERNS[name] for name in sorted(names, key=lambda name: name != opening)}


def stages_of(scenario: Scenario, decision: Decision, pattern: str) -> tuple[dict[str, str], dict[str, str], str, str]:
    """(choices for the first, for the second, default first, default second) as option id → title."""
    titles = {o.id: f"{o.label}, {o.quote.label}" if o.quote.label else o.label for o in decision.options}
    local = {o.id: titles[o.id] for o in decision.options if o.kind == "deployment"}
    if not local:
        raise BadInput("there is no variant with results here yet; measure one on the Run page")
    if pattern == "edge":
        cloud = {"": "nothing: unanswered"} | titles
        smallest = min(local, key=lambda name: _for_a_device(_option(decision, name)))
        best = decision.choice.id if decision.choice else next(iter(titles))
        return local, cloud, smallest, best
    if pattern == "dynamic":
        low, high = _precisions(scenario, decision)
        return local, local, low, high
    first, second = opening_pair(decision.options, decision.choice)
    return titles, titles, first, second


def signals_of(decision: Decision, first: str, results: ItemResults | None) -> dict[str, str]:
    """Signals to choose from for the option ``first``, as name → title; agreement only where it was drawn."""
    one = _option(decision, first)
    drawn = results is not None and any(
        AGREEMENT in values
        for m in one.measurements.values()
        for values in results.confidences(m.model, m.quantization, m.task).values()
    )
    return {name: title for name, title in SIGNALS.items() if name != AGREEMENT or drawn}


def ask(
    scenario: Scenario, decision: Decision, question: Question, results: ItemResults | None, book: PriceBook
) -> Answer:
    """The answer to ``question``. Raises BadInput, saying what to do, where it cannot be worked out."""
    pattern = one_of("pattern", question.pattern, patterns_of(scenario), f"scenario {scenario.id}")
    if pattern == "example":
        return checked_claims(scenario, book)
    if pattern == "hybrid":
        return hybrid(scenario, decision.options, book, shares=question.shares)
    _, _, first, second = stages_of(scenario, decision, pattern)
    one = _option(decision, question.first or first)
    if pattern == "edge":
        cloud = question.second if question.fleet else question.second or second
        fleet = question.fleet or usual_fleet()
        return edge(scenario, one, fleet, book, fallback=_option(decision, cloud) if cloud else None)
    if results is None:
        if pattern != "cascade":
            raise BadInput(NO_ITEMS)
        return bracket(scenario, one, _option(decision, question.second or second), book)
    two = _option(decision, question.second or second)
    best = next(iter(meeting(decision.options)), None)
    common: dict[str, Any] = {"shares": question.shares, "method": question.method, "best_single": best}
    if pattern == "dynamic":
        return dynamic_precision(scenario, one, two, results, book, signal=question.signal, **common)
    router = pattern == "router"
    return cascade(
        scenario, one, two, results, book, signal="" if router else question.signal, router=router, **common
    )


def usual_fleet() -> Fleet:
    """Ten thousand users over the usual devices in equal shares: a place to begin."""
    return Fleet(devices=DEFAULT_USERS, mix=dict.fromkeys(DEFAULT_DEVICES, 1 / len(DEFAULT_DEVICES)))


def _option(decision: Decision, name: str) -> Option:
    by_id = {option.id: option for option in decision.options}
    return by_id[one_of("option", name, by_id, "patterns")]


def _precisions(scenario: Scenario, decision: Decision) -> tuple[str, str]:
    """The fewest and the most bits of the model used today, else of the one with most precisions measured."""
    by_model: dict[str, list[Option]] = {}
    for option in decision.options:
        if option.kind == "deployment" and option.measurements and option.quote.usd_per_month:
            by_model.setdefault(option.model, []).append(option)
    able = {model: found for model, found in by_model.items() if len(found) > 1}
    if not able:
        raise BadInput("no model has two precisions with results here; measure a second one on the Run page")
    today = scenario.status_quo.partition("@")[0]
    found = able.get(today) or max(able.values(), key=len)
    return min(found, key=_size).id, max(found, key=_size).id


def _size(option: Option) -> float:
    return option.weight_bytes or option.bits_per_weight or 0.0


def _for_a_device(option: Option) -> tuple[int, float, str]:
    """The smallest that keeps every accuracy line goes first."""
    quality = [check for check in option.checks if check.task]
    rank = {"meets": 0, "unproven": 1, "misses": 2}[overall(quality)] if quality else 1
    return rank, _size(option), option.id
