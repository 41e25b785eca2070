"""A cascade without answers item by item: between what perfect knowledge and what lot would pass on.

With right answers a₁ and a₂ of the two stages and the line L, a₁ < L: every item passed on adds at most one right
answer, so at least L − a₁ must be passed on. Passing on by lot mixes the scores, so (L − a₁) / (a₂ − a₁) is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from decisions.fields import BadInput
from decisions.options import Option
from decisions.patterns.stages import Share, joined
from decisions.scenarios import Scenario
from decisions.wording import listed, money, percent, price, seconds_band
from pricing.catalogue import PriceBook
from pricing.quotes import Quote

NO_ITEMS = (
    "a cascade is worked out from answers to the same items, one by one; published scores have none. "
    "Measure both stages here, or choose a scenario measured here"
)


@dataclass(frozen=True, kw_only=True)
class End:
    """One end: the share of requests passed on, and both stages quoted for it."""

    name: str
    passed_fraction: float
    quote: Quote


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """``ends`` are perfect knowledge and lot, the latter missing where the second stage's own score is too low; both
    where the first stage's own is over the line."""

    first: Option
    second: Option
    task: str
    title: str
    line: float
    ends: tuple[End, ...]
    problems: tuple[str, ...]


def can_bracket(scenario: Scenario) -> bool:
    """Whether two scores say as much: one task with an absolute line."""
    line = scenario.sla.quality.get(scenario.task)
    return len(scenario.tasks) == 1 and line is not None and line.minimum is not None


def bracket(scenario: Scenario, first: Option, second: Option, book: PriceBook) -> Bracket:
    """Both ends on the scenario's one task. Raises BadInput where scores and lines do not say as much."""
    task = scenario.task
    weak, strong = first.measurements.get(task), second.measurements.get(task)
    line = scenario.sla.quality.get(task)
    if not can_bracket(scenario) or line is None or line.minimum is None or weak is None or strong is None:
        raise BadInput(NO_ITEMS)
    if first.id == second.id:
        raise BadInput(f"both stages are {first.label}; choose another second stage")
    short = line.minimum - weak.score
    found = [("perfect knowledge of which answers are wrong", short)] if short > 0 else []
    if short > 0 and strong.score > line.minimum:
        found.append(("passing on by lot", short / (strong.score - weak.score)))
    ends = tuple(
        End(
            name=name,
            passed_fraction=part,
            quote=joined(scenario, first, second, Share(value=part, low=part, high=part), book),
        )
        for name, part in found
    )
    return Bracket(
        first=first,
        second=second,
        task=task,
        title=scenario.tasks[task],
        line=line.minimum,
        ends=ends,
        problems=_problems(second, ends),
    )


def bracket_sentences(found: Bracket) -> tuple[str, str]:
    """(what it would cost against the second stage alone, what is not known)."""
    if not found.ends:
        seen = percent(found.first.measurements[found.task].score)
        told = f"{found.first.label} scores {seen} on {found.title} alone, over your line of {percent(found.line)}"
        return f"{told}: nothing needs a second stage.", ""
    name = f"A cascade of {found.first.label} then {found.second.label}"
    bills = [end.quote.usd_per_month for end in found.ends]
    alone = found.second.quote.usd_per_month
    if any(bill is None for bill in bills) or alone is None:
        return f"{name} cannot be priced.", listed([end.quote.reason for end in found.ends if end.quote.reason])
    usd = [money(bill.value) for bill in bills if bill]
    cost = f"between {usd[0]} and {usd[1]}" if len(set(usd)) > 1 else usd[0]
    sentence = f"{name} would cost {cost} a month; {found.second.label} alone costs {money(alone.value)}."
    shares = " to ".join(percent(end.passed_fraction, 0) for end in found.ends)
    detail = (
        f"It must pass on {shares} of the requests to reach {percent(found.line)} on {found.title}: the low end if it "
        "knew which answers are wrong"
    )
    detail += ", the high end by lot. " if len(found.ends) > 1 else "; by lot it would not get there. "
    detail += "Published scores have no answers item by item, so where between them it would land is not known: "
    return sentence, detail + "measure both on the same items."


def bracket_plain(found: Bracket) -> dict[str, Any]:
    """For JSON and the table."""
    return {
        "pattern": "cascade",
        "verdict": "unproven",
        "first": found.first.id,
        "second": found.second.id,
        "ends": [
            {
                "name": end.name,
                "passed_fraction": end.passed_fraction,
                "served_on": end.quote.label,
                "usd_per_month": end.quote.usd_per_month.value if end.quote.usd_per_month else None,
                "e2e_p95_s": end.quote.e2e_p95_s.value if end.quote.e2e_p95_s else None,
            }
            for end in found.ends
        ],
        "problems": list(found.problems),
    }


def bracket_rows(found: Bracket) -> list[dict[str, str]]:
    """Both ends beside the stages alone, in words."""
    rows = [(end.name[:1].upper() + end.name[1:], percent(end.passed_fraction, 0), end.quote) for end in found.ends]
    rows += [(f"{one.label} alone", "", one.quote) for one in (found.first, found.second)]
    return [
        {
            "What": name,
            "Passed on": share,
            "Served on": quote.label,
            "Monthly cost": money(quote.usd_per_month.value if quote.usd_per_month else None),
            "p95 latency": seconds_band(quote.e2e_p95_s),
        }
        for name, share, quote in rows
    ]


def _problems(second: Option, ends: tuple[End, ...]) -> tuple[str, ...]:
    alone = second.quote.usd_per_month
    best = ends[0].quote.usd_per_month if ends else None
    if alone and best and price(best.value) >= price(alone.value):
        return (f"Even at its best it costs no less than {second.label} alone: a cascade does not pay here.",)
    return ()
