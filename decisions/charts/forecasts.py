"""Cells nobody measured: a dotted bar for the 80 % band, a dash for its middle, fainter than anything measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from decisions.charts.palette import Palette, faded
from decisions.cliff import CliffRow
from decisions.wording import points


def expected_marks(
    figure: go.Figure,
    colours: Palette,
    at: Mapping[str, int],
    rows: Sequence[CliffRow],
    order: Mapping[str, int],
    models: Mapping[str, str],
) -> None:
    """Draw forecast rows (``low`` and ``high`` known) in each model's colour."""
    for model in dict.fromkeys(row.model for row in rows):
        mine = [row for row in rows if row.model == model]
        colour = colours.series[order[model] % len(colours.series)]
        xs: list[float | None] = []
        ys: list[float | None] = []
        for row in mine:
            xs += [math.log2(row.bits_per_weight or 1)] * 2 + [None]
            ys += [row.low, row.high, None]
        line = {"color": faded(colour, 0.45), "width": 1.2, "dash": "dot"}
        figure.add_scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", **at)
        figure.add_scatter(
            x=[math.log2(row.bits_per_weight or 1) for row in mine],
            y=[row.lost for row in mine],
            mode="markers",
            marker={"symbol": "line-ew-open", "size": 8, "color": faded(colour, 0.7), "line": {"width": 2}},
            hovertext=[_hover(row, models) for row in mine],
            hoverinfo="text",
            **at,
        )


def _hover(row: CliffRow, models: Mapping[str, str]) -> str:
    band = f"{points(-(row.high or 0), sign=True)} to {points(-(row.low or 0), sign=True)}"
    return (
        f"<b>{models.get(row.model, row.model)} {row.quantization}: forecast</b><br>"
        f"{row.bits_per_weight:.2f} bits per weight, nobody measured it<br>"
        f"{points(-(row.lost or 0), sign=True)} (80 % band {band}) against 16 bits<br>{row.reason}"
    )
