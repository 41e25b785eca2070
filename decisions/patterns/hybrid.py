"""One option per task: the mix that keeps every task's line for the least money, shared fleets counted once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from decisions.choosing import meeting
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.patterns.mix import Mix, cheapest_mix
from decisions.patterns.stages import stage_quote
from decisions.patterns.traffic import shares_of
from decisions.scenarios import Scenario
from decisions.sla import Sla
from decisions.verdicts import Check, Status, judge, overall
from decisions.wording import listed, price
from pricing.catalogue import PriceBook
from pricing.quotes import Band, Quote, per_query


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """An option with the tasks it serves, their share of the requests, and the quote of that load."""

    option: Option
    tasks: tuple[str, ...]
    share: float
    quote: Quote


@dataclass(frozen=True, kw_only=True)
class Hybrid:
    """``fleets`` are empty where some task has no option that is proven to keep its line; ``missing`` names those.

    ``best_single`` is the cheapest option that keeps every line alone.
    """

    fleets: tuple[Fleet, ...]
    missing: tuple[str, ...]
    usd_per_month: Band | None
    checks: tuple[Check, ...]
    verdict: Status
    best_single: Option | None
    problems: tuple[str, ...]

    @property
    def saving_fraction(self) -> float | None:
        """Against the best single option; None where there is none."""
        other = self.best_single.quote.usd_per_month if self.best_single else None
        if other is None or self.usd_per_month is None:
            return None
        return 1 - price(self.usd_per_month.value) / price(other.value)


def hybrid(
    scenario: Scenario, options: Sequence[Option], book: PriceBook, *, shares: Mapping[str, float] | None = None
) -> Hybrid:
    """The exact cheapest mix over the tasks that have traffic. Raises BadInput for shares that do not add to 1."""
    traffic = {task: share for task, share in shares_of(scenario, shares).items() if share > 0}
    by_id = {option.id: option for option in options}
    able = _able(scenario, options, tuple(traffic))
    quotes: dict[tuple[str, frozenset[str]], Quote] = {}

    def cost(option_id: str, tasks: frozenset[str]) -> float | None:
        share = round(math.fsum(traffic[task] for task in tasks), 12)
        quote = stage_quote(scenario, by_id[option_id], share, book, e2e_p95_s=scenario.sla.e2e_p95_s)
        quotes[option_id, tasks] = quote
        kept = all(check.status == "meets" for check in limit_checks(_without_money(scenario.sla), quote))
        return quote.usd_per_month.value if kept and quote.usd_per_month else None

    missing = tuple(scenario.tasks[task] for task in traffic if not any(task in tasks for tasks in able.values()))
    found = None if missing else cheapest_mix(tuple(traffic), able, cost)
    best = next(iter(meeting(options)), None)
    if found is None:
        return Hybrid(
            fleets=(),
            missing=missing,
            usd_per_month=None,
            checks=(),
            verdict="unproven" if any(o.verdict == "unproven" for o in options) else "misses",
            best_single=best,
            problems=(_why_none(missing),),
        )
    fleets = _fleets(found, by_id, traffic, quotes)
    return _judged(scenario, fleets, tuple(traffic), best)


def _able(scenario: Scenario, options: Sequence[Option], tasks: tuple[str, ...]) -> dict[str, list[str]]:
    """Option → tasks whose every line it is proven to keep; a task without a line takes any option measured on it."""
    able: dict[str, list[str]] = {}
    for task in tasks:
        line = task in scenario.sla.quality
        for option in options:
            proven = not line or overall(check for check in option.checks if check.task == task) == "meets"
            if proven and task in option.measurements:
                able.setdefault(option.id, []).append(task)
    return able


def _fleets(
    found: Mix,
    by_id: Mapping[str, Option],
    traffic: Mapping[str, float],
    quotes: Mapping[tuple[str, frozenset[str]], Quote],
) -> tuple[Fleet, ...]:
    fleets = [
        Fleet(
            option=by_id[name],
            tasks=tasks,
            share=sum(traffic[task] for task in tasks),
            quote=quotes[name, frozenset(tasks)],
        )
        for name, tasks in found.serves.items()
    ]
    return tuple(sorted(fleets, key=lambda fleet: -fleet.share))


def _judged(scenario: Scenario, fleets: tuple[Fleet, ...], tasks: tuple[str, ...], best: Option | None) -> Hybrid:
    bands = [fleet.quote.usd_per_month for fleet in fleets if fleet.quote.usd_per_month]
    month = Band(value=sum(b.value for b in bands), low=sum(b.low for b in bands), high=sum(b.high for b in bands))
    query = per_query(month, scenario.workload)
    whole = Quote(kind="hybrid", label="", fits=True, usd_per_month=month, usd_per_query=query)
    money = [check for check in limit_checks(scenario.sla, whole) if check.unit == "usd"]
    serving = {task: fleet for fleet in fleets for task in fleet.tasks}
    quality = [check for task in tasks for check in serving[task].option.checks if check.task == task]
    slowest = max((fleet.quote for fleet in fleets), key=lambda q: q.e2e_p95_s.value if q.e2e_p95_s else 0.0)
    seconds = [check for check in limit_checks(scenario.sla, slowest) if check.unit == "s"]
    checks = (*quality, *seconds, *money)
    problems = []
    if best and best.quote.usd_per_month and price(month.value) >= price(best.quote.usd_per_month.value):
        problems.append(f"{best.label} keeps every line alone and costs no more: a mix is not worth its upkeep.")
    for check in money:
        if judge("at most", check.target, check.low, check.high) == "misses":
            problems.append(f"Even the cheapest mix is over your {check.name}: raise it, or lower a line.")
    return Hybrid(
        fleets=fleets,
        missing=(),
        usd_per_month=month,
        checks=checks,
        verdict=overall(checks),
        best_single=best,
        problems=tuple(problems),
    )


def _without_money(sla: Sla) -> Sla:
    return replace(sla, usd_per_month=None, usd_per_query=None)


def _why_none(missing: tuple[str, ...]) -> str:
    if missing:
        return (
            f"No option here is proven to keep the line on {listed(list(missing))}: lower that line, measure more "
            "items or add a larger candidate."
        )
    return "No mix keeps the latency line at this load: relax it, or allow more cards a replica."
