"""Who is still in the race: each candidate's interval against the line, narrowing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from decisions.charts.palette import Palette, dressed, faded
from decisions.wording import percent

if TYPE_CHECKING:
    from evals.race import EntrantStanding, Standing
    from evals.race_check import CheckStanding

ROW_PX = 26
SYMBOLS = {"meets": "circle", "misses": "x", "unproven": "circle-open", "open": "diamond"}
WORDS = {"open": "still in", "waiting": "not begun", "dropped": "not needed"}


def race_chart(found: Standing, colours: Palette, *, narrow: bool = False) -> go.Figure:
    """Rows are candidates, cheapest on top; bars the interval of the check that decides, in points from its line."""
    figure = go.Figure()
    rows = found.candidates
    far = 5.0
    for y, candidate in enumerate(rows):
        colour = _colour(candidate.status, colours)
        check = deciding(candidate)
        if check is None or check.seen is None or check.low is None or check.high is None:
            continue
        low, seen, high = (100 * (value - check.target) for value in (check.low, check.seen, check.high))
        far = max(far, min(60.0, abs(low)), min(60.0, abs(high)))
        hover = _hover(candidate)
        line = {"color": faded(colour, 0.55), "width": 7 if candidate.status == "open" else 4}
        figure.add_scatter(x=[low, high], y=[y, y], mode="lines", line=line, hovertext=hover, hoverinfo="text")
        marker = {"size": 10, "color": colour, "symbol": SYMBOLS[candidate.status], "line": {"width": 1.5}}
        figure.add_scatter(x=[seen], y=[y], mode="markers", marker=marker, hovertext=hover, hoverinfo="text")
    dressed(figure, colours, height=ROW_PX * len(rows) + 70)
    edge = far * 1.08
    for y, candidate in enumerate(rows):
        quiet = candidate.status in ("waiting", "dropped")
        words = WORDS.get(candidate.status, candidate.status) + (f" · {candidate.items:,}" if candidate.items else "")
        font = {"size": 11, "color": colours.quiet if quiet else _colour(candidate.status, colours)}
        figure.add_annotation(x=1, xref="paper", xanchor="right", y=y, text=words, showarrow=False, font=font)
    figure.add_vline(x=0, line={"color": colours.text, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=0, y=1, yref="paper", yanchor="bottom", text="your line", showarrow=False, font={"color": colours.text}
    )
    room = 1.55 if narrow else 1.25
    figure.update_xaxes(range=[-edge, edge * room], title_text="points from your line", zeroline=False, nticks=7)
    names = [_name(candidate.id, narrow) for candidate in rows]
    axis = {"tickvals": list(range(len(rows))), "ticktext": names, "tickfont": {"color": colours.text, "size": 11}}
    figure.update_yaxes(range=[len(rows) - 0.4, -0.9], showgrid=False, **axis)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 24, "b": 8})
    return figure


def deciding(candidate: EntrantStanding) -> CheckStanding | None:
    """The check whose interval the row shows."""
    same = [check for check in candidate.checks if (check.low, check.high) == (candidate.low, candidate.high)]
    return same[0] if same else None


def _colour(status: str, colours: Palette) -> str:
    return {"meets": colours.meets, "misses": colours.misses, "open": colours.text}.get(status, colours.unproven)


def _name(variant: str, narrow: bool) -> str:
    model, _, quantization = variant.rpartition("@")
    return f"{model.split('-')[-1]} {quantization}" if narrow else f"{model} {quantization}"


def _hover(candidate: EntrantStanding) -> str:
    lines = [f"<b>{candidate.id}</b>, {candidate.items:,} items"]
    for check in candidate.checks:
        if check.seen is None or check.low is None or check.high is None:
            lines.append(f"{check.task}: {check.status}")
        else:
            span = f"{percent(check.low)} to {percent(check.high)}"
            lines.append(f"{check.task}: {percent(check.seen)} ({span}), line {percent(check.target)}, {check.status}")
    return "<br>".join(lines)
