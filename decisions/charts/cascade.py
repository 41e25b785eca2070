"""Accuracy against cost per query as more is passed on, beside luck and hindsight; the chosen point with intervals."""

from __future__ import annotations

import plotly.graph_objects as go

from decisions.charts.palette import SYMBOLS, Palette, dressed, faded
from decisions.patterns.cascade import Cascade
from decisions.patterns.curve import CurvePoint
from decisions.wording import MILLION_BELOW_USD, money, percent


def cascade_chart(found: Cascade, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """The signal's curve, the oracle above it, the random mix below, both stages at the ends, and the chosen point."""
    figure = go.Figure()
    points = [point for point in found.curve if point.usd_per_query is not None]
    scale, unit = _unit(points)
    series = (
        ("oracle", "with hindsight", colours.quiet, "dot", 1.6),
        ("random_mix", "by lot", colours.quiet, "dash", 1.6),
        ("score", "by confidence" if found.kind == "cascade" else "by prompt length", colours.meets, "solid", 2.6),
    )
    for name, title, colour, dash, width in series:
        figure.add_scatter(
            x=[scale * (point.usd_per_query or 0.0) for point in points],
            y=[getattr(point, name) for point in points],
            mode="lines+markers" if name == "score" else "lines",
            line={"color": colour, "width": width, "dash": dash},
            marker={"size": 5, "color": colour},
            hoverinfo="text",
            hovertext=[_told(point, name, title, scale, unit) for point in points],
        )
    if points:
        _names(figure, found, points, colours, scale, narrow=narrow)
    line = _line(found)
    if line is not None:
        figure.add_hline(y=line, line={"color": faded(colours.text, 0.55), "width": 1.2})
        figure.add_annotation(
            x=0.01, xref="paper", y=line, yanchor="bottom", xanchor="left", showarrow=False, text="your line",
            font={"size": 11, "color": colours.quiet},
        )  # fmt: skip
    _chosen(figure, found, colours, scale, unit)
    dressed(figure, colours, height=380 if narrow else 430)
    figure.update_xaxes(title_text=f"cost per {unit}", tickprefix="$", nticks=5 if narrow else 9, rangemode="tozero")
    figure.update_yaxes(title_text="share right", tickformat=".0%")
    return figure


def _unit(points: list[CurvePoint]) -> tuple[float, str]:
    most = max((point.usd_per_query or 0.0 for point in points), default=0.0)
    return (1e6, "million queries") if most < MILLION_BELOW_USD else (1.0, "query")


def _told(point: CurvePoint, name: str, title: str, scale: float, unit: str) -> str:
    usd = money(scale * (point.usd_per_query or 0.0))
    return f"{percent(point.passed_fraction, 0)} passed on {title}<br>{percent(getattr(point, name))}, {usd} a {unit}"


def _names(
    figure: go.Figure, found: Cascade, points: list[CurvePoint], colours: Palette, scale: float, *, narrow: bool
) -> None:
    """Lines are named where they lie apart, the stages at their ends."""
    late = points[3 * len(points) // 4]
    for value, text, anchor, shift in (
        (late.oracle, "with hindsight", "bottom", 4),
        (late.random_mix, "by lot", "top", -4),
    ):
        figure.add_annotation(
            x=scale * (late.usd_per_query or 0.0), y=value, text=text, showarrow=False, yanchor=anchor, yshift=shift,
            xanchor="left" if anchor == "top" else "auto", font={"size": 11, "color": colours.quiet},
        )  # fmt: skip
    first, last = found.first.label, f"all to {found.second.label}"
    for point, text, anchor, side, shift in (
        (points[0], first, "left", "top", -8), (points[-1], last, "right", "bottom", 7),
    ):  # fmt: skip
        figure.add_annotation(
            x=scale * (point.usd_per_query or 0.0), y=point.score, text=text, showarrow=False, xanchor=anchor,
            yanchor=side, yshift=shift, font={"size": 11 if narrow else 12, "color": colours.text},
        )  # fmt: skip


def _line(found: Cascade) -> float | None:
    """The accuracy line, where one task has one."""
    lines = [check.target for check in found.checks if check.task and check.name == found.plans[0].title]
    return lines[0] if len(found.plans) == 1 and lines else None


def _chosen(figure: go.Figure, found: Cascade, colours: Palette, scale: float, unit: str) -> None:
    usd, interval = found.quote.usd_per_query, found.score_interval
    if usd is None:
        return
    colour = colours.verdict(found.verdict)
    error_y = None
    if interval:
        error_y = {
            "type": "data", "symmetric": False, "array": [interval.high - found.score],
            "arrayminus": [found.score - interval.low], "color": faded(colour, 0.6), "thickness": 1.6,
        }  # fmt: skip
    figure.add_scatter(
        x=[scale * usd.value],
        y=[found.score],
        mode="markers",
        marker={
            "color": colour, "size": 15, "symbol": SYMBOLS[found.verdict], "line": {"width": 2.5, "color": colour},
        },
        error_y=error_y,
        error_x={
            "type": "data", "symmetric": False, "array": [scale * (usd.high - usd.value)],
            "arrayminus": [scale * (usd.value - usd.low)], "color": faded(colour, 0.35), "thickness": 1.2,
        },
        hoverinfo="text",
        hovertext=[
            f"{percent(found.score)} on items its thresholds were not chosen on<br>{money(scale * usd.value)} "
            f"({money(scale * usd.low)}–{money(scale * usd.high)}) a {unit}"
        ],
    )  # fmt: skip
    figure.add_annotation(
        x=scale * usd.value, y=found.score, text="the chosen point", showarrow=False, xanchor="left", xshift=11,
        yanchor="bottom", yshift=7, font={"size": 12, "color": colour},
    )  # fmt: skip
