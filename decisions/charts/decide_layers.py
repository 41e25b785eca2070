"""What the accuracy-against-cost scatter is drawn from: region, interval bars, frontier, marks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from decisions.charts.palette import SYMBOLS, Palette, Settings, annotate, faded
from decisions.options import Decision, Option
from decisions.verdicts import Status
from decisions.wording import money, money_band, percent, score


def region(
    figure: go.Figure,
    colours: Palette,
    line: float | None,
    budget_usd: float | None,
    x: tuple[float, float],
    y: tuple[float, float],
    narrow: bool,
) -> None:
    """Shade what meets both lines, and draw the lines."""
    dash = {"color": faded(colours.quiet, 0.8), "width": 1.2, "dash": "dot"}
    quiet = {"color": colours.quiet, "size": 11}
    shapes: list[Settings] = []
    notes: list[Settings] = []
    if line is not None or budget_usd is not None:
        shapes.append(
            {
                "type": "rect",
                "x0": x[0],
                "x1": budget_usd or x[1],
                "y0": y[0] if line is None else line,
                "y1": y[1],
                "fillcolor": colours.region,
                "line": {"width": 0},
                "layer": "below",
            }
        )
        if not narrow:
            notes.append(
                {
                    "x": 0,
                    "xref": "paper",
                    "xanchor": "left",
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "top",
                    "showarrow": False,
                    "font": {"color": colours.meets, "size": 11},
                    "text": "meets your lines",
                    "xshift": 6,
                    "yshift": -2,
                }
            )
    if line is not None:
        level = {"x0": x[0], "x1": x[1], "y0": line, "y1": line}
        shapes.append({"type": "line", **level, "line": dash, "layer": "below"})
        notes.append(
            {
                "x": 1,
                "xref": "paper",
                "xanchor": "right",
                "y": line,
                "yanchor": "top",
                "showarrow": False,
                "font": quiet,
                "text": f"accuracy line {percent(line)}",
                "bgcolor": colours.background,
                "borderpad": 1,
            }
        )
    if budget_usd is not None:
        upright = {"x0": budget_usd, "x1": budget_usd, "y0": y[0], "y1": y[1]}
        shapes.append({"type": "line", **upright, "line": dash, "layer": "below"})
        notes.append(
            {
                "x": math.log10(budget_usd),
                "xanchor": "right",
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "showarrow": False,
                "font": quiet,
                "text": f"budget {money(budget_usd)}",
            }
        )
    figure.layout.shapes = shapes
    annotate(figure, notes)


def intervals(figure: go.Figure, colours: Palette, shown: Sequence[Option], loud: set[str], task: str) -> None:
    """Thin faint bars behind the marks: accuracy interval and cost band."""
    for status in ("misses", "unproven", "meets"):
        for is_loud, alpha in ((False, 0.10), (True, 0.38)):
            xs: list[float | None] = []
            ys: list[float | None] = []
            for option in (o for o in shown if o.verdict == status and (o.id in loud) == is_loud):
                cost, seen = option.quote.usd_per_month, option.measurements[task]
                if cost is None:
                    continue
                xs += [cost.low, cost.high, None]
                ys += [seen.score, seen.score, None]
                if seen.low is not None and seen.high is not None:
                    xs += [cost.value, cost.value, None]
                    ys += [seen.low, seen.high, None]
            if xs:
                figure.add_scatter(
                    x=xs,
                    y=ys,
                    mode="lines",
                    hoverinfo="skip",
                    line={"color": faded(colours.verdict(_status(status)), alpha), "width": 1.4},
                )


def _status(word: str) -> Status:
    return "meets" if word == "meets" else "misses" if word == "misses" else "unproven"


def frontier(figure: go.Figure, colours: Palette, shown: Sequence[Option], task: str, high_x: float) -> None:
    """The staircase through undominated options."""
    front = sorted(
        (o.quote.usd_per_month.value, o.measurements[task].score)
        for o in shown
        if o.on_frontier and o.quote.usd_per_month
    )
    if front:
        figure.add_scatter(
            x=[cost for cost, _ in front] + [high_x],
            y=[score for _, score in front] + [front[-1][1]],
            mode="lines",
            line={"color": faded(colours.text, 0.35), "width": 1.3, "shape": "hv"},
            hoverinfo="skip",
        )


def marks(
    figure: go.Figure, colours: Palette, shown: Sequence[Option], loud: set[str], decision: Decision, selected: str
) -> None:
    """Verdict by colour and shape; the answer large, today and the picked one ringed."""
    answer = decision.choice or decision.nearest
    for status in ("misses", "unproven", "meets"):
        word = _status(status)
        mine = [o for o in shown if o.verdict == word]
        if not mine:
            continue
        colour = colours.verdict(word)
        figure.add_scatter(
            x=[o.quote.usd_per_month.value for o in mine if o.quote.usd_per_month],
            y=[o.measurements[decision.task].score for o in mine],
            mode="markers",
            name=word,
            customdata=[[o.id] for o in mine],
            hovertext=[_hover(o, decision.task) for o in mine],
            hoverinfo="text",
            marker={
                "symbol": SYMBOLS[word],
                "color": colour,
                "line": {"color": colour, "width": 1.6 if word == "unproven" else 0},
                "size": [(17 if answer and o.id == answer.id else 11) if o.id in loud else 7 for o in mine],
                "opacity": [1.0 if o.id in loud else 0.4 for o in mine],
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.75}},
        )
    ringed = [o for o in shown if o.id == selected or o.is_status_quo]
    figure.add_scatter(
        x=[o.quote.usd_per_month.value for o in ringed if o.quote.usd_per_month],
        y=[o.measurements[decision.task].score for o in ringed],
        mode="markers",
        hoverinfo="skip",
        marker={
            "symbol": ["diamond-open" if o.is_status_quo else "circle-open" for o in ringed],
            "size": 25,
            "color": colours.text,
            "line": {"width": 1.5},
        },
    )


def _hover(option: Option, task: str) -> str:
    seen = option.measurements[task]
    lines = [
        f"<b>{option.label}</b> · {option.verdict}",
        option.quote.label,
        f"{score(seen.score, seen.low, seen.high)} right",
    ]
    if option.quote.usd_per_month:
        lines.append(f"{money_band(option.quote.usd_per_month)} a month")
    lines += [check.reason for check in option.checks if check.status != "meets" and check.reason][:2]
    return "<br>".join(lines)
