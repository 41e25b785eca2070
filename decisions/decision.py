"""The cheapest option that meets the SLA, or an honest sentence why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from decisions import answers
from decisions.candidates import build_options
from decisions.changes import would_change
from decisions.choosing import cost_then_score, meeting, nearest
from decisions.evidence import ItemScores
from decisions.floors import floor_warning
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.wording import price
from evals.measurements import Measurement
from pricing.catalogue import PriceBook


def decide(
    scenario: Scenario, measurements: Sequence[Measurement], book: PriceBook, item_scores: ItemScores | None = None
) -> Decision:
    """Options judged against the SLA; ``item_scores`` makes comparisons against a baseline paired."""
    options = build_options(scenario, measurements, book, item_scores)
    found = meeting(options)
    choice = found[0] if found else None
    near = None if choice else nearest(options)
    today = next((o for o in options if o.is_status_quo), None)
    unmeasured = None if choice else _unmeasured(scenario, options, near)
    by_cost = min(unmeasured or (), key=cost_then_score, default=None)
    shown = choice or by_cost or near
    if choice:
        sentence = answers.meets(choice)
    elif near is None or unmeasured is not None:
        sentence = answers.nothing_measured(scenario, by_cost)
    else:
        sentence = _unmet(scenario, options, near)
    return Decision(
        status=status_of(options, choice),
        sentence=sentence,
        detail=" ".join(
            s for s in (answers.detail(shown, today, scenario), floor_warning(scenario, options, book)) if s
        ),
        choice=choice,
        nearest=near,
        status_quo=today,
        options=options,
        task=scenario.task,
        saving_usd_per_month=_saving(shown, today),
        by_cost=by_cost,
        would_change=would_change(choice, options, scenario) if choice else (),
    )


def status_of(options: Sequence[Option], choice: Option | None) -> Literal["meets", "none_meets", "unproven"]:
    """``none_meets`` only where every option misses."""
    if choice:
        return "meets"
    return "none_meets" if options and all(o.verdict == "misses" for o in options) else "unproven"


def _unmet(scenario: Scenario, options: Sequence[Option], near: Option) -> str:
    if not near.checks:
        return answers.no_lines(near if near.quote.usd_per_month else None)
    if near.verdict == "unproven":
        return answers.unproven(near)
    return answers.none_meets(near, scenario, options)


def _unmeasured(scenario: Scenario, options: Sequence[Option], near: Option | None) -> list[Option] | None:
    """What has a price and no score, where nothing that could be chosen was measured; None elsewhere."""
    if near and (not near.checks or not scenario.models or any(option.kind == "deployment" for option in options)):
        return None
    return [o for o in options if o.quote.usd_per_month and o.verdict != "misses" and not o.measurements]


def _saving(option: Option | None, today: Option | None) -> float | None:
    if not option or not today or not option.quote.usd_per_month or not today.quote.usd_per_month:
        return None
    now, then = today.quote.usd_per_month.value, option.quote.usd_per_month.value
    return 0.0 if price(now) == price(then) else now - then
