"""Flip points: how far an input can go before the answer becomes another one, each side of it decided anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from decisions.options import Option
from decisions.view.knobs import Knob
from decisions.view.numbers import condition, rounded
from decisions.view.outcomes import holds, outcome, redecided
from decisions.view.values import FlipPoint, Outcome
from decisions.wording import money

FACTORS = (1.25, 1.6, 2.5, 5.0, 10.0)  # how far is looked, each way
STEPS = (0.01, 0.03, 0.06, 0.12, 0.25)  # the same for shares, in points of one
CLOSE = 0.01
CLOSE_SHARE = 0.001
Direction = Literal["above", "below"]


def flip_points(knobs: Sequence[Knob], options: Sequence[Option], answer: str | None) -> tuple[FlipPoint, ...]:
    """The nearest flip of each input, up and down, nearest first; an input that never flips within ten-fold has none.

    ``answer`` is the id of the option that meets now, None where nothing does: then a flip is where something does.
    """
    found = [flip for knob in knobs for way in ("above", "below") if (flip := _flip(knob, way, options, answer))]
    return tuple(sorted(found, key=lambda one: _distance(one.now, one.value, one.unit == "fraction")))


def _flip(knob: Knob, direction: Direction, options: Sequence[Option], answer: str | None) -> FlipPoint | None:
    """The first change on a coarse walk away from now, narrowed down by bisection."""
    if knob.input == "accuracy" and (direction == "above" or answer is None):
        return None  # a better score than seen cannot make the answer wrong
    stays, becomes = knob.now, None
    for value in _walk(knob, direction):
        if not holds(knob, value, options, answer):
            becomes = value
            break
        stays = value
    if becomes is None:
        return None
    stays, becomes = _narrowed(knob, stays, becomes, lambda value: holds(knob, value, options, answer))
    before, after = (outcome(redecided(knob, value, options), answer) for value in (stays, becomes))
    words = condition(knob, direction, becomes)
    return FlipPoint(
        input=knob.input,
        label=knob.label,
        unit=knob.unit,
        now=knob.now,
        direction=direction,
        value=becomes,
        stays_at=stays,
        becomes_at=becomes,
        stays=before,
        becomes=after,
        condition=words,
        sentence=f"{words}: {_becomes(after)}.",
    )


def _walk(knob: Knob, direction: Direction) -> list[float]:
    """Values away from now, nearest first, within the bounds of the input."""
    if knob.unit == "fraction":
        steps = [knob.now + step if direction == "above" else knob.now - step for step in STEPS]
    else:
        steps = [knob.now * factor if direction == "above" else knob.now / factor for factor in FACTORS]
    if knob.input == "peak_to_mean" and direction == "below":
        steps = [1 + (knob.now - 1) / factor for factor in FACTORS]
    inside = [min(knob.highest, max(knob.lowest, rounded(knob, step))) for step in steps]
    return [value for value in dict.fromkeys(inside) if value != knob.now]


def _narrowed(knob: Knob, stays: float, becomes: float, right: Callable[[float], bool]) -> tuple[float, float]:
    """Both ends of the change, about a hundredth apart (a tenth of a point for shares), on rounded values."""
    share = knob.unit == "fraction"
    while _distance(stays, becomes, share) > (CLOSE_SHARE if share else math.log1p(CLOSE)) + 1e-9:
        middle = rounded(knob, (stays + becomes) / 2 if share else math.sqrt(stays * becomes))
        if middle in (stays, becomes) or not min(stays, becomes) < middle < max(stays, becomes):
            break
        stays, becomes = (middle, becomes) if right(middle) else (stays, middle)
    return stays, becomes


def _distance(one: float | None, two: float, share: bool) -> float:
    if one is None or one <= 0 or two <= 0:
        return math.inf if not share or one is None else abs(one - two)
    return abs(one - two) if share else abs(math.log(one / two))


def _becomes(there: Outcome) -> str:
    if there.option is None:
        return "nothing here is proven to meet" if there.status == "unproven" else "nothing here meets"
    cost = f" for about {money(there.usd_per_month)} a month" if there.usd_per_month is not None else ""
    return f"the answer becomes {there.label}{cost}"
