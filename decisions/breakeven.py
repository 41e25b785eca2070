"""At how many requests a month one option becomes cheaper than another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from decisions.candidates import requoted
from decisions.options import Option
from decisions.scenarios import Scenario
from decisions.wording import count, money
from pricing.catalogue import PriceBook

POINTS_A_DECADE = 10
DECADES_EACH_WAY = 1.5
CLOSE = 1.01


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """Requests a month against $/month of both (a staircase: replicas are whole), and where they cross."""

    requests_per_month: tuple[float, ...]
    first_usd_per_month: tuple[float | None, ...]
    second_usd_per_month: tuple[float | None, ...]
    crossings: tuple[float, ...]
    sentence: str


def break_even(scenario: Scenario, first: Option, second: Option, book: PriceBook) -> BreakEven | None:
    """Both options quoted over three decades of volume around the scenario's; None for one option against itself."""
    if first.id == second.id:
        return None
    middle = math.log10(scenario.workload.requests_per_month)
    steps = range(-round(DECADES_EACH_WAY * POINTS_A_DECADE), round(DECADES_EACH_WAY * POINTS_A_DECADE) + 1)
    volumes = tuple(v for s in steps if 1 <= (v := float(f"{10 ** (middle + s / POINTS_A_DECADE):.3g}")) <= 1e12)

    def cost(option: Option, volume: float) -> float | None:
        band = requoted(option, _at(scenario, volume), book).quote.usd_per_month
        return band.value if band else None

    def gap(volume: float) -> float | None:
        one, two = cost(first, volume), cost(second, volume)
        return None if one is None or two is None else one - two

    costs = [tuple(cost(option, volume) for volume in volumes) for option in (first, second)]
    crossings = _crossings(volumes, costs[0], costs[1], gap)
    return BreakEven(
        requests_per_month=volumes,
        first_usd_per_month=costs[0],
        second_usd_per_month=costs[1],
        crossings=crossings,
        sentence=_sentence(first, second, volumes, costs[0], costs[1], crossings),
    )


def _at(scenario: Scenario, volume: float) -> Scenario:
    return replace(scenario, workload=replace(scenario.workload, requests_per_month=volume))


def _crossings(
    volumes: tuple[float, ...],
    first: tuple[float | None, ...],
    second: tuple[float | None, ...],
    gap: Callable[[float], float | None],
) -> tuple[float, ...]:
    """Where the sign of first − second changes, to one part in a hundred: the volume just after the change."""
    found = []
    before, at = 0.0, 0.0
    for volume, one, two in zip(volumes, first, second, strict=True):
        if one is None or two is None:
            before = 0.0
            continue
        here = one - two
        if before * here < 0:
            found.append(_narrowed(at, volume, before, gap))
        if here:
            before, at = here, volume
    return tuple(found)


def _narrowed(low: float, high: float, before: float, gap: Callable[[float], float | None]) -> float:
    """The change between ``low``, where the gap still has the sign of ``before``, and ``high``."""
    while high > CLOSE * low:
        middle = math.sqrt(low * high)
        there = gap(middle)
        if there is None:
            break
        low, high = (middle, high) if there * before > 0 else (low, middle)
    return high


def _sentence(
    first: Option,
    second: Option,
    volumes: tuple[float, ...],
    ones: tuple[float | None, ...],
    twos: tuple[float | None, ...],
    crossings: tuple[float, ...],
) -> str:
    known = [(v, a, b) for v, a, b in zip(volumes, ones, twos, strict=True) if a is not None and b is not None]
    if not known:
        return "The two cannot be compared on cost: one of them has no price at any of these volumes."
    start, one, two = known[0]
    low = first if one < two else second
    reach = f"from {count(start)} to {count(known[-1][0])} requests a month"
    if not crossings:
        if all(math.isclose(a, b, rel_tol=0.005) for _, a, b in known):
            return f"Both cost the same {reach}."
        return f"{low.label} is never the dearer one {reach}."
    other = second if low is first else first
    at = crossings[-1]
    if len(crossings) > 1:
        text = f"The cheaper one changes {len(crossings)} times {reach}; replicas are whole, so both lines are steps"
        return f"{text}. Above {count(at)} it is {(low if len(crossings) % 2 == 0 else other).label}."
    usd = next(min(a, b) for v, a, b in known if v >= at)
    there = f"{count(at)} requests a month, {other.label} from there on (about {money(usd)})"
    return f"{low.label} is cheaper below about {there}."
