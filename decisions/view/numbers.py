"""Inputs in words: values by their unit, and the condition a flip point states."""

from __future__ import annotations

from decisions.view.knobs import Knob
from decisions.view.values import Unit
from decisions.wording import count, money, percent, seconds

FIGURES = 3


def rounded(knob: Knob, value: float) -> float:
    """A value as it will be said: three figures, a tenth of a point, whole tokens."""
    if knob.unit == "fraction":
        return round(value, 3)
    return float(round(float(f"{value:.{FIGURES}g}"))) if knob.whole and value >= 1 else float(f"{value:.{FIGURES}g}")


def amount(value: float | None, unit: Unit) -> str:
    """``$1.31/h``, ``412k``, ``1,900``, ``4.2×``, ``88.4 %``."""
    if value is None:
        return "not known"
    if unit == "usd_per_card_hour":
        return f"${value:.2f}/h" if value >= 0.1 else f"${value:.2g}/h"
    if unit in ("usd_per_month", "usd_per_query"):
        return money(value)
    if unit == "requests":
        return _three(value)
    if unit == "tokens":
        return f"{value:,.0f}"
    if unit == "ratio":
        return f"{value:.3g}×"
    return percent(value) if unit == "fraction" else seconds(value)


def _three(value: float) -> str:
    """``412k``, ``1.25M``: one figure more than :func:`decisions.wording.count`, as both sides were decided."""
    for unit, scale in (("bn", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * scale:
            return f"{float(f'{value / scale:.3g}'):g}{unit}"
    return count(value) if value < 100 else f"{value:.0f}"


def condition(knob: Knob, direction: str, value: float) -> str:
    """``GPU price above $1.31/h``, ``Fewer than 412k requests a month``, ``Accuracy of 70B Q4 below 79.3 %``."""
    said = amount(value, knob.unit)
    if knob.input == "volume":
        return f"{'More' if direction == 'above' else 'Fewer'} than {said} requests a month"
    if knob.input in ("prompt_tokens", "output_tokens"):
        what = "Prompts" if knob.input == "prompt_tokens" else "Answers"
        return f"{what} {'longer' if direction == 'above' else 'shorter'} than {said} tokens"
    if knob.input == "peak_to_mean":
        return f"Busiest hour {'over' if direction == 'above' else 'under'} {said} the mean hour"
    if knob.input == "accuracy":
        return f"Accuracy of {knob.label} {direction} {said}"
    if knob.unit == "s":
        said = f"{1000 * value:.3g} ms" if value < 1 else f"{value:.3g} s"
    return f"{knob.label} {direction} {said}"
