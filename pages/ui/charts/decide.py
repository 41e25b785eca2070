"""Accuracy against monthly cost: which options clear both lines, and which are worth their money."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from decisions.options import Decision, Option
from decisions.verdicts import Status
from decisions.wording import money, money_band, percent, score, short_money
from pages.ui.charts.labels import Box, Mark, place_labels
from pages.ui.charts.palette import SYMBOLS, Palette, dressed, faded
from pages.ui.wording import VERDICT_WORDS

WIDE_PX = (660.0, 380.0)
NARROW_PX = (270.0, 330.0)


def accuracy_line(decision: Decision) -> float | None:
    """The accuracy line on the charted task, None where it differs from model to model (a share of its baseline)."""
    lines = {
        check.target
        for option in decision.options
        for check in option.checks
        if check.unit == "fraction" and decision.task in (check.name, getattr(check, "task", ""))
    }
    return lines.pop() if len(lines) == 1 else None


def decide_chart(
    decision: Decision,
    colours: Palette,
    *,
    line: float | None,
    budget_usd: float | None,
    task_title: str,
    selected: str = "",
    narrow: bool = False,
) -> go.Figure:
    """The scatter of all priced options measured on ``decision.task``; ``customdata`` carries the option's id."""
    shown = [o for o in decision.options if o.quote.usd_per_month and decision.task in o.measurements]
    figure = go.Figure()
    width_px, height_px = NARROW_PX if narrow else WIDE_PX
    if not shown:
        return dressed(figure, colours, height=int(height_px) + 60)
    low_x, high_x = _cost_range(shown, budget_usd)
    low_y, high_y = _score_range([o.measurements[decision.task].score for o in shown], line)
    below = [o for o in shown if o.measurements[decision.task].score < low_y]
    shown = [o for o in shown if o not in below]
    loud = _worth_a_label(decision, shown, selected)

    _region(figure, colours, line, budget_usd, (low_x, high_x), (low_y, high_y), narrow)
    _intervals(figure, colours, shown, {o.id for o in loud}, decision.task)
    _frontier(figure, colours, shown, decision.task, high_x)
    _marks(figure, colours, shown, {o.id for o in loud}, decision, selected)
    _labels(figure, colours, shown, loud, decision, (low_x, high_x), (low_y, high_y), (width_px, height_px), narrow)

    if below:
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=0,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            xshift=6,
            text=f"{len(below)} more below {percent(low_y, 0)}, see the table",
            font={"color": colours.quiet, "size": 11},
        )
    ticks = round_money_ticks(low_x, high_x, most=5 if narrow else 9)
    dressed(figure, colours, height=int(height_px) + 60, clickmode="event+select", uirevision="decide")
    figure.update_xaxes(
        type="log",
        range=[math.log10(low_x), math.log10(high_x)],
        tickvals=ticks,
        ticktext=[short_money(t) for t in ticks],
        title_text="monthly cost, log scale",
        minor={"ticks": ""},
    )
    figure.update_yaxes(range=[low_y, high_y], tickformat=".0%", title_text=f"{task_title}, share right", nticks=8)
    return figure


def round_money_ticks(low_usd: float, high_usd: float, *, most: int) -> list[float]:
    """1, 2, 5 × powers of ten between the ends; only 1s, or 1s and 5s, where that would be too many."""
    powers = range(math.floor(math.log10(low_usd)), math.ceil(math.log10(high_usd)) + 1)
    for steps in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [s * 10.0**p for p in powers for s in steps if low_usd <= s * 10.0**p <= high_usd]
        if len(ticks) <= most:
            break
    return ticks


def _cost_range(options: Sequence[Option], budget_usd: float | None) -> tuple[float, float]:
    costs = [o.quote.usd_per_month.value for o in options if o.quote.usd_per_month] + (
        [budget_usd] if budget_usd else []
    )
    return min(costs) / 1.5, max(costs) * 1.6


def _score_range(scores: Sequence[float], line: float | None) -> tuple[float, float]:
    top, bottom = max([*scores, line or 0]), min([*scores, line or 1])
    if line is not None:
        bottom = max(bottom, line - max(0.18, 1.6 * (top - line)))
    pad = max(0.02, 0.08 * (top - bottom))
    return max(0.0, bottom - pad), min(1.02, top + pad)


def _worth_a_label(decision: Decision, shown: Sequence[Option], selected: str) -> list[Option]:
    """The answer, today's option, the clicked one, then the best of each model on each card."""
    best: dict[tuple[str, str], Option] = {}
    for option in shown:
        place = (option.model, option.quote.label)
        if (
            place not in best
            or option.measurements[decision.task].score > best[place].measurements[decision.task].score
        ):
            best[place] = option
    first = [o for o in (decision.choice, decision.nearest, decision.status_quo) if o]
    ranked = [o for o in shown if o.id == selected] + [o for o in shown if o.id in {f.id for f in first}]
    ranked += sorted(best.values(), key=lambda o: (not o.on_frontier, -o.measurements[decision.task].score))
    seen: dict[str, Option] = {}
    for option in ranked:
        seen.setdefault(option.id, option)
    return list(seen.values())


def _region(
    figure: go.Figure,
    colours: Palette,
    line: float | None,
    budget_usd: float | None,
    x: tuple[float, float],
    y: tuple[float, float],
    narrow: bool,
) -> None:
    if line is not None or budget_usd is not None:
        figure.add_shape(
            type="rect",
            x0=x[0],
            x1=budget_usd or x[1],
            y0=y[0] if line is None else line,
            y1=y[1],
            fillcolor=colours.region,
            line_width=0,
            layer="below",
        )
        if not narrow:
            figure.add_annotation(
                x=0,
                xref="paper",
                xanchor="left",
                y=1,
                yref="paper",
                yanchor="top",
                showarrow=False,
                font={"color": colours.meets, "size": 11},
                text="meets your lines",
                xshift=6,
                yshift=-2,
            )
    dash = {"color": faded(colours.quiet, 0.8), "width": 1.2, "dash": "dot"}
    quiet = {"color": colours.quiet, "size": 11}
    if line is not None:
        figure.add_shape(type="line", x0=x[0], x1=x[1], y0=line, y1=line, line=dash, layer="below")
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=line,
            yanchor="top",
            showarrow=False,
            font=quiet,
            text=f"accuracy line {percent(line)}",
        )
    if budget_usd is not None:
        figure.add_shape(type="line", x0=budget_usd, x1=budget_usd, y0=y[0], y1=y[1], line=dash, layer="below")
        figure.add_annotation(
            x=math.log10(budget_usd),
            xanchor="right",
            y=0,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font=quiet,
            text=f"budget {money(budget_usd)}",
        )


def _intervals(figure: go.Figure, colours: Palette, shown: Sequence[Option], loud: set[str], task: str) -> None:
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


def _frontier(figure: go.Figure, colours: Palette, shown: Sequence[Option], task: str, high_x: float) -> None:
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


def _marks(
    figure: go.Figure, colours: Palette, shown: Sequence[Option], loud: set[str], decision: Decision, selected: str
) -> None:
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
            name=VERDICT_WORDS[word],
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


def _labels(
    figure: go.Figure,
    colours: Palette,
    shown: Sequence[Option],
    loud: Sequence[Option],
    decision: Decision,
    x: tuple[float, float],
    y: tuple[float, float],
    size: tuple[float, float],
    narrow: bool,
) -> None:
    spread = math.log10(x[1] / x[0])

    def mark(option: Option, text: str) -> Mark:
        cost = option.quote.usd_per_month
        assert cost is not None
        return Mark(
            x_px=math.log10(cost.value / x[0]) / spread * size[0],
            y_px=(option.measurements[decision.task].score - y[0]) / (y[1] - y[0]) * size[1],
            text=text,
            radius_px=9.0 if text else 4.0,
        )

    loud_ids = {o.id for o in loud}
    ordered = [*loud, *(o for o in shown if o.id not in loud_ids)]
    words = [(f"today: {o.label}" if o.is_status_quo else o.label) if o.id in loud_ids else "" for o in ordered]
    marks = [mark(o, word) for o, word in zip(ordered, words, strict=True)]
    walls = [box for o in loud for box in _bars_px(o, mark(o, ""), decision.task, x, y, size)]
    for place in place_labels(marks, width_px=size[0], height_px=size[1], most=5 if narrow else 12, walls=walls):
        option = ordered[place.index]
        cost = option.quote.usd_per_month
        answer = decision.choice or decision.nearest
        figure.add_annotation(
            x=math.log10(cost.value) if cost else None,
            y=option.measurements[decision.task].score,
            showarrow=False,
            text=f"<b>{words[place.index]}</b>" if answer and option.id == answer.id else words[place.index],
            xanchor=place.anchor,
            yanchor="middle",
            xshift=place.dx_px,
            yshift=place.dy_px,
            font={"size": 12, "color": colours.text if option.verdict != "misses" else colours.quiet},
        )


def _bars_px(
    option: Option, at: Mark, task: str, x: tuple[float, float], y: tuple[float, float], size: tuple[float, float]
) -> list[Box]:
    """The interval bars of a mark as thin boxes in pixels, so that no label sits on one."""
    cost, seen = option.quote.usd_per_month, option.measurements[task]
    boxes: list[Box] = []
    if cost is not None:
        ends = [math.log10(max(end, x[0]) / x[0]) / math.log10(x[1] / x[0]) * size[0] for end in (cost.low, cost.high)]
        boxes.append((ends[0], at.y_px - 1, ends[1], at.y_px + 1))
    if seen.low is not None and seen.high is not None:
        tips = [(end - y[0]) / (y[1] - y[0]) * size[1] for end in (seen.low, seen.high)]
        boxes.append((at.x_px - 1, tips[0], at.x_px + 1, tips[1]))
    return boxes


def _hover(option: Option, task: str) -> str:
    seen = option.measurements[task]
    lines = [
        f"<b>{option.label}</b> · {VERDICT_WORDS[option.verdict]}",
        option.quote.label,
        f"{score(seen.score, seen.low, seen.high)} right",
    ]
    if option.quote.usd_per_month:
        lines.append(f"{money_band(option.quote.usd_per_month)} a month")
    lines += [check.reason for check in option.checks if check.status != "meets" and check.reason][:2]
    return "<br>".join(lines)
