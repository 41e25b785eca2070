"""The cells of a run as a grid, variant by task, filling in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from decisions.wording import percent
from pages.ui.charts.palette import Palette, dressed, faded

if TYPE_CHECKING:
    from evals.runs import CellStatus

STATE_WORDS = {"queued": "·", "running": "…", "failed": "failed", "cancelled": "stopped", "not run": "not run"}


def run_grid(cells: Sequence[CellStatus], colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Rows are variants, columns tasks; the shade is the score, the text the score or the state in a word."""
    tasks = list(dict.fromkeys(cell.task for cell in cells))
    groups = {cell.task: cell.task_group for cell in cells}
    variants = list(dict.fromkeys((cell.model, cell.quantization) for cell in cells))
    at = {(cell.model, cell.quantization, cell.task): cell for cell in cells}
    shades: list[list[float | None]] = []
    words: list[list[str]] = []
    hovers: list[list[str]] = []
    for model, quantization in variants:
        row = [at.get((model, quantization, task)) for task in tasks]
        shades.append([cell.score if cell and cell.items_done else None for cell in row])
        words.append([_word(cell) for cell in row])
        hovers.append([_hover(cell) for cell in row])
    figure = go.Figure(
        go.Heatmap(
            z=shades,
            x=[_short(groups[task], narrow) for task in tasks],
            y=[_name(v, narrow) for v in variants],
            zmin=0,
            zmax=1,
            colorscale=[[0, faded(colours.meets, 0.04)], [1, faded(colours.meets, 0.55)]],
            showscale=False,
            xgap=2,
            ygap=2,
            text=words,
            texttemplate="%{text}",
            textfont={"size": 11, "color": colours.text},
            hovertext=hovers,
            hoverinfo="text",
            hoverongaps=True,
        )
    )
    pending = [
        (x, y, words[y][x])
        for y in range(len(variants))
        for x in range(len(tasks))
        if shades[y][x] is None and words[y][x]
    ]
    for x, y, word in pending:
        figure.add_annotation(x=x, y=y, text=word, showarrow=False, font={"size": 10, "color": colours.quiet})
    dressed(figure, colours, height=24 * len(variants) + 60)
    figure.update_xaxes(side="top", showgrid=False, showline=False, tickfont={"color": colours.text, "size": 11})
    figure.update_yaxes(
        autorange="reversed", showgrid=False, showline=False, tickfont={"color": colours.text, "size": 11}
    )
    return figure


def _word(cell: CellStatus | None) -> str:
    if cell is None:
        return ""
    if cell.state == "done" and cell.score is not None:
        return percent(cell.score, 0)
    if cell.state == "running" and cell.items_done:
        return f"{percent(cell.score, 0)} so far"
    return STATE_WORDS.get(cell.state, cell.state)


def _hover(cell: CellStatus | None) -> str:
    if cell is None:
        return ""
    lines = [
        f"<b>{cell.model} {cell.quantization}</b>, {cell.task_group}",
        f"{cell.state}, {cell.items_done} of {cell.items_total} items",
    ]
    if cell.score is not None:
        span = "" if cell.low is None or cell.high is None else f" ({percent(cell.low)} to {percent(cell.high)})"
        lines.append(f"{percent(cell.score)} right{span}")
    if cell.seconds:
        lines.append(f"{cell.seconds:.0f} s")
    return "<br>".join([*lines, cell.reason] if cell.reason else lines)


def _name(variant: tuple[str, str], narrow: bool) -> str:
    model, quantization = variant
    return f"{model} {quantization}" if not narrow else f"{model[-4:]} {quantization}"[:16]


def _short(group: str, narrow: bool) -> str:
    return group[:5] if narrow else group
