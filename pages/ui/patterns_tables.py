"""Tables of the Patterns page, everything in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from decisions.options import Decision
from decisions.patterns.cascade import Cascade
from decisions.patterns.edge import Edge
from decisions.patterns.examples import CheckedClaim
from decisions.patterns.hybrid import Hybrid
from decisions.patterns.items import SIGNALS
from decisions.patterns.plans import PROMPT_LENGTH, TaskPlan
from decisions.scenarios import Scenario
from decisions.wording import listed, money, money_band, percent, score, seconds_band
from pricing.quotes import Band


def tasks_frame(found: Cascade) -> pd.DataFrame:
    """One row a task."""
    rows = []
    for one in found.plans:
        interval, auroc = one.fit.score_interval, one.why.auroc_interval
        rows.append(
            {
                "Task": one.title,
                "Traffic": percent(one.share, 0),
                "Items": len(one.pair),
                "Signal": "prompt length" if one.signal == PROMPT_LENGTH else SIGNALS[one.signal],
                "Passed on below": _threshold(one),
                "Passed on": percent(one.fit.passed_fraction, 0),
                "Share right": score(
                    one.fit.score, interval.low if interval else None, interval.high if interval else None
                ),
                "First alone": percent(float(one.pair.weak.mean())),
                "Second alone": percent(float(one.pair.strong.mean())),
                "AUROC": f"{one.why.auroc:.2f} ({auroc.low:.2f}–{auroc.high:.2f})" if auroc else "all right or wrong",
                "Wrong, then rescued": percent(one.why.rescued_fraction, 0)
                if one.why.rescued_fraction is not None
                else "none wrong",
            }
        )
    return pd.DataFrame(rows)


def _threshold(one: TaskPlan) -> str:
    if one.threshold is None:
        return "none proven: all passed on"
    if math.isinf(one.threshold):
        return "all passed on" if one.threshold > 0 else "nothing passed on"
    return f"{abs(one.threshold):.0f} characters" if one.signal == PROMPT_LENGTH else f"{one.threshold:.3f}"


def stages_frame(found: Cascade) -> pd.DataFrame:
    """Both together, then each alone carrying everything."""
    both = f"{found.first.label} then {found.second.label}" if found.kind == "cascade" else "both, routed"
    names = (both, f"{found.first.label} alone", f"{found.second.label} alone")
    return pd.DataFrame(
        [
            {
                "Served by": name,
                "On": quote.label,
                "Replicas": quote.replicas or None,
                "Monthly cost": money_band(quote.usd_per_month),
                "p95 latency": seconds_band(quote.e2e_p95_s),
            }
            for name, quote in zip(names, (found.quote, *found.alone), strict=True)
        ]
    )


def fleets_frame(found: Hybrid, scenario: Scenario) -> pd.DataFrame:
    """One row a fleet."""
    return pd.DataFrame(
        [
            {
                "Option": fleet.option.label,
                "Serves": listed([scenario.tasks[task] for task in fleet.tasks]),
                "Traffic": percent(fleet.share, 0),
                "On": fleet.quote.label,
                "Replicas": fleet.quote.replicas or None,
                "Monthly cost": money_band(fleet.quote.usd_per_month),
                "p95 latency": seconds_band(fleet.quote.e2e_p95_s),
            }
            for fleet in found.fleets
        ]
    )


def devices_frame(found: Edge) -> pd.DataFrame:
    """One row a device."""
    return pd.DataFrame(
        [
            {
                "Device": place.device.description,
                "Fits": "✔ fits" if place.fits else "✖ does not fit",
                "Needs": f"{place.needed_gib:.2g} GiB",
                "An app may hold": f"{place.device.usable_gib:.3g} GiB",
                "Tokens a second": _rate(place.tokens_per_s),
                "Whole answer": seconds_band(place.answer_s) if place.answer_s else "not yet known",
                "Note": place.reason,
                "Source": place.device.source,
            }
            for place in found.places
        ]
    )


def _rate(band: Band | None) -> str:
    return "not yet known" if band is None else f"{band.value:.2g} ({band.low:.2g}–{band.high:.2g})"


def claims_frame(found: Sequence[CheckedClaim]) -> pd.DataFrame:
    """One row a claim."""
    return pd.DataFrame(
        [{"Claim": one.claim.text, "Verdict": one.says, "What our tables say": one.found} for one in found]
    )


def setups_frame(decision: Decision, scenario: Scenario) -> pd.DataFrame:
    """One row an option: where it would run, its bill, and that nobody measured it where nobody did."""
    return pd.DataFrame(
        [
            {
                "Set-up": option.label,
                "On": option.quote.label,
                "Replicas": option.quote.replicas or None,
                "Monthly cost": money_band(option.quote.usd_per_month),
                "A query": money(option.quote.usd_per_query.value) if option.quote.usd_per_query else "unpriced",
                "p95 latency": seconds_band(option.quote.e2e_p95_s),
                scenario.tasks[scenario.task]: percent(option.measurements[scenario.task].score)
                if scenario.task in option.measurements
                else "not measured",
            }
            for option in decision.options
        ]
    )
