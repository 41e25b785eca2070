"""How one API model's price changed: a step a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from pricing.api_prices import Period

BEFORE = timedelta(days=180)  # how much of the first known price is drawn, whose start nobody wrote down


def price_history_chart(periods: Sequence[Period], day: date, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Input and output price over time, the chosen day marked; prices by the hour are left to the words."""
    dated = [period for period in periods if not period.hours]
    starts = [period.start for period in dated if period.start]
    begin = min([*starts, day]) - BEFORE
    end = max([*starts, day]) + timedelta(days=30)
    figure = go.Figure()
    most = 0.0
    for name, field, colour, dash in (
        ("output", "output_usd_per_mtok", colours.misses, "dash"),
        ("input", "input_usd_per_mtok", colours.meets, None),
    ):
        points = [(p.start or begin, float(v)) for p in dated if (v := getattr(p, field)) is not None]
        if not points:
            continue
        points.append((end, points[-1][1]))
        most = max(most, *(usd for _, usd in points))
        figure.add_scatter(
            x=[when for when, _ in points],
            y=[usd for _, usd in points],
            mode="lines",
            line={"color": colour, "width": 2.2, "shape": "hv", "dash": dash},
            hoverinfo="text",
            hovertext=[f"{name} ${usd:g} per million tokens, {when}" for when, usd in points],
        )
        figure.add_annotation(
            x=end, y=points[-1][1], text=f"{name} ${points[-1][1]:g}", showarrow=False, xanchor="right",
            yanchor="bottom", font={"color": colour, "size": 12},
        )  # fmt: skip
    figure.add_vline(x=day.isoformat(), line={"color": faded(colours.quiet, 0.8), "width": 1.2, "dash": "dot"})
    dressed(figure, colours, height=200 if narrow else 220)
    figure.update_yaxes(range=[0, 1.25 * most or 1], tickprefix="$", nticks=5)
    return figure
