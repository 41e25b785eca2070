"""Tornado: what each input does to the answer's bill over its range, and where the answer becomes another one."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from decisions.view.values import Outcome, Swing
from decisions.wording import money, short_money

LONGEST_RANGE = 60  # characters beside the chart
LONGEST_NARROW = 24


def tornado_chart(
    swings: Sequence[Swing], now_usd: float | None, colours: Palette, *, narrow: bool = False
) -> go.Figure:
    """One bar an input, widest on top; a diamond is the bill of another answer that takes over at that end."""
    figure = go.Figure()
    rows = list(reversed(swings))
    for row, bar in enumerate(rows):
        _bar(figure, colours, row, bar, now_usd)
    if now_usd is not None:
        figure.add_vline(x=now_usd, line={"color": colours.text, "width": 1.5, "dash": "dot"})
    dressed(figure, colours, height=(58 if narrow else 46) * max(1, len(rows)) + 60)
    figure.update_xaxes(title_text="monthly cost", tickprefix="$", tickformat="~s", nticks=5 if narrow else 9)
    longest = LONGEST_NARROW if narrow else LONGEST_RANGE
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{bar.label}<br><span style='font-size:11px'>{_range(bar, longest)}</span>" for bar in rows],
        showgrid=False,
        tickfont={"color": colours.text, "size": 11 if narrow else 13},
        range=[-0.6, len(rows) - 0.4],
    )
    return figure


def _range(bar: Swing, longest: int) -> str:
    """The range in the space there is."""
    return bar.range_text if len(bar.range_text) <= longest else "both ends of the band"


def _bar(figure: go.Figure, colours: Palette, row: int, bar: Swing, now_usd: float | None) -> None:
    ends = [value for value in (bar.low_usd_per_month, bar.high_usd_per_month, now_usd) if value is not None]
    colour = colours.misses if bar.changes_choice else colours.meets
    if ends:
        figure.add_scatter(
            x=[min(ends), max(ends)],
            y=[row, row],
            mode="lines",
            line={"color": faded(colour, 0.75), "width": 16},
            hovertext=[bar.sentence] * 2,
            hoverinfo="text",
        )
    for end, there, changed in (("low", bar.low, bar.low_changes), ("high", bar.high, bar.high_changes)):
        if changed and there.usd_per_month is not None:
            _mark(figure, colours, row, end, there)
    if ends and max(ends) > min(ends):
        for value, anchor, shift in ((min(ends), "right", -6), (max(ends), "left", 6)):
            figure.add_annotation(
                x=value,
                y=row,
                yshift=14,
                text=short_money(value),
                showarrow=False,
                xanchor=anchor,
                xshift=shift,
                font={"size": 11, "color": colours.quiet},
            )
    elif ends and not bar.changes_choice:
        figure.add_annotation(
            x=ends[0],
            y=row,
            text="no change",
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": 11, "color": colours.quiet},
        )


def _mark(figure: go.Figure, colours: Palette, row: int, end: str, there: Outcome) -> None:
    figure.add_scatter(
        x=[there.usd_per_month],
        y=[row],
        mode="markers",
        hovertext=[f"At the {end} end the answer is {there.label} for {money(there.usd_per_month)} a month"],
        hoverinfo="text",
        marker={"color": colours.text, "symbol": "diamond", "size": 11},
    )
