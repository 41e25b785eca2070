"""The coverage map: which cell is measured, imported, published, forecast or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

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
ROW_PX = 21


def coverage_chart(cells: Sequence[CoverageCell], colours: Palette, *, narrow: bool = False) -> go.Figure:
    """One mark a cell: rows are variants under their model, columns task groups. Shape and colour say the standing."""
    shades = _shades(colours)
    rows = list(dict.fromkeys((cell.model, cell.quantization) for cell in cells))
    names = {row: f"{_short(row[0], 12 if narrow else 30)} · {_short(row[1], 14 if narrow else 26)}" for row in rows}
    figure = go.Figure()
    for standing in STANDINGS:
        mine = [cell for cell in cells if cell.standing == standing]
        if mine:
            figure.add_scatter(
                x=[cell.task_group for cell in mine],
                y=[rows.index((cell.model, cell.quantization)) for cell in mine],
                mode="markers",
                marker={
                    "symbol": SYMBOLS[standing],
                    "size": 8 if standing == "missing" else 11,
                    "color": shades[standing],
                    "line": {"width": 1.6, "color": shades[standing]},
                },
                customdata=[cell_name(cell) for cell in mine],
                hovertext=[_hover(cell) for cell in mine],
                hoverinfo="text",
            )
    dressed(figure, colours, height=70 + ROW_PX * len(rows), margin={"l": 8, "r": 8, "t": 40, "b": 8})
    groups = sorted({cell.task_group for cell in cells})
    figure.update_xaxes(side="top", categoryorder="array", categoryarray=groups, tickangle=-45 if narrow else 0)
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[names[row] for row in rows],
        range=[len(rows) - 0.4, -0.6],
        tickfont={"size": 10 if narrow else 12, "color": colours.quiet},
    )
    return figure


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
