"""The tornado: each input over its range, with the present answer's bill and the decision made anew at both ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from decisions.limits import limit_checks
from decisions.options import Option
from decisions.scenarios import Scenario
from decisions.verdicts import Check, judge, overall
from decisions.view.knobs import Basis, Knob
from decisions.view.numbers import amount
from decisions.view.outcomes import outcome, redecided, still_right
from decisions.view.values import Outcome, Swing
from decisions.wording import money, percent
from pricing.quotes import Band
from pricing.repricing import asked_per_card

# What an estimate made before launch may be off by. Our defaults: replace them by what was measured.
HALF_TO_DOUBLE = (0.5, 2.0)
QUARTER = (0.75, 1.25)
FIFTH = (0.8, 1.2)
RANGES = {
    "volume": (HALF_TO_DOUBLE, "half to double: our default before a forecast is known"),
    "prompt_tokens": (QUARTER, "± 25 %: our default before prompts are counted"),
    "output_tokens": (QUARTER, "± 25 %: our default before answers are counted"),
    "peak_to_mean": (HALF_TO_DOUBLE, "what exceeds the mean halved to doubled: our default before traffic is measured"),
    "api_price": (FIFTH, "± 20 %: our default, API prices change without notice"),
}


@dataclass(frozen=True, kw_only=True)
class End:
    """One end of a bar: what the present answer would cost there, and the options judged there."""

    answer_usd: float | None
    options: tuple[Option, ...]


def swings(basis: Basis, knobs: Sequence[Knob], options: Sequence[Option], answer: Option) -> tuple[Swing, ...]:
    """One bar an input, the one that moves the most money first. ``answer`` is what the sentence is about."""
    found = []
    for knob in knobs:
        reach = _reach(basis, knob, answer)
        if reach:
            low, high, origin = reach
            ends = [_turned(knob, value, options, answer) for value in (low, high)]
            known = {"input": knob.input, "label": knob.label, "unit": knob.unit, "now": knob.now}
            text = f"{amount(low, knob.unit)}–{amount(high, knob.unit).removeprefix('$')}"
            more = {"low_input": low, "high_input": high, "range_text": text, "origin": origin}
            found.append(_bar(known | more, ends, options, answer))
    found += [bar for bar in (_speed(basis.scenario, options, answer), _accuracy(options, answer)) if bar]
    now = answer.quote.usd_per_month.value if answer.quote.usd_per_month else 0.0
    return tuple(sorted(found, key=lambda bar: -_width(bar, now)))


def _reach(basis: Basis, knob: Knob, answer: Option) -> tuple[float, float, str] | None:
    """(low, high, where the range comes from) of an input that nobody decides; None for the others."""
    if knob.input == "gpu_price":
        quote, scenario = answer.quote, basis.scenario
        asked = asked_per_card(
            basis.book, quote.accelerator, quote.count, quote.tier or scenario.tier, scenario.provider_classes
        )
        if len(asked) < 2:
            return None
        origin = f"what {len(asked)} providers ask for it ({' and '.join(scenario.provider_classes)}, {quote.tier})"
        return min(asked.values()), max(asked.values()), origin
    if knob.input not in RANGES:
        return None
    (low, high), origin = RANGES[knob.input]
    ends = [knob.now * factor for factor in (low, high)]
    if knob.input == "peak_to_mean":
        ends = [1 + (knob.now - 1) * factor for factor in (low, high)]
    ends = [min(knob.highest, max(knob.lowest, round(end) if knob.whole else end)) for end in ends]
    return (ends[0], ends[1], origin) if ends[0] < ends[1] else None


def _turned(knob: Knob, value: float, options: Sequence[Option], answer: Option) -> End:
    there = redecided(knob, value, options)
    mine = next((o for o in there if o.id == answer.id), None)
    cost = mine.quote.usd_per_month if mine else None
    return End(answer_usd=cost.value if cost else None, options=tuple(there))


def _speed(scenario: Scenario, options: Sequence[Option], answer: Option) -> Swing | None:
    """Every rented option at the fast, then at the slow end of its speed band: fewer or more replicas."""
    cost = answer.quote.usd_per_month
    if cost is None or cost.low == cost.high:
        return None
    ends = [
        End(answer_usd=usd, options=tuple(_at_end(scenario, o, which) for o in options))
        for which, usd in (("low", cost.low), ("high", cost.high))
    ]
    used = answer.quote.utilisation_fraction
    known = {
        "input": "speed",
        "label": "Speed of the cards",
        "unit": "usd_per_month",
        "now": cost.value,
        "low_input": cost.low,
        "high_input": cost.high,
        "range_text": "fast to slow end" + (f", {percent(used, 0)} busy" if used else ""),
        "origin": "90 % band of the speed model, from its error on cards and models held out",
    }
    return _bar(known, ends, options, answer)


def _at_end(scenario: Scenario, option: Option, which: str) -> Option:
    """The option if its speed were known to lie at that end of its band."""

    def end(band: Band | None) -> Band | None:
        if band is None:
            return None
        value = float(getattr(band, which))
        return Band(value=value, low=value, high=value)

    if option.kind == "api":
        return option
    seen = option.quote
    quote = replace(
        seen,
        usd_per_month=end(seen.usd_per_month),
        usd_per_query=end(seen.usd_per_query),
        ttft_p95_s=end(seen.ttft_p95_s),
        tpot_p95_s=end(seen.tpot_p95_s),
        e2e_p95_s=end(seen.e2e_p95_s),
    )
    checks = (*(c for c in option.checks if c.task), *limit_checks(scenario.sla, quote))
    return replace(option, quote=quote, checks=checks, verdict=overall(checks))


def _accuracy(options: Sequence[Option], answer: Option) -> Swing | None:
    """Every accuracy at the low, then at the high end of its interval: what is unproven is settled there."""
    if not any(c.task and c.low is not None and c.low != c.high for o in options for c in o.checks):
        return None
    cost = answer.quote.usd_per_month.value if answer.quote.usd_per_month else None
    ends = [End(answer_usd=cost, options=tuple(_settled(o, which) for o in options)) for which in ("low", "high")]
    check = next((c for c in answer.checks if c.task and c.low is not None), None)
    known = {
        "input": "accuracy",
        "label": "Accuracy",
        "unit": "fraction",
        "now": check.seen if check else None,
        "low_input": check.low if check else None,
        "high_input": check.high if check else None,
        "range_text": "low to high end of every interval",
        "origin": "95 % intervals of the scores, from the number of items",
    }
    return _bar(known, ends, options, answer)


def _settled(option: Option, which: str) -> Option:
    def known(check: Check) -> Check:
        if not check.task or check.low is None or check.high is None:
            return check
        end = float(getattr(check, which))
        return replace(check, seen=end, low=end, high=end, status=judge(check.direction, check.target, end, end))

    checks = tuple(map(known, option.checks))
    return replace(option, checks=checks, verdict=overall(checks))


def _bar(known: Mapping[str, Any], ends: Sequence[End], options: Sequence[Option], answer: Option) -> Swing:
    chosen = answer.id if still_right(answer.id, options) else None
    outcomes = [outcome(end.options, chosen) for end in ends]
    changes = [not still_right(chosen, end.options) for end in ends]
    return Swing(
        **known,
        low_usd_per_month=ends[0].answer_usd,
        high_usd_per_month=ends[1].answer_usd,
        low=outcomes[0],
        high=outcomes[1],
        low_changes=changes[0],
        high_changes=changes[1],
        sentence=_sentence(known, ends, outcomes, changes, answer),
    )


def _sentence(
    known: Mapping[str, Any], ends: Sequence[End], outcomes: Sequence[Outcome], changes: Sequence[bool], answer: Option
) -> str:
    costs = [money(end.answer_usd) if end.answer_usd is not None else "cannot be served" for end in ends]
    cost = f"{costs[0]} a month at either end" if costs[0] == costs[1] else f"{costs[0]} to {costs[1]} a month"
    words = f"{answer.label} costs {cost}"
    for end, there, changed in zip(("low", "high"), outcomes, changes, strict=True):
        if changed:
            then = f"{there.label} for {money(there.usd_per_month)}" if there.option else "nothing is proven to meet"
            words += f"; at the {end} end {then}"
    return words + ("." if any(changes) else "; the answer stays.")


def _width(bar: Swing, now: float) -> float:
    """How far the bill moves, counting the answer made anew; what cannot be served moves it beyond all bounds."""
    costs = [bar.low_usd_per_month, bar.high_usd_per_month]
    ends = ((bar.low, bar.low_changes), (bar.high, bar.high_changes))
    costs += [there.usd_per_month for there, moved in ends if moved]
    return max((math.inf if cost is None else abs(cost - now)) for cost in costs)
