"""Two options on each task: both scores with intervals, joined, the winner's gap named."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, empty, faded
from decisions.comparison import Comparison, ComparisonRow
from decisions.wording import percent


def dumbbell_chart(comparison: Comparison, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """One row a task; the first option is the filled blue mark, the second the hollow one."""
    rows = [
        row for row in comparison.rows if row.group == "accuracy" and row.first is not None and row.second is not None
    ]
    figure = go.Figure()
    if not rows:
        return empty(figure, colours, "Not both are measured on the same task.")
    for row in reversed(rows):
        _row(figure, colours, row, comparison)
    ends = [value for row in rows for value in (row.first, row.second) if value is not None]
    for option in (comparison.first, comparison.second):
        for measured in option.measurements.values():
            ends += [value for value in (measured.low, measured.high) if value is not None]
    low, high = min(ends), max(ends)
    pad = max(0.03, (0.3 if narrow else 0.18) * (high - low))
    names = {"tickfont": {"color": colours.text, "size": 13}, "range": [-0.6, len(rows) - 0.3], "showgrid": False}
    return dressed(
        figure,
        colours,
        height=46 * len(rows) + 60,
        xaxis={"range": [low - pad, high + pad], "tickformat": ".0%", "nticks": 6 if narrow else 10},
        yaxis=names,
    )


def _row(figure: go.Figure, colours: Palette, row: ComparisonRow, comparison: Comparison) -> None:
    figure.add_scatter(
        x=[row.first, row.second],
        y=[row.name] * 2,
        mode="lines",
        hoverinfo="skip",
        line={"color": faded(colours.quiet, 0.45), "width": 5},
    )
    sides = (
        (row.first, comparison.first, colours.meets, "circle"),
        (row.second, comparison.second, colours.misses, "circle-open"),
    )
    for value, option, colour, symbol in sides:
        measured = option.measurements.get(_task(row, option.measurements))
        if measured is not None and measured.low is not None and measured.high is not None:
            figure.add_scatter(
                x=[measured.low, measured.high],
                y=[row.name] * 2,
                mode="lines",
                hoverinfo="skip",
                line={"color": faded(colour, 0.5), "width": 1.5},
            )
        figure.add_scatter(
            x=[value],
            y=[row.name],
            mode="markers",
            hovertext=[f"{option.label}: {percent(value)}"],
            hoverinfo="text",
            marker={"color": colour, "symbol": symbol, "size": 14, "line": {"width": 2.5, "color": colour}},
        )
    ends = sorted(value for value in (row.first, row.second) if value is not None)
    for value, anchor in ((ends[0], "right"), (ends[-1], "left")):
        if anchor == "right" and percent(ends[0]) == percent(ends[-1]):
            continue
        figure.add_annotation(
            x=value,
            y=row.name,
            text=percent(value),
            showarrow=False,
            xanchor=anchor,
            xshift=-1 if anchor == "right" else 1,
            yshift=16,
            font={"size": 12, "color": colours.quiet},
        )


def _task(row: ComparisonRow, names: Iterable[str]) -> str:
    """The row's task: rows are named by task or by its short title."""
    return next((name for name in names if name == row.name or row.name.startswith(name)), row.name)
