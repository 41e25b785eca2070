"""Requests a month against monthly cost of two options: a staircase, because replicas are whole."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from decisions.charts.decide import round_money_ticks
from decisions.charts.palette import Palette, Settings, dressed, faded
from decisions.comparison import BreakEven
from decisions.wording import count, money, short_money


def break_even_chart(
    curve: BreakEven, names: tuple[str, str], colours: Palette, *, today_requests: float, narrow: bool = False
) -> go.Figure:
    """Both staircases on log axes, where they cross, and the present workload."""
    figure = go.Figure()
    series = (
        (curve.first_usd_per_month, names[0], colours.meets, None),
        (curve.second_usd_per_month, names[1], colours.misses, "dash"),
    )
    known = [usd for costs, *_ in series for usd in costs if usd]
    for costs, name, colour, dash in series:
        points = [(load, usd) for load, usd in zip(curve.requests_per_month, costs, strict=True) if usd is not None]
        if not points:
            continue
        figure.add_scatter(
            x=[load for load, _ in points],
            y=[usd for _, usd in points],
            mode="lines",
            line={"color": colour, "width": 2.2, "shape": "hv", "dash": dash},
            hoverinfo="text",
            hovertext=[f"{name}<br>{count(load)} requests a month: {money(usd)}" for load, usd in points],
        )
        lower = points[-1][1] <= min(
            costs[-1] or math.inf for costs in (curve.first_usd_per_month, curve.second_usd_per_month)
        )
        at = points[0] if lower else points[-1]
        figure.add_annotation(
            x=math.log10(at[0]),
            y=math.log10(at[1]),
            text=name,
            showarrow=False,
            xanchor="left" if lower else "right",
            yanchor="top" if lower else "bottom",
            yshift=-3 if lower else 3,
            font={"color": colour, "size": 12},
        )
    loads = curve.requests_per_month
    if loads and loads[0] <= today_requests <= loads[-1]:
        figure.add_vline(x=today_requests, line={"color": faded(colours.quiet, 0.8), "width": 1.2, "dash": "dot"})
        figure.add_annotation(
            x=math.log10(today_requests),
            y=0,
            yref="paper",
            yanchor="bottom",
            xanchor="left",
            xshift=4,
            showarrow=False,
            text=f"your load, {count(today_requests)}",
            font={"color": colours.quiet, "size": 11},
        )
    if len(curve.crossings) == 1:
        figure.add_vline(x=curve.crossings[0], line={"color": faded(colours.text, 0.35), "width": 1})
    axes: dict[str, Settings] = {}
    if loads and known:
        powers = [10.0**p for p in range(math.ceil(math.log10(loads[0])), math.floor(math.log10(loads[-1])) + 1)]
        axes["xaxis"] = {
            "type": "log",
            "range": [math.log10(loads[0]) - 0.03, math.log10(loads[-1]) + 0.03],
            "tickvals": powers,
            "ticktext": [count(p) for p in powers],
            "title": {"text": "requests a month"},
        }
        ticks = round_money_ticks(min(known) / 1.3, max(known) * 2, most=6)
        axes["yaxis"] = {
            "type": "log",
            "tickvals": ticks,
            "ticktext": [short_money(t) for t in ticks],
            "title": {"text": "monthly cost"},
            "range": [math.log10(min(known) / 1.8), math.log10(max(known) * 3)],
        }
    return dressed(figure, colours, height=320, **axes)
