"""How one API model's price changed: a step a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from decisions.charts.labels import LINE_PX
from decisions.charts.palette import Palette, dressed, faded
from decisions.wording import money
from pricing.api_prices import Period

AXIS_PX = 60  # of the height, for the dates below and the margin above
LABEL_PX = 92  # right of the lines, for "output $10.50"
BEFORE = timedelta(days=180)  # how much of the first known price is drawn, whose start nobody wrote down


def price_history_chart(periods: Sequence[Period], day: date, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Input and output price over time, the chosen day marked; prices by the hour are left to the words."""
    dated = [period for period in periods if not period.hours]
    starts = [period.start for period in dated if period.start]
    begin = min([*starts, day]) - BEFORE
    end = max([*starts, day]) + timedelta(days=30)
    figure = go.Figure()
    most = 0.0
    last: dict[str, tuple[float, str]] = {}
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
        last[name] = (points[-1][1], colour)
    height = 200 if narrow else 220
    top = 1.25 * most or 1
    gap_px = abs(last["output"][0] - last["input"][0]) / top * (height - AXIS_PX) if len(last) > 1 else height
    for name, (usd, colour) in last.items():
        apart = max(0.0, LINE_PX - gap_px) / 2
        figure.add_annotation(
            x=end, y=usd, text=f"{name} {money(usd)}", showarrow=False, xanchor="left", xshift=4, yanchor="middle",
            yshift=apart if name == "output" else -apart, font={"color": colour, "size": 12},
        )  # fmt: skip
    figure.add_vline(x=day.isoformat(), line={"color": faded(colours.quiet, 0.8), "width": 1.2, "dash": "dot"})
    return dressed(
        figure,
        colours,
        height=height,
        margin={"l": 8, "r": LABEL_PX, "t": 8, "b": 8},
        xaxis={"range": [begin.isoformat(), end.isoformat()]},
        yaxis={"range": [0, top], "tickprefix": "$", "nticks": 5},
    )
