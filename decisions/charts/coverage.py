"""The coverage map: which cell is measured, imported, published, forecast or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from decisions.charts.palette import Palette, dressed
from decisions.coverage import STANDINGS, CoverageCell, Standing
from decisions.wording import score

SYMBOLS: Mapping[Standing, str] = {
    "measured": "circle",
    "imported": "diamond",
    "published": "square",
    "forecast": "circle-open-dot",
    "missing": "x-thin-open",
}
MARKS: Mapping[Standing, str] = {
    "measured": "●", "imported": "◆", "published": "■", "forecast": "◉", "missing": "×",
}  # fmt: skip
ROW_PX = 17
HEAD_PX = 86


def coverage_chart(cells: Sequence[CoverageCell], colours: Palette, *, narrow: bool = False) -> go.Figure:
    """One mark a cell, one panel a model: rows are quantizations, columns task groups.

    Shape and colour say the standing. Narrow puts the panels under each other.
    """
    models = list(dict.fromkeys(cell.model for cell in cells))
    labels = list(dict.fromkeys(cell.quantization for cell in cells))
    groups = sorted({cell.task_group for cell in cells})
    columns = 1 if narrow else max(1, len(models))
    lines = max(1, len(models)) if narrow else 1
    figure = make_subplots(
        rows=lines,
        cols=columns,
        shared_yaxes=True,
        horizontal_spacing=0.02,
        vertical_spacing=min(0.9 / lines, HEAD_PX / (lines * (HEAD_PX + ROW_PX * len(labels)))),
    )
    for index, model in enumerate(models):
        at = {"row": index + 1, "col": 1} if narrow else {"row": 1, "col": index + 1}
        _panel(figure, [cell for cell in cells if cell.model == model], labels, colours, at)
        figure.update_xaxes(title_text=_short(model.rsplit("/", 1)[-1], 44 if columns == 1 else 88 // columns), **at)
    dressed(figure, colours, height=lines * (HEAD_PX + ROW_PX * len(labels)), margin={"l": 8, "r": 8, "t": 76, "b": 4})
    figure.update_xaxes(
        side="top",
        categoryorder="array",
        categoryarray=groups,
        tickangle=-35,
        title_standoff=4,
        title_font={"color": colours.text, "size": 12},
        range=[-0.6, len(groups) - 0.4],
        tickfont={"size": 11, "color": colours.quiet},
    )
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[_short(label, 16 if narrow else 26) for label in labels],
        range=[len(labels) - 0.4, -0.6],
        tickfont={"size": 11, "color": colours.quiet},
    )
    return figure


def _panel(
    figure: go.Figure, cells: Sequence[CoverageCell], labels: Sequence[str], colours: Palette, at: Mapping[str, int]
) -> None:
    shades = _shades(colours)
    for standing in STANDINGS:
        mine = [cell for cell in cells if cell.standing == standing]
        if mine:
            figure.add_scatter(
                x=[cell.task_group for cell in mine],
                y=[labels.index(cell.quantization) for cell in mine],
                mode="markers",
                marker={
                    "symbol": SYMBOLS[standing],
                    "size": 6 if standing == "missing" else 10,
                    "color": shades[standing],
                    "line": {"width": 1.2, "color": shades[standing]},
                },
                customdata=[cell_name(cell) for cell in mine],
                hovertext=[_hover(cell) for cell in mine],
                hoverinfo="text",
                **at,
            )


def cell_name(cell: CoverageCell) -> str:
    """What an address calls a cell."""
    return "|".join((cell.model, cell.quantization, cell.task_group))


def _shades(colours: Palette) -> Mapping[Standing, str]:
    return {
        "measured": colours.series[0],
        "imported": colours.series[2],
        "published": colours.series[3],
        "forecast": colours.quiet,
        "missing": colours.quiet,
    }


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _hover(cell: CoverageCell) -> str:
    lines = [f"<b>{_plain(cell.model)} {_plain(cell.quantization)}</b>", f"{cell.task_group}: {cell.standing}"]
    for m in cell.measurements[:5]:
        n = f", n = {m.n_items:,}" if m.n_items else ""
        lines.append(f"{_plain(m.task)} {score(m.score, m.low, m.high)}{n}")
    if len(cell.measurements) > 5:
        lines.append(f"and {len(cell.measurements) - 5} more")
    return "<br>".join(lines)


def _plain(text: str) -> str:
    return text.replace("<", "‹").replace(">", "›")
