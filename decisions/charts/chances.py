"""How likely each option is the right choice: the proven against each other, and apart from them cheaper ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from decisions.view.chance_words import cheaper_unproven
from decisions.view.values import Chance, Chances
from decisions.wording import chance

MOST = 8
MOST_UNPROVEN = 5
NONE = "nothing meets"
LEAST_SHARE = 0.005
PROVEN = "Proven: how often the best buy"
UNPROVEN = "Cheaper, not proven: how often it meets"
EVERY = "How often it is the cheapest that meets"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One bar, or the head of a group. ``hollow``: lines nothing is known of are taken as met."""

    label: str
    share: float | None = None
    words: str = ""
    hollow: bool = False
    is_answer: bool = False


def chances_chart(chances: Chances, answer: str | None, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Bars by share under the head of their group; the answer is always among them, whatever its share."""
    rows = _rows(chances, answer)[::-1]
    figure = go.Figure()
    for place, row in enumerate(rows):
        if row.share is None:
            _say(figure, 0.0, place, f"<b>{row.label}</b>", colours.text, shift=0)
            continue
        colour = colours.meets if row.is_answer else colours.unproven
        marker: Mapping[str, object] = {"color": colour if row.is_answer else faded(colour, 0.7)}
        if row.hollow:
            marker = {"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 1.5}}
        figure.add_bar(
            x=[row.share], y=[place], orientation="h", width=0.5, marker=marker,
            hovertext=[f"{row.label}: {row.words}"], hoverinfo="text",
        )  # fmt: skip
        _say(figure, 0.0 if row.hollow else row.share, place, row.words, colours.quiet, shift=6)
    dressed(figure, colours, height=32 * max(1, len(rows)) + 50, barmode="overlay")
    figure.update_xaxes(range=[0, 1.7 if narrow else 1.45], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    figure.update_yaxes(
        tickvals=[place for place, row in enumerate(rows) if row.share is not None],
        ticktext=[
            f"<b>{row.label}</b>" if row.is_answer else row.label for row in rows if row.share is not None
        ],
        showgrid=False,
        tickfont={"color": colours.text, "size": 12},
        range=[-0.6, len(rows) - 0.4],
    )
    return figure


def _rows(chances: Chances, answer: str | None) -> list[Row]:
    """Top row first."""
    mine = next((one for one in chances.options if one.option == answer), None)
    if mine is None or mine.probability_among_proven is None:
        return [Row(label=EVERY), *_of_all(chances, answer)]
    proven = sorted(
        (one for one in chances.options if one is mine or (one.probability_among_proven or 0.0) >= LEAST_SHARE),
        key=lambda one: -(one.probability_among_proven or 0.0),
    )
    rows = [Row(label=PROVEN)]
    for one in _with_answer(proven, answer):
        share = one.probability_among_proven or 0.0
        rows.append(Row(label=one.label, share=share, words=chance(share), is_answer=one is mine))
    cheaper = [one for one in cheaper_unproven(chances.options, mine) if one.meets_known_lines >= LEAST_SHARE]
    cheaper.sort(key=lambda one: (bool(one.open_lines), -one.meets_known_lines))
    if cheaper:
        rows.append(Row(label=UNPROVEN))
    for one in cheaper[:MOST_UNPROVEN]:
        words = chance(one.meets_known_lines)
        if one.open_lines:
            words = f"not known: {one.open_lines[0] if len(one.open_lines) == 1 else f'{len(one.open_lines)} lines'}"
        rows.append(Row(label=one.label, share=one.meets_known_lines, words=words, hollow=bool(one.open_lines)))
    return rows


def _of_all(chances: Chances, answer: str | None) -> list[Row]:
    rows = []
    for one in _with_answer(chances.options, answer):
        hopeful = one.probability_if_open_lines_meet
        rows.append(
            Row(
                label=one.label,
                share=one.probability if hopeful is None else hopeful,
                words=chance(one.probability) if hopeful is None else f"{chance(hopeful)} if open lines were met",
                hollow=hopeful is not None,
                is_answer=one.option == answer,
            )
        )
    if chances.none >= LEAST_SHARE:
        rows.append(Row(label=NONE, share=chances.none, words=chance(chances.none)))
    return rows


def _with_answer(options: Sequence[Chance], answer: str | None) -> list[Chance]:
    return [*options[:MOST], *(one for one in options[MOST:] if one.option == answer)]


def _say(figure: go.Figure, x: float, y: int, text: str, colour: str, *, shift: int) -> None:
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, xanchor="left", xshift=shift, font={"size": 12, "color": colour}
    )
