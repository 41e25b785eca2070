"""What would change our mind: the lines at which another option becomes the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from decisions.choosing import meeting, probability, unknowns
from decisions.options import Option
from decisions.quality import CHANGE
from decisions.scenarios import Scenario
from decisions.verdicts import Check, judge, overall
from decisions.wording import listed, money, percent, points, price


def would_change(choice: Option, options: Sequence[Option], scenario: Scenario) -> tuple[str, ...]:
    """One sentence each, read off the judged options: the runner-up, the accuracy line up and down, the budget.

    How far prices and workload may move is found in :mod:`decisions.view.flips`: there options are quoted anew.
    """
    sentences = [
        _cheaper_unproven(choice, options),
        _runner_up(choice, options),
        *_accuracy(choice, options, scenario),
        _budget(choice, options),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def cheaper_unproven(choice: Option, options: Sequence[Option]) -> list[Option]:
    """What costs less and could still meet: the likeliest first, then the cheapest, then the others by cost."""
    cost = choice.quote.usd_per_month
    open_ones = [
        o
        for o in options
        if o.verdict == "unproven"
        and o.measurements
        and cost
        and o.quote.usd_per_month
        and o.quote.usd_per_month.value < 0.995 * cost.value
    ]
    if not open_ones:
        return []
    likeliest = max(open_ones, key=lambda o: (-unknowns(o), probability(o)))
    return list({o.id: o for o in (likeliest, *open_ones)}.values())


def runner_up(choice: Option, options: Sequence[Option]) -> Option | None:
    """The next-cheapest that meets; the same machine at the same price tells nothing new."""
    cost = choice.quote.usd_per_month
    for other in meeting(options):
        theirs = other.quote.usd_per_month
        if other.id == choice.id or not theirs or not cost:
            continue
        if other.quote.label == choice.quote.label and theirs.value <= cost.value * 1.005:
            continue
        return other
    return None


def _cheaper_unproven(choice: Option, options: Sequence[Option]) -> str:
    open_ones = cheaper_unproven(choice, options)
    words = [
        f"{o.label} at {money(o.quote.usd_per_month.value)} a month "
        f"({listed([c.name for c in o.checks if c.status == 'unproven'])} open)"
        for o in open_ones[:2]
        if o.quote.usd_per_month
    ]
    others = len(open_ones) - len(words)
    more = [f"{others} other{'s' if others > 1 else ''}"] if others else []
    return f"Cheaper but unproven: {listed([*words, *more])}." if words else ""


def _runner_up(choice: Option, options: Sequence[Option]) -> str:
    other = runner_up(choice, options)
    if other is None or other.quote.usd_per_month is None:
        return "No dearer option is proven to meet."
    return f"Next cheapest that meets: {other.label} for about {money(other.quote.usd_per_month.value)} a month."


def _accuracy(choice: Option, options: Sequence[Option], scenario: Scenario) -> list[str]:
    lines = [c for c in choice.checks if c.unit == "fraction" and c.task == scenario.task and c.low is not None]
    if not lines:
        return []
    line = lines[0]
    sentences = []
    reach = {o.id: check.low for o in options if (check := _same(o, line)) and check.low is not None}
    cost = choice.quote.usd_per_month
    cheaper = [
        o
        for o in options
        if o.id in reach
        and cost
        and o.quote.usd_per_month
        and o.quote.usd_per_month.value < cost.value * 0.995
        and reach[o.id] < line.target
        and _meets_but(o, line)
    ]
    if cheaper:
        best = max(cheaper, key=lambda o: (reach[o.id], -(o.quote.usd_per_month.value if o.quote.usd_per_month else 0)))
        cost_text = money(best.quote.usd_per_month.value) if best.quote.usd_per_month else ""
        sentences.append(f"With {_reached(reach[best.id], line)}, {best.label} would do for {cost_text} a month.")
    edge = reach[choice.id]
    after = [o for o in options if o.id in reach and reach[o.id] > edge and _meets_but(o, line)]
    able = sorted(
        after, key=lambda o: (price(o.quote.usd_per_month.value) if o.quote.usd_per_month else math.inf, -reach[o.id])
    )
    if able and able[0].quote.usd_per_month:
        dearer = able[0].quote.usd_per_month.value
        sentences.append(
            f"{_beyond(edge, line)} it is no longer proven; the answer becomes {able[0].label} "
            f"for {money(dearer)} a month (proven to {_proven(reach[able[0].id], line)})."
        )
    else:
        sentences.append(f"{_beyond(edge, line)} nothing here is proven to meet.")
    return sentences


def _budget(choice: Option, options: Sequence[Option]) -> str:
    cost = choice.quote.usd_per_month
    if cost is None:
        return ""
    rivals = [o for o in meeting(options) if o.id != choice.id and o.quote.usd_per_month]
    lower = [o for o in rivals if o.quote.usd_per_month and o.quote.usd_per_month.high < cost.high * 0.995]
    if lower:
        other = min(lower, key=lambda o: o.quote.usd_per_month.high if o.quote.usd_per_month else 0.0)
        return f"Under {money(cost.high)} a month (top of its band), {other.label} is the safer answer."
    return f"With a budget under {money(cost.high)} a month (top of its band) nothing quoted here is proven to meet."


def _meets_but(option: Option, line: Check) -> bool:
    """Every check but the one about this line is met."""
    return overall(c for c in option.checks if not (c.name == line.name and c.task == line.task)) != "misses" and all(
        c.status == "meets" for c in option.checks if not (c.name == line.name and c.task == line.task)
    )


def _same(option: Option, line: Check) -> Check | None:
    return next((c for c in option.checks if c.name == line.name and c.task == line.task), None)


def _is_drop(line: Check) -> bool:
    return line.name.endswith(CHANGE)


def _reached(low: float, line: Check) -> str:
    if _is_drop(line):
        return f"{points(_down(low))} of drop allowed on {line.name.removesuffix(CHANGE)}"
    return f"{percent(_down(low))} as the line on {line.name}"


def _beyond(low: float, line: Check) -> str:
    return f"With less than {points(_down(low))} of drop allowed" if _is_drop(line) else f"Above {percent(_down(low))}"


def _proven(low: float, line: Check) -> str:
    return f"at most {points(_down(low))} of drop" if _is_drop(line) else percent(_down(low))


def _down(low: float) -> float:
    """A lower bound in thousandths, rounded down so that the claim stays true; a change from baseline is below zero."""
    value = math.floor(low * 1000 + 1e-9) / 1000
    assert judge("at least", value, low, low) == "meets"
    return value
