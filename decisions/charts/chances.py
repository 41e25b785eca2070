"""How likely each option is the right choice: bars of shares, the present answer filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from decisions.view.values import Chances
from decisions.wording import percent

MOST = 8
NONE = "nothing meets"
LEAST_NONE = 0.005


@dataclass(frozen=True, kw_only=True)
class Row:
    """One bar: its share, and the hollow one where open lines are taken as met."""

    label: str
    share: float
    hopeful: float | None = None
    is_answer: bool = False


def chances_chart(chances: Chances, answer: str | None, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Bars by share, likeliest on top; the answer is always among them, whatever its share."""
    rows = _rows(chances, answer)
    figure = go.Figure()
    for place, row in enumerate(rows):
        colour = colours.meets if row.is_answer else colours.unproven
        if row.hopeful:
            hollow = {"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 1.5}}
            text = f"{row.label}: {percent(row.hopeful, 0)} if its open lines were met"
            _add(figure, place, row.hopeful, hollow, text)
        filled = {"color": colour if row.is_answer else faded(colour, 0.7)}
        _add(figure, place, row.share, filled, f"{row.label}: right in {percent(row.share)} of the draws")
        words = percent(row.share, 0)
        if row.hopeful:
            words = f"{percent(row.hopeful, 0)} if met"
        figure.add_annotation(
            x=max(row.share, row.hopeful or 0.0),
            y=place,
            text=words,
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": 12, "color": colours.quiet},
        )
    dressed(figure, colours, height=34 * max(1, len(rows)) + 50, barmode="overlay")
    figure.update_xaxes(range=[0, 1.45 if narrow else 1.3], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"<b>{row.label}</b>" if row.is_answer else row.label for row in rows],
        showgrid=False,
        tickfont={"color": colours.text, "size": 12},
        range=[-0.6, len(rows) - 0.4],
    )
    return figure


def _rows(chances: Chances, answer: str | None) -> list[Row]:
    """Bottom row first."""
    shown = list(chances.options[:MOST])
    shown += [one for one in chances.options[MOST:] if one.option == answer]
    rows = [
        Row(
            label=one.label,
            share=one.probability,
            hopeful=one.probability_if_open_lines_meet,
            is_answer=one.option == answer,
        )
        for one in shown
    ]
    if chances.none >= LEAST_NONE:
        rows.append(Row(label=NONE, share=chances.none))
    return rows[::-1]


def _add(figure: go.Figure, place: int, share: float, marker: Mapping[str, object], text: str) -> None:
    figure.add_bar(x=[share], y=[place], orientation="h", width=0.5, marker=marker, hovertext=[text], hoverinfo="text")
