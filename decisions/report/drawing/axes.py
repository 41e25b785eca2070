"""Axes of a Plotly figure: where a value lies in pixels, and which ticks to write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class NotDrawable(ValueError):
    """A part of a figure that has no static form here; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis over ``start``–``end`` pixels of the drawing (y grows downwards).

    ``first`` and ``last`` are the ends of its range in its own units: powers of ten on a logarithmic axis, positions
    of ``categories`` on a category axis.
    """

    kind: str  # "linear", "log" or "category"
    first: float
    last: float
    start: float
    end: float
    categories: tuple[str, ...] = ()

    def units(self, value: Any) -> float:
        """A data value in the axis's own units."""
        if self.kind == "category":
            return float(self.categories.index(str(value))) if isinstance(value, str) else float(value)
        if self.kind == "log":
            return math.log10(value) if value > 0 else -math.inf
        return float(value)

    def at(self, value: Any) -> float:
        """Pixels of a data value; far outside values are kept near the drawing."""
        return self.at_units(self.units(value))

    def at_units(self, units: float) -> float:
        """Pixels of a place in the axis's own units."""
        share = (units - self.first) / (self.last - self.first)
        return self.start + max(-2.0, min(3.0, share)) * (self.end - self.start)

    def fraction(self, share: float) -> float:
        """Pixels of a share of the axis, as ``x domain`` counts."""
        return self.start + share * (self.end - self.start)


def axis_of(layout: Mapping[str, Any], values: Sequence[Any], start: float, end: float) -> Axis:
    """The axis that ``layout`` describes, over the data where it gives no range."""
    words = [v for v in values if isinstance(v, str)]
    kind = layout.get("type") or ("category" if words else "linear")
    if kind not in ("linear", "log", "category", "-"):
        raise NotDrawable(f"an axis of type {kind!r}")
    kind = "linear" if kind == "-" else kind
    categories = tuple(dict.fromkeys([*(layout.get("categoryarray") or ()), *words])) if kind == "category" else ()
    given = layout.get("range")
    if given is not None and None not in given:
        first, last = (float(end_) for end_ in given)
    elif kind == "category":
        first, last = -0.5, len(categories) - 0.5
    else:
        known = [math.log10(v) if kind == "log" else float(v) for v in values if _drawable(v, kind)]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        pad = 0.05 * (high - low) or 0.5
        if layout.get("rangemode") == "tozero":
            low, pad = min(0.0, low), pad if low < 0 else 0.0
        first, last = low - pad, high + 0.05 * (high - low)
    if layout.get("autorange") == "reversed":
        first, last = last, first
    if first == last:
        last = first + 1.0
    return Axis(kind=kind, first=first, last=last, start=start, end=end, categories=categories)


def ticks_of(layout: Mapping[str, Any], axis: Axis) -> list[tuple[float, str]]:
    """Place in pixels and text of each tick inside the axis."""
    if layout.get("showticklabels") is False:
        return []
    places: Iterable[float]
    if layout.get("tickvals") is not None:
        places = [axis.units(value) for value in layout["tickvals"]]
        texts = list(layout.get("ticktext") or [_number(value, layout) for value in layout["tickvals"]])
    elif axis.kind == "category":
        places, texts = range(len(axis.categories)), list(axis.categories)
    else:
        places = _round_places(axis, int(layout.get("nticks") or 6))
        texts = [_number(10**place if axis.kind == "log" else place, layout) for place in places]
    low, high = sorted((axis.first, axis.last))
    slack = 1e-9 * (high - low)
    inside = [(p, t) for p, t in zip(places, texts, strict=True) if low - slack <= p <= high + slack]
    return [(axis.at_units(place), str(text)) for place, text in inside]


def _round_places(axis: Axis, most: int) -> list[float]:
    low, high = sorted((axis.first, axis.last))
    if axis.kind == "log":
        return [float(power) for power in range(math.ceil(low), math.floor(high) + 1)]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step * m for m in (1, 2, 5, 10, 20) if (high - low) / (step * m) <= most)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _number(value: Any, layout: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return value
    form = str(layout.get("tickformat") or "")
    prefix, suffix = layout.get("tickprefix") or "", layout.get("ticksuffix") or ""
    text = format(value, form.replace("~", "")) if form else f"{value:,.6g}"
    return f"{prefix}{text}{suffix}"


def _drawable(value: Any, kind: str) -> bool:
    number = isinstance(value, int | float) and math.isfinite(value)
    return number and (kind != "log" or value > 0)
