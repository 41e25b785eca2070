"""Points lost against effective bits, one small multiple a task group: where precision runs out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from decisions.charts.forecasts import expected_marks
from decisions.charts.labels import Box, Mark, place_labels
from decisions.charts.palette import METHOD_SYMBOLS, Palette, dressed, faded
from decisions.charts.reference_lines import smaller_models
from decisions.cliff import CliffRow
from decisions.wording import points, score

BITS_TICKS = (16, 8, 6, 5, 4, 3, 2, 1.5)
PANEL_PX = 235


def cliff_chart(
    rows: Sequence[CliffRow],
    colours: Palette,
    *,
    tolerance: float,
    titles: Mapping[str, str],
    models: Mapping[str, str],
    narrow: bool = False,
) -> go.Figure:
    """Rows with a known loss and bits; one panel a task, shared scales, no joined methods.

    ``titles`` and ``models`` map tasks and models to the names shown.
    """
    shown = [row for row in rows if row.lost is not None and row.bits_per_weight and not row.is_baseline]
    panels = [name for name in titles if any(row.task == name for row in shown)]
    if not panels:
        return dressed(go.Figure(), colours, height=120)
    columns = 1 if narrow else min(3, len(panels))
    lines = math.ceil(len(panels) / columns)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        shared_yaxes=True,
        shared_xaxes=False,
        horizontal_spacing=0.03,
        vertical_spacing=0.26 / lines if lines > 1 else 0,
        subplot_titles=[titles[name] for name in panels],
    )
    bounds = _bounds(shown, tolerance)
    bits = [row.bits_per_weight for row in shown if row.bits_per_weight]
    span = (math.log2(max(16.0, *bits) * 1.12), math.log2(min(bits) / 1.12))
    order, methods = _names(rows)
    width_px = (300.0 if narrow else 940.0 / columns - 30, PANEL_PX * 0.8 if lines > 1 or columns > 1 else 330.0)
    for index, name in enumerate(panels):
        at = {"row": index // columns + 1, "col": index % columns + 1}
        mine = [row for row in shown if row.task == name]
        full = [row for row in rows if row.task == name and row.is_baseline and row.bits_per_weight]
        _bands(figure, colours, at, tolerance, bounds, first=at["col"] == 1)
        here = [row for row in rows if row.task == name]
        walls = smaller_models(figure, colours, at, here, bounds, models, width_px, span, tolerance)
        expected = [row for row in mine if row.origin == "forecast"]
        seen = [row for row in mine if row.origin != "forecast"]
        expected_marks(figure, colours, at, expected, order, models)
        _points(figure, colours, at, [*seen, *full], order, methods, models)
        _names_of_the_broken(figure, colours, at, seen, span, bounds, width_px, order, walls)
    height = (360 if lines == 1 and columns == 1 else PANEL_PX * lines + 40 * lines) + 30
    ticks = [tick for tick in BITS_TICKS if span[1] <= math.log2(tick) <= span[0]]
    bits_axis = {
        "range": list(span),
        "tickvals": [math.log2(t) for t in ticks],
        "ticktext": [f"{t:g}" for t in ticks],
        "showgrid": False,
    }
    loss_axis = {
        "range": [bounds[1], bounds[0]],
        "tickvals": _loss_ticks(bounds),
        "ticktext": [f"{-100 * t:+.0f}" if t else "0" for t in _loss_ticks(bounds)],
    }
    margin = {"l": 8, "r": 8, "t": 34, "b": 8}
    dressed(figure, colours, height=height, margin=margin, xaxis=bits_axis, yaxis=loss_axis)
    for index in range(len(panels)):
        if index // columns == lines - 1:
            figure.update_xaxes(title_text="bits per weight", row=index // columns + 1, col=index % columns + 1)
    for line in range(1, lines + 1):
        figure.update_yaxes(title_text="points", row=line, col=1)
    figure.update_annotations(selector={"xref": "paper"}, font={"size": 13, "color": colours.text})
    return figure


def marks_key(rows: Sequence[CliffRow]) -> tuple[list[str], list[tuple[str, str]]]:
    """Models in their colour order, and each method with its Plotly symbol."""
    models, methods = _names(rows)
    return list(models), [(name, METHOD_SYMBOLS[i % len(METHOD_SYMBOLS)]) for name, i in methods.items()]


def family(row: CliffRow) -> str:
    """The method without its settings, so that one method keeps one shape."""
    return "full precision" if row.is_baseline or row.method in ("", "none") else row.method.split(",")[0]


def _names(rows: Sequence[CliffRow]) -> tuple[dict[str, int], dict[str, int]]:
    models = {name: i for i, name in enumerate(dict.fromkeys(row.model for row in rows))}
    methods = {name: i for i, name in enumerate(sorted({family(row) for row in rows if row.origin != "forecast"}))}
    return models, methods


def _bounds(rows: Sequence[CliffRow], tolerance: float) -> tuple[float, float]:
    """Smallest and largest loss drawn (a gain is a negative loss)."""
    losses = [row.lost for row in rows if row.lost is not None]
    ends = [end for row in rows for end in (row.low, row.high) if end is not None]
    least, most = min([*losses, *ends]), max([*losses, *ends])
    room = 0.08 * (max(losses) - min(losses))
    return max(least, min(losses) - 0.1) - max(0.03, room), max(2.5 * tolerance, min(most, max(losses) + 0.1) + room)


def _loss_ticks(bounds: tuple[float, float]) -> list[float]:
    reach = bounds[1] - bounds[0]
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if reach / step <= 7)
    return [step * i for i in range(math.ceil(bounds[0] / step), math.floor(bounds[1] / step) + 1)]


def _bands(
    figure: go.Figure,
    colours: Palette,
    at: dict[str, int],
    tolerance: float,
    bounds: tuple[float, float],
    *,
    first: bool,
) -> None:
    at = {**at, "exclude_empty_subplots": False}
    figure.add_hrect(y0=bounds[0], y1=tolerance, fillcolor=colours.region, line_width=0, layer="below", **at)
    figure.add_hrect(
        y0=tolerance, y1=bounds[1], fillcolor=faded(colours.misses, 0.05), line_width=0, layer="below", **at
    )
    figure.add_hline(y=0, line={"color": faded(colours.text, 0.5), "width": 1}, layer="below", **at)
    figure.add_hline(
        y=tolerance, line={"color": faded(colours.misses, 0.8), "width": 1, "dash": "dot"}, layer="below", **at
    )
    if not first:
        return
    notes = (
        (tolerance, "top", 0.0, "left", f"your tolerance −{points(tolerance)}", colours.misses),
        (bounds[0], "top", 0.0, "left", "safe", colours.meets),
        (bounds[1], "bottom", 0.0, "left", "over the cliff", colours.misses),
    )
    for y, yanchor, x, xanchor, text, colour in notes:
        figure.add_annotation(
            x=x,
            xref="x domain",
            xanchor=xanchor,
            y=y,
            yanchor=yanchor,
            showarrow=False,
            text=text,
            xshift=4 - 8 * x,
            font={"size": 11, "color": colour},
            row=at["row"],
            col=at["col"],
        )


def _points(
    figure: go.Figure,
    colours: Palette,
    at: dict[str, int],
    rows: Sequence[CliffRow],
    order: Mapping[str, int],
    methods: Mapping[str, int],
    models: Mapping[str, str],
) -> None:
    for model, index in order.items():
        mine = [row for row in rows if row.model == model]
        if not mine:
            continue
        colour = colours.series[index % len(colours.series)]
        xs: list[float | None] = []
        ys: list[float | None] = []
        for row in mine:
            if row.low is not None and row.high is not None:
                xs += [math.log2(row.bits_per_weight or 1)] * 2 + [None]
                ys += [row.low, row.high, None]
        figure.add_scatter(
            x=xs, y=ys, mode="lines", line={"color": faded(colour, 0.3), "width": 1.4}, hoverinfo="skip", **at
        )
        figure.add_scatter(
            x=[math.log2(row.bits_per_weight or 1) for row in mine],
            y=[row.lost or 0.0 for row in mine],
            mode="markers",
            hovertext=[_hover(row, models) for row in mine],
            hoverinfo="text",
            marker={
                "color": colour,
                "size": 9,
                "symbol": [_symbol(row, methods) for row in mine],
                "opacity": 0.9,
                "line": {
                    "width": 1.5,
                    "color": [colour if row.zone == "unproven" else colours.background for row in mine],
                },
            },
            **at,
        )


def _names_of_the_broken(
    figure: go.Figure,
    colours: Palette,
    at: dict[str, int],
    rows: Sequence[CliffRow],
    span: tuple[float, float],
    bounds: tuple[float, float],
    size: tuple[float, float],
    order: Mapping[str, int],
    walls: Sequence[Box],
) -> None:
    """Names beside what broke, the most bits first: the edge of the cliff."""

    def key(row: CliffRow) -> tuple[bool, float]:
        return row.zone != "cliff", -(row.bits_per_weight or 0)

    ordered = sorted(rows, key=key)
    marks = [
        Mark(
            x_px=(span[0] - math.log2(row.bits_per_weight or 1)) / (span[0] - span[1]) * size[0],
            y_px=(bounds[1] - (row.lost or 0)) / (bounds[1] - bounds[0]) * size[1],
            text=row.quantization if row.zone == "cliff" else "",
            radius_px=5,
        )
        for row in ordered
    ]
    most = 4 if size[0] < 500 else 9
    for place in place_labels(marks, width_px=size[0], height_px=size[1], most=most, walls=walls):
        row = ordered[place.index]
        figure.add_annotation(
            x=math.log2(row.bits_per_weight or 1),
            y=row.lost,
            text=row.quantization,
            showarrow=False,
            xanchor=place.anchor,
            yanchor="middle",
            xshift=place.dx_px,
            yshift=place.dy_px,
            font={"size": 11, "color": colours.series[order[row.model] % len(colours.series)]},
            **at,
        )


def _symbol(row: CliffRow, methods: Mapping[str, int]) -> str:
    """Shape by method; hollow while it is unproven on which side of the tolerance it lies."""
    return METHOD_SYMBOLS[methods[family(row)] % len(METHOD_SYMBOLS)] + ("-open" if row.zone == "unproven" else "")


def _hover(row: CliffRow, models: Mapping[str, str]) -> str:
    loss = points(-(row.lost or 0), sign=True)
    span = (
        ""
        if row.low is None or row.high is None
        else f" ({points(-row.high, sign=True)} to {points(-row.low, sign=True)})"
    )
    pair = "same items" if row.paired else "unpaired"
    return (
        f"<b>{models.get(row.model, row.model)} {row.quantization}</b><br>"
        f"{row.bits_per_weight:.2f} bits per weight<br>"
        f"{loss}{span}, {pair}<br>"
        f"{score(row.score, row.measurement.low, row.measurement.high)} against {row.baseline}<br>"
        f"{row.zone}: {row.reason}"
    )
