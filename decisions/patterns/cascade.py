"""A cascade (ask the cheap stage, pass on what it is unsure of) or a router (ask one stage), judged and priced."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decisions.fields import BadInput, one_of
from decisions.limits import limit_checks
from decisions.options import Option
from decisions.patterns.curve import CurvePoint, curve
from decisions.patterns.plans import METHODS, PROMPT_LENGTH, Method, TaskPlan, pairs, plan
from decisions.patterns.results import ItemResults
from decisions.patterns.stages import ALL, ONE_CALL, Calls, Share, joined, stage_quote
from decisions.patterns.traffic import shares_of
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status, overall
from decisions.wording import listed, price
from evals.statistics.confidence import AGREEMENT
from evals.statistics.intervals import Interval
from pricing.catalogue import PriceBook
from pricing.quotes import Quote


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """The answer. ``alone`` are the quotes of both stages carrying everything by themselves; ``best_single`` is the
    cheapest single option that meets the SLA, None where none does. ``problems`` are one sentence each. ``calls`` are
    those of the first stage for an answer: more than one where its signal is agreement."""

    kind: str  # "cascade" or "router"
    first: Option
    second: Option
    method: Method
    plans: tuple[TaskPlan, ...]
    passed: Share
    score: float
    score_interval: Interval | None
    quote: Quote
    alone: tuple[Quote, Quote]
    checks: tuple[Check, ...]
    verdict: Status
    best_single: Option | None
    problems: tuple[str, ...]
    curve: tuple[CurvePoint, ...]
    calls: Calls = ONE_CALL

    @property
    def telling(self) -> TaskPlan | None:
        """The task on which the signal tells least, of those that pass anything on; None where nothing can be told."""
        passing = [one for one in self.plans if not one.never_passes] or self.plans
        known = [one for one in passing if one.why.auroc is not None]
        return min(known, key=lambda one: one.why.auroc or 0.0, default=None)

    @property
    def is_needed(self) -> bool:
        """False where the first stage alone keeps every line."""
        return self.passed.high > 0

    @property
    def saving_fraction(self) -> float | None:
        """What it saves against the best single option, below 0 where it costs more; None where either is unpriced."""
        other = self.best_single.quote.usd_per_month if self.best_single else None
        own = self.quote.usd_per_month
        return None if other is None or own is None else 1 - price(own.value) / price(other.value)


def cascade(
    scenario: Scenario,
    first: Option,
    second: Option,
    results: ItemResults,
    book: PriceBook,
    *,
    shares: Mapping[str, float] | None = None,
    signal: str = "",
    method: str = "guarantee",
    alpha: float = 0.05,
    best_single: Option | None = None,
    router: bool = False,
    drawn: bool = True,
) -> Cascade:
    """``first`` answers everything and passes on what it is unsure of; a router decides by the prompt's length instead.

    Each task of the traffic has a threshold of its own, chosen at ``alpha`` over the number of tasks, so all lines
    hold together. ``drawn=False`` leaves the curve out. Raises BadInput for items that allow no cascade, naming why.
    """
    if first.id == second.id:
        raise BadInput(f"both stages are {first.label}; choose another second stage")
    chosen: Method = one_of("method", method, METHODS, "cascade")  # type: ignore[assignment]
    traffic = shares_of(scenario, shares)
    found = pairs(scenario, first, second, results, traffic, PROMPT_LENGTH if router else signal)
    plans = tuple(
        plan(scenario, pair, used, traffic[pair.task], second.label, method=chosen, alpha=alpha / len(found))
        for pair, used in found
    )
    passed = _passed(plans)
    calls = _calls(first, plans, results)
    quote = joined(scenario, first, second, passed, book, router=router, calls=calls)
    alone = (_whole(scenario, first, book), _whole(scenario, second, book))
    checks = (*(check for one in plans for check in one.checks), *limit_checks(scenario.sla, quote))
    score, interval = _score(plans)
    return Cascade(
        kind="router" if router else "cascade",
        first=first,
        second=second,
        method=chosen,
        plans=plans,
        passed=passed,
        score=score,
        score_interval=interval,
        quote=quote,
        alone=alone,
        checks=checks,
        verdict=overall(checks),
        best_single=best_single,
        problems=_problems(first, second, plans, quote, alone),
        curve=curve(scenario, first, second, plans, book, router=router, calls=calls) if drawn else (),
        calls=calls,
    )


def opening_pair(options: Sequence[Option], choice: Option | None) -> tuple[str, str]:
    """The two stages to begin with: the chosen option (else the best scored) second, the cheapest other model first.

    Where nothing is cheaper than the chosen one, it goes first and the best scored other model second. Raises BadInput
    where fewer than two options were measured.
    """
    able = [o for o in options if o.measurements and o.quote.fits and o.quote.usd_per_month]
    if len(able) < 2:
        raise BadInput("a cascade needs two options with results and a price; measure a second variant")
    last = choice if choice in able else max(able, key=lambda o: (_mean(o), -_usd(o)))
    others = [o for o in able if o.model != last.model] or [o for o in able if o.id != last.id]
    cheaper = [o for o in others if price(_usd(o)) < price(_usd(last))]
    if cheaper:
        return min(cheaper, key=lambda o: (price(_usd(o)), -_mean(o))).id, last.id
    return last.id, max(others, key=lambda o: (_mean(o), -_usd(o))).id


def _mean(option: Option) -> float:
    return sum(m.score for m in option.measurements.values()) / len(option.measurements)


def _usd(option: Option) -> float:
    return option.quote.usd_per_month.value if option.quote.usd_per_month else math.inf


def _whole(scenario: Scenario, option: Option, book: PriceBook) -> Quote:
    return stage_quote(scenario, option, ALL.value, book, e2e_p95_s=scenario.sla.e2e_p95_s)


def _calls(first: Option, plans: Sequence[TaskPlan], results: ItemResults) -> Calls:
    """Agreement asks for further answers wherever something may be passed on; any other signal comes with the first."""
    asked = {
        one.task: results.calls(first.model, first.quantization, one.task)
        for one in plans
        if one.signal == AGREEMENT and not one.never_passes
    }
    each = [(one.share, asked.get(one.task, 1)) for one in plans]
    mean = sum(share * n for share, n in each) / sum(share for share, _ in each)
    return Calls(mean=mean, most=max(n for _, n in each))


def _passed(plans: Sequence[TaskPlan]) -> Share:
    """Over all traffic; independent items, so half-widths add as squares."""
    value = sum(one.share * one.fit.passed_fraction for one in plans)
    below = above = 0.0
    for one in plans:
        if interval := one.fit.passed_interval:
            below += (one.share * (one.fit.passed_fraction - interval.low)) ** 2
            above += (one.share * (interval.high - one.fit.passed_fraction)) ** 2
    value = min(1.0, max(0.0, value))
    if all(one.never_passes for one in plans):
        return Share(value=0.0, low=0.0, high=0.0)
    return Share(value=value, low=max(0.0, value - below**0.5), high=min(1.0, value + above**0.5))


def _score(plans: Sequence[TaskPlan]) -> tuple[float, Interval | None]:
    score = sum(one.share * one.fit.score for one in plans)
    intervals = [one.fit.score_interval for one in plans]
    if any(interval is None for interval in intervals):
        return score, None
    below = sum((p.share * (p.fit.score - i.low)) ** 2 for p, i in zip(plans, intervals, strict=True) if i) ** 0.5
    above = sum((p.share * (i.high - p.fit.score)) ** 2 for p, i in zip(plans, intervals, strict=True) if i) ** 0.5
    return score, Interval(score - below, score + above)


def _problems(
    first: Option, second: Option, plans: Sequence[TaskPlan], quote: Quote, alone: tuple[Quote, Quote]
) -> tuple[str, ...]:
    found = []
    for one in plans:
        told_by = "the prompt's length" if one.signal == PROMPT_LENGTH else f"{first.label}'s confidence"
        auroc = one.why.auroc_interval
        if auroc and auroc.low <= 0.5 and not one.never_passes:
            found.append(
                f"On {one.title}, {told_by} is not proven to tell {first.label}'s right answers from its wrong ones: "
                "passing on by lot may do as well. Choose another signal, or measure more items."
            )
    if alone_on := [one.title for one in plans if one.never_passes]:
        where = f"on {listed(alone_on)}" if len(alone_on) < len(plans) else "everywhere"
        found.append(f"{first.label} keeps the line alone {where}: {second.label} is not needed there.")
    weak, strong, both = (q.usd_per_month for q in (*alone, quote))
    needed = not all(one.never_passes for one in plans)
    if needed and strong and both and price(both.value) >= price(strong.value):
        found.append(
            f"It costs more than {second.label} alone: what {first.label} answers saves less than its own cards cost. "
            f"Use {second.label} alone, or a cheaper first stage."
        )
    if needed and weak and strong and price(weak.value) >= price(strong.value):
        found.append(f"{first.label} is no cheaper than {second.label}: turn the stages round or choose another first.")
    return tuple(found)
