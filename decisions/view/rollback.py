"""The way back: what to watch, what to switch to, how long that takes and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from decisions.choosing import meeting
from decisions.options import Decision, Option
from decisions.quality import CHANGE
from decisions.scenarios import Scenario
from decisions.verdicts import Check
from decisions.view.values import Rollback, Trigger
from decisions.wording import count, listed, money, percent, place, points, quantity
from pricing.bill import PRESETS
from pricing.catalogue import PriceBook
from pricing.workload import HOURS_PER_MONTH

ERROR, POWER = 0.05, 0.8
SLOW, TWICE_AS_SLOW = 0.05, 0.10  # share of requests over a p95 line when it is kept, and when it is broken
DISK_BYTES_PER_S = 1e9  # our default: one NVMe disk or a near object store
START_S = PRESETS["pilot"].cold_start_s
UNITS = {"fraction": "fraction", "s": "s", "usd": "usd_per_month"}


def rollback(scenario: Scenario, decision: Decision, answer: Option, book: PriceBook) -> Rollback:
    """Triggers from the lines and the scores seen; the way back is the next option that meets, else what runs today."""
    other, why = _way_back(decision, answer)
    triggers = tuple(t for check in answer.checks if (t := _trigger(check, answer, scenario)) is not None)
    weight = other.weight_bytes if other else None
    load_s = None if other is None or other.kind == "api" else _load_s(weight, other)
    notice = _notice_months(answer, book)
    both = _both_usd_per_day(answer, other)
    texts = (_load_text(other, weight, load_s), _notice_text(answer, notice), _cost_text(both, answer, other))
    return Rollback(
        triggers=triggers,
        switch_to=other.id if other else None,
        switch_label=other.label if other else "",
        switch_reason=why,
        weight_bytes=weight,
        load_s=load_s,
        load_text=texts[0],
        notice_months=notice,
        notice_text=texts[1],
        both_usd_per_day=both,
        cost_text=texts[2],
        sentence=_sentence(triggers, other, texts[0]),
    )


def items_to_notice(healthy: float, broken: float) -> int | None:
    """Items until a share that fell (or rose) from ``healthy`` to ``broken`` is told apart, one-sided.

    n = ((z_error · √(p0(1 − p0)) + z_power · √(p1(1 − p1))) / (p0 − p1))²; None where the two are the same.
    """
    if math.isclose(healthy, broken, abs_tol=1e-9):
        return None
    normal = NormalDist()
    spread = normal.inv_cdf(1 - ERROR) * math.sqrt(healthy * (1 - healthy))
    spread += normal.inv_cdf(POWER) * math.sqrt(broken * (1 - broken))
    return max(2, math.ceil((spread / (healthy - broken)) ** 2))


def _trigger(check: Check, answer: Option, scenario: Scenario) -> Trigger | None:
    if check.unit not in UNITS or check.seen is None or check.name == "fits":
        return None
    per_s = scenario.workload.requests_per_month / (scenario.workload.hours_per_month * 3600)
    items: int | None = None
    if check.unit == "fraction":
        seen = answer.measurements.get(check.task)
        if seen is None:
            return None
        # A line against the baseline is a line on the score, at the baseline's score as measured.
        line = _as_score(check, answer)
        if line is None or line >= seen.score:
            return None
        items = items_to_notice(seen.score, line)
        text = (
            f"{scenario.tasks[check.task]} under {percent(line)} in graded answers: a fall from {percent(seen.score)} "
            f"({points(seen.score - line)}) shows in about {items or 0:,} of them"
        )
        watch = line
    elif check.unit == "s":
        items, watch = items_to_notice(SLOW, TWICE_AS_SLOW), check.target
        text = (
            f"more than 5 % of requests over {quantity(check.target, 's')} ({check.name}): "
            f"a tenth of them over it shows in about {items:,} requests"
        )
    else:
        watch = check.target
        text = f"{check.name} over {money(check.target)}; {money(check.seen)} is expected"
    return Trigger(
        metric=check.name,
        unit=UNITS[check.unit],  # type: ignore[arg-type]
        watch=watch,
        text=text + (f" ({_when(items / per_s)} of traffic)." if items else "."),
        items_to_notice=items,
        time_to_notice_s=items / per_s if items else None,
    )


def _as_score(check: Check, answer: Option) -> float | None:
    baseline = answer.baselines.get(check.task)
    if check.name.endswith("share of baseline"):
        return baseline.score * check.target if baseline else None
    if check.name.endswith(CHANGE):
        return baseline.score + check.target if baseline else None
    return check.target


def _way_back(decision: Decision, answer: Option) -> tuple[Option | None, str]:
    """What runs today, unless it is known to miss; else the next option that meets, a better score first."""
    today = decision.status_quo
    if today is not None and today.id != answer.id and today.verdict != "misses":
        state = "meets the SLA" if today.verdict == "meets" else "is not proven to meet every line, but it is known"
        return today, f"what you use today; it {state}"
    task = decision.task
    mine = answer.measurements[task].score if task in answer.measurements else 0.0
    others = [o for o in meeting(decision.options) if o.id != answer.id]
    better = [o for o in others if task in o.measurements and o.measurements[task].score >= mine]
    other = next(iter(better or others), None)
    if other is not None:
        return other, "the next option that meets every line" + (", with no worse a score" if better else "")
    return None, "no other option here is proven to meet"


def _load_s(weight_bytes: float | None, option: Option) -> float | None:
    """Weights from disk at a gigabyte a second on every card's machine, then the engine's start."""
    found = weight_bytes if weight_bytes is not None else (option.quote.memory_gib or 0.0) * 2**30
    return found / DISK_BYTES_PER_S + START_S if found else None


def _load_text(other: Option | None, weight_bytes: float | None, load_s: float | None) -> str:
    if other is None:
        return "Keep the present answer's settings and add cards, or relax a line: nothing else is ready."
    if other.kind == "api":
        return f"{other.label} answers at once: change the address and the prompt format, keep the key at hand."
    if load_s is None:
        return "How long its weights take to load is not known: time it before launch."
    size = f"{weight_bytes / 1e9:.3g} GB of weights" if weight_bytes else "its weights"
    return (
        f"About {_when(load_s)}: {size} at 1 GB/s (our default), then {START_S:.0f} s until the engine answers "
        f"(vLLM, techbytes 2026-05). Renting {place(other.quote)} comes on top."
    )


def _notice_months(answer: Option, book: PriceBook) -> float | None:
    """How long the answer's rental is paid after one leaves: its commitment; 0 by the hour or by the token."""
    if answer.kind == "api" or answer.quote.tier in ("on-demand", "spot", "serverless"):
        return 0.0
    quote = answer.quote
    months = [
        offer.commitment_months
        for offer in book.offers
        if offer.provider == quote.provider and offer.accelerator == quote.accelerator and offer.tier == quote.tier
    ]
    return float(min(months)) if months else None


def _notice_text(answer: Option, months: float | None) -> str:
    if answer.kind == "api":
        return "No notice: the API is paid by the token."
    if months == 0:
        return f"No notice: {answer.quote.provider or 'the provider'} rents by the hour ({answer.quote.tier})."
    if months is None:
        return f"Ask {answer.quote.provider or 'the provider'} for its notice period: none is listed."
    return f"Paid to the end of its term whatever runs: {months:.0f} months ({answer.quote.tier})."


def _both_usd_per_day(answer: Option, other: Option | None) -> float | None:
    costs = [o.quote.usd_per_month for o in (answer, other) if o is not None]
    if len(costs) < 2 or any(cost is None for cost in costs):
        return None
    return sum(cost.value for cost in costs if cost) / HOURS_PER_MONTH * 24


def _cost_text(both: float | None, answer: Option, other: Option | None) -> str:
    if both is None or other is None:
        return "What running both would cost is not known."
    return f"Running {answer.label} and {other.label} side by side costs about {money(both)} a day."


def _when(seconds: float) -> str:
    """``40 s``, ``3 min``, ``5 h``, ``2 days``."""
    for unit, scale, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds < most * scale:
            return f"{max(1, round(seconds / scale))} {unit}"
    return f"{count(seconds / 86400)} days"


def _sentence(triggers: Sequence[Trigger], other: Option | None, load: str) -> str:
    if not triggers:
        return "No line that is known can be watched: set an accuracy, latency or money line first."
    watched = listed([trigger.metric for trigger in triggers])
    if other is None:
        return f"Watch {watched}. There is nothing proven to go back to."
    return f"Watch {watched}; go back to {other.label} when one breaks."
