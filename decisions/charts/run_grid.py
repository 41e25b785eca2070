"""The cells of a run as a grid, variant by task, filling in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from decisions.wording import percent

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
    blank = [[0.0] * len(tasks) for _ in variants]
    figure = go.Figure()
    for values, scale in ((blank, faded(colours.quiet, 0.08)), (shades, "")):
        figure.add_heatmap(
            z=values,
            zmin=0,
            zmax=1,
            colorscale=[[0, scale or faded(colours.meets, 0.04)], [1, scale or faded(colours.meets, 0.55)]],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertext=hovers,
            hoverinfo="text",
        )
    for y, line in enumerate(words):
        for x, word in enumerate(line):
            known = shades[y][x] is not None
            font = {"size": 11, "color": colours.text if known else colours.quiet}
            figure.add_annotation(x=x, y=y, text=word, showarrow=False, font=font)
    dressed(figure, colours, height=24 * len(variants) + 60)
    axis = {"showgrid": False, "showline": False, "tickfont": {"color": colours.text, "size": 11}}
    columns = [_short(groups[task], narrow) for task in tasks]
    figure.update_xaxes(side="top", tickvals=list(range(len(tasks))), ticktext=columns, **axis)
    names = [_name(variant, narrow) for variant in variants]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(variants))), ticktext=names, **axis)
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
    return "<br>".join([*lines, *(part for part in (cell.reason, cell.note) if part)])


def _name(variant: tuple[str, str], narrow: bool) -> str:
    model, quantization = variant
    return f"{model.split('-')[-1]} {quantization}" if narrow else f"{model} {quantization}"


def _short(group: str, narrow: bool) -> str:
    return group[:5] if narrow else group
