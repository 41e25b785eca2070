"""Accuracy against cost as more is passed on: the signal's curve beside the lines of luck and of hindsight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decisions.options import Option
from decisions.patterns.discrimination import oracle, random_mix
from decisions.patterns.plans import TaskPlan
from decisions.patterns.stages import ONE_CALL, Calls, Share, joined
from decisions.patterns.thresholds import walk
from decisions.scenarios import Scenario
from pricing.catalogue import PriceBook

POINTS = 21


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The least sure share ``passed_fraction`` of each task is passed on. Scores are of the items at hand, so the
    curve flatters; the chosen point is cross-fitted and does not. ``usd_per_query`` is None where unpriced."""

    passed_fraction: float
    score: float
    oracle: float
    random_mix: float
    usd_per_query: float | None


def curve(
    scenario: Scenario,
    first: Option,
    second: Option,
    plans: Sequence[TaskPlan],
    book: PriceBook,
    *,
    router: bool = False,
    calls: Calls = ONE_CALL,
    points: int = POINTS,
) -> tuple[CurvePoint, ...]:
    """From nothing passed on to everything, scores weighted by traffic."""
    walks = [walk(one.pair) for one in plans]
    found = []
    for part in np.linspace(0.0, 1.0, points):
        share = Share(value=float(part), low=float(part), high=float(part))
        quote = joined(scenario, first, second, share, book, router=router, splits=(), calls=calls)
        found.append(
            CurvePoint(
                passed_fraction=share.value,
                score=sum(
                    one.share * float(np.interp(-part, -seen.passed_fraction, seen.score))
                    for one, seen in zip(plans, walks, strict=True)
                ),
                oracle=sum(one.share * oracle(one.pair, share.value) for one in plans),
                random_mix=sum(one.share * random_mix(one.pair, share.value) for one in plans),
                usd_per_query=quote.usd_per_query.value if quote.usd_per_query else None,
            )
        )
    return tuple(found)
