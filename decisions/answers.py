"""The sentence that answers, and the one that explains it."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.choosing import probability
from decisions.options import Option
from decisions.scenarios import Scenario
from decisions.verdicts import Check
from decisions.wording import (
    count,
    listed,
    money,
    money_band,
    percent,
    place,
    points,
    price,
    quantity,
    score,
    seconds_band,
)


def meets(option: Option) -> str:
    """``70B IQ4_XS on 1× A6000 48 GB, RunPod, meets your SLA for about $358 a month ($307–451).``"""
    return f"{option.label}{_where(option)} meets your SLA for about {_cost(option)}."


def unproven(option: Option) -> str:
    """Says what is likely, and what would settle it."""
    missing = [check for check in option.checks if check.status == "unproven"]
    unknown = [check for check in missing if check.low is None]
    at = f" for about {_cost(option)}" if option.quote.usd_per_month else ""
    if unknown:
        proven = [check for check in option.checks if check.status == "meets"]
        known = f" clears {listed([c.name for c in proven])}{at}" if proven else " comes nearest"
        words = listed([_missing(check) for check in unknown])
        return f"Nothing is proven yet. {option.label}{known}, but {words}."
    chance = probability(option)
    verb = "probably meets" if chance > 0.5 else f"may still meet (about {percent(chance, 0)} likely)"
    items = [check.items_to_settle for check in missing if check.items_to_settle]
    settle = f"; about {count(max(items))} more items would settle it" if items else ""
    open_lines = listed([f"{c.name} {quantity(c.seen, c.unit)}" for c in missing])
    return f"Nothing is proven yet. {option.label} {verb} your SLA{at}{settle}. Open: {open_lines}."


def none_meets(option: Option | None, scenario: Scenario, options: Sequence[Option]) -> str:
    """Names the nearest miss as one, by how much it misses, and what the quality would cost."""
    untold = sum(o.verdict == "unproven" for o in options)
    start = f"Nothing here {'is proven to meet' if untold else 'meets'} {ask(scenario)}."
    if untold:
        start += f" {untold} option{'s are' if untold > 1 else ' is'} unmeasured."
    if option is None:
        return start
    if not option.quote.fits:
        return f"{start} {option.label}: {option.quote.reason}"
    gaps = listed([_gap(check) for check in option.checks if check.status == "misses"])
    return f"{start} Nearest miss: {option.label}, {gaps}.{_way_there(option, options)}"


def nothing_measured(scenario: Scenario, cheapest: Option | None = None) -> str:
    """Before the first result; money is known before that."""
    where = {"measured": "on this machine ", "imported": "in your files "}.get(scenario.evidence, "")
    tasks = listed(list(scenario.tasks.values()))
    start = f"Nothing is measured {where}yet on {tasks}"
    if cheapest is None:
        return f"{start}; the answer appears with the first results."
    return f"{start}. By cost alone {cheapest.label}{_where(cheapest)} is the cheapest, about {_cost(cheapest)}."


def no_lines(option: Option | None) -> str:
    """When the SLA asks for nothing."""
    if option is None:
        return "Your SLA sets no line yet. Set an accuracy line to get an answer."
    return f"Your SLA sets no line yet. The cheapest option is {option.label} for about {_cost(option)}."


def ask(scenario: Scenario) -> str:
    """``MMLU 92 % within $2,000 a month``."""
    sla = scenario.sla
    words = []
    for task, line in sla.quality.items():
        if line.minimum is not None:
            words.append(f"{scenario.tasks[task]} {percent(line.minimum)}")
        if line.minimum_of_baseline is not None:
            words.append(f"{percent(line.minimum_of_baseline)} of baseline on {scenario.tasks[task]}")
        if line.max_drop_from_baseline is not None:
            words.append(f"{points(line.max_drop_from_baseline)} below baseline at most on {scenario.tasks[task]}")
    text = listed(words)
    for value, word in ((sla.e2e_p95_s, "p95"), (sla.ttft_p95_s, "first token p95"), (sla.tpot_p95_s, "a token p95")):
        if value is not None:
            text += f"{', ' if text else ''}{word} ≤ {quantity(value, 's')}"
    limits = [(sla.usd_per_month, "a month"), (sla.usd_per_query, "a query")]
    within = [f"{money(value)} {word}" for value, word in limits if value is not None]
    return f"{text} within {listed(within)}".strip() if within else text or "your SLA"


def detail(option: Option | None, status_quo: Option | None, scenario: Scenario) -> str:
    """Against today, then what was seen with its interval."""
    if option is None:
        return ""
    words = []
    today, cost = status_quo.quote.usd_per_month if status_quo else None, option.quote.usd_per_month
    if status_quo and option.id == status_quo.id:
        words.append("It is what you use today.")
    elif status_quo and today and cost:
        saved = price(today.value) - price(cost.value)
        gap = f"{money(abs(saved))} a month {'less' if saved > 0 else 'more'} than"
        words.append(f"That is {gap if saved else 'the same price as'} today's {status_quo.label}.")
    elif status_quo:
        words.append(f"Today's {status_quo.label} is unpriced, so no saving can be given.")
    seen = [
        f"{scenario.tasks[task]} {score(m.score, m.low, m.high)}"
        for task, m in option.measurements.items()
        if task in scenario.tasks
    ]
    if option.quote.e2e_p95_s:
        seen.append(f"p95 {seconds_band(option.quote.e2e_p95_s)}")
    if not scenario.sla.quality:
        seen.append("no accuracy line is set")
    return " ".join([*words, f"{', '.join(seen)}." if seen else ""]).strip()


def _where(option: Option) -> str:
    if option.kind != "deployment" or not option.quote.label:
        return ""
    where = f" on {place(option.quote)}"
    return f"{where}," if "," in where else where


def _cost(option: Option) -> str:
    band = option.quote.usd_per_month
    if band is None:
        return "an unknown price"
    value, _, rest = money_band(band).partition(" (")
    return f"{value} a month{f' ({rest}' if rest else ''}"


def _missing(check: Check) -> str:
    state = "is not known" if check.seen is None else f"{quantity(check.seen, check.unit)} is not proven"
    reason = check.reason.partition(";")[0]
    return f"{check.name} {state} ({reason})" if reason else f"{check.name} {state}"


def _gap(check: Check) -> str:
    if check.seen is None:
        return check.reason or f"{check.name} not known"
    if check.unit == "fraction":
        return f"{points(check.target - check.seen)} short on {check.name} ({percent(check.seen)})"
    return (
        f"{quantity(check.seen - check.target, check.unit)} over on {check.name} ({quantity(check.seen, check.unit)})"
    )


def _way_there(option: Option, options: Sequence[Option]) -> str:
    """The cheapest option that misses on money alone: what it would cost to get there."""
    able = [
        o
        for o in options
        if o.quote.usd_per_month
        and all(c.status == "meets" for c in o.checks if c.unit != "usd")
        and o.verdict == "misses"
    ]
    if not able:
        return " No option here is proven to get there at any price."
    best = min(able, key=lambda o: o.quote.usd_per_month.value if o.quote.usd_per_month else 0.0)
    if best.id == option.id:
        return ""
    return f" It would cost about {_cost(best)} to get there with {best.label}."
