"""Accuracy against monthly cost: which options clear both lines, and which are worth their money."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from decisions.charts.decide_labels import labels, worth_a_label
from decisions.charts.decide_layers import frontier, intervals, marks, region
from decisions.charts.palette import Palette, dressed, empty
from decisions.options import Decision, Option
from decisions.wording import percent, short_money

WIDE_PX = (660.0, 380.0)
NARROW_PX = (270.0, 330.0)


def decide_chart(
    decision: Decision,
    colours: Palette,
    *,
    line: float | None,
    budget_usd: float | None,
    task_title: str,
    selected: str = "",
    narrow: bool = False,
) -> go.Figure:
    """The scatter of all priced options measured on ``decision.task``; ``customdata`` carries the option's id."""
    shown = [o for o in decision.options if o.quote.usd_per_month and decision.task in o.measurements]
    figure = go.Figure()
    width_px, height_px = NARROW_PX if narrow else WIDE_PX
    if not shown:
        return empty(figure, colours, "No priced option has a score on this task yet.")
    low_x, high_x = _cost_range(shown, budget_usd)
    low_y, high_y = _score_range([o.measurements[decision.task].score for o in shown], line)
    below = [o for o in shown if o.measurements[decision.task].score < low_y]
    shown = [o for o in shown if o not in below]
    loud = worth_a_label(decision, shown, selected)

    region(figure, colours, line, budget_usd, (low_x, high_x), (low_y, high_y), narrow)
    intervals(figure, colours, shown, {o.id for o in loud}, decision.task)
    frontier(figure, colours, shown, decision.task, high_x)
    marks(figure, colours, shown, {o.id for o in loud}, decision, selected)
    bounds, lines = ((low_x, high_x), (low_y, high_y), (width_px, height_px)), (line, budget_usd)
    labels(figure, colours, shown, loud, decision, *bounds, narrow, lines)

    if below:
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=0,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            xshift=6,
            text=f"{len(below)} more below {percent(low_y, 0)}, see the table",
            font={"color": colours.quiet, "size": 11},
        )
    ticks = round_money_ticks(low_x, high_x, most=5 if narrow else 9)
    return dressed(
        figure,
        colours,
        height=int(height_px) + 60,
        clickmode="event+select",
        uirevision="decide",
        xaxis={
            "type": "log",
            "range": [math.log10(low_x), math.log10(high_x)],
            "tickvals": ticks,
            "ticktext": [short_money(t) for t in ticks],
            "title": {"text": "monthly cost, log scale"},
            "minor": {"ticks": ""},
        },
        yaxis={
            "range": [low_y, high_y],
            "tickformat": ".0%",
            "title": {"text": f"{task_title}, share right"},
            "nticks": 8,
        },
    )


def round_money_ticks(low_usd: float, high_usd: float, *, most: int) -> list[float]:
    """1, 2, 5 × powers of ten between the ends; only 1s, or 1s and 5s, where that would be too many."""
    powers = range(math.floor(math.log10(low_usd)), math.ceil(math.log10(high_usd)) + 1)
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [s * 10.0**p for p in powers for s in steps if low_usd <= s * 10.0**p <= high_usd]
        if len(ticks) <= most:
            break
    return ticks


def _cost_range(options: Sequence[Option], budget_usd: float | None) -> tuple[float, float]:
    costs = [o.quote.usd_per_month.value for o in options if o.quote.usd_per_month] + (
        [budget_usd] if budget_usd else []
    )
    return min(costs) / 1.5, max(costs) * 1.6


def _score_range(scores: Sequence[float], line: float | None) -> tuple[float, float]:
    top, bottom = max([*scores, line or 0]), min([*scores, line or 1])
    if line is not None:
        cut = line - max(0.18, 1.6 * (top - line))
        if sum(score < cut for score in scores) <= len(scores) / 4:
            bottom = max(bottom, cut)
    pad = max(0.02, 0.08 * (top - bottom))
    return max(0.0, bottom - pad), min(1.02, top + pad)
