"""Which marks of the scatter get a label, and where it goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go

from decisions.charts.labels import Box, Mark, place_labels
from decisions.charts.palette import Palette, annotate
from decisions.options import Decision, Option

CLEAR_PX = 4.0  # between a label and the budget line


def worth_a_label(decision: Decision, shown: Sequence[Option], selected: str) -> list[Option]:
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


def labels(
    figure: go.Figure,
    colours: Palette,
    shown: Sequence[Option],
    loud: Sequence[Option],
    decision: Decision,
    x: tuple[float, float],
    y: tuple[float, float],
    size: tuple[float, float],
    narrow: bool,
    lines: tuple[float | None, float | None],
) -> None:
    """Direct labels on the loud marks, the answer in bold, none across ``lines``: accuracy and budget."""
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
    line, budget_usd = lines
    if line is not None:
        at = (line - y[0]) / (y[1] - y[0]) * size[1]
        walls.append((0.0, at - 1, size[0], at + 1))
    if budget_usd is not None:
        at = math.log10(budget_usd / x[0]) / spread * size[0]
        walls.append((at - CLEAR_PX, 0.0, at + CLEAR_PX, size[1]))
    most = 5 if narrow else 12
    placed = place_labels(marks, width_px=size[0], height_px=size[1], most=most, walls=walls)
    answer = decision.choice or decision.nearest
    at_answer = next((i for i, option in enumerate(ordered) if answer and option.id == answer.id), None)
    if at_answer is not None and all(place.index != at_answer for place in placed):  # rather across a bar than unnamed
        alone = [one if i == at_answer else replace(one, text="") for i, one in enumerate(marks)]
        placed = [*placed, *place_labels(alone, width_px=size[0], height_px=size[1])]
    notes = []
    for place in placed:
        option = ordered[place.index]
        cost = option.quote.usd_per_month
        notes.append(
            {
                "x": math.log10(cost.value) if cost else None,
                "y": option.measurements[decision.task].score,
                "showarrow": False,
                "text": f"<b>{words[place.index]}</b>" if answer and option.id == answer.id else words[place.index],
                "xanchor": place.anchor,
                "yanchor": "middle",
                "xshift": place.dx_px,
                "yshift": place.dy_px,
                "font": {"size": 12, "color": colours.text if option.verdict != "misses" else colours.quiet},
            }
        )
    annotate(figure, notes)


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
