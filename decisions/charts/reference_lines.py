"""Level lines with names that stay readable when the levels nearly coincide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from decisions.charts.labels import CHARACTER_PX, LINE_PX, Box, overlap
from decisions.charts.palette import Palette, faded
from decisions.cliff import CliffRow


@dataclass(frozen=True, kw_only=True)
class LineName:
    """A text near a level, at the left or right edge of the panel; ``rise_px`` from the line to the text's bottom."""

    level: float
    text: str
    side: str  # "left" or "right"
    rise_px: float
    box: Box  # what it covers: left, bottom, right, top in pixels from the panel's left and bottom


def smaller_models(
    figure: go.Figure,
    colours: Palette,
    at: dict[str, int],
    rows: Sequence[CliffRow],
    bounds: tuple[float, float],
    models: Mapping[str, str],
    size: tuple[float, float],
    span: tuple[float, float],
    tolerance: float,
) -> list[Box]:
    """Each smaller model at full precision, as a level below the best model's own baseline; the boxes of the names.

    ``span`` are the ends of the axis in log2 of bits; names keep clear of the marks of ``rows``.
    """
    full = {row.model: row.score for row in rows if row.is_baseline}
    best = max(full.values(), default=0.0)
    levels = {models.get(name, name): best - score for name, score in full.items() if 0 < best - score < bounds[1]}
    for loss in levels.values():
        figure.add_hline(
            y=loss,
            line={"color": faded(colours.quiet, 0.7), "width": 1, "dash": "longdash"},
            layer="below",
            exclude_empty_subplots=False,
            **at,
        )
    line_px = (bounds[1] - tolerance) / (bounds[1] - bounds[0]) * size[1]
    texts = [(0, line_px - 15, 190, line_px), (0, size[1] - 15, 40, size[1]), (0, 0, 90, 15)]
    marks = []
    for row in rows:
        if row.lost is not None and row.bits_per_weight:
            x = (span[0] - math.log2(row.bits_per_weight)) / (span[0] - span[1]) * size[0]
            y = (bounds[1] - row.lost) / (bounds[1] - bounds[0]) * size[1]
            marks.append((x - 6, y - 6, x + 6, y + 6))
    placed = named_lines(levels, bounds=bounds, size_px=size, taken=[*(texts if at["col"] == 1 else []), *marks])
    for name in placed:
        figure.add_annotation(
            x=0 if name.side == "left" else 1,
            xref="x domain",
            xanchor=name.side,
            y=name.level,
            yanchor="bottom",
            yshift=name.rise_px,
            showarrow=False,
            xshift=4 if name.side == "left" else -4,
            text=name.text,
            font={"size": 10.5, "color": colours.quiet},
            **at,
        )
    return [name.box for name in placed]


def named_lines(
    levels: Mapping[str, float],
    *,
    bounds: tuple[float, float],
    size_px: tuple[float, float],
    taken: Sequence[Box] = (),
    suffix: str = " at full precision",
) -> list[LineName]:
    """Names for ``levels`` (name → level, growing downwards from ``bounds[0]`` to ``bounds[1]``).

    Levels closer than a line of text share one name ("8B, 7B at full precision"). A name goes where nothing else is
    written, right above or below its line, and no other level is nearer; one that finds no place is left out.
    """
    width, height = size_px

    def bottom_px(level: float) -> float:
        return (bounds[1] - level) / (bounds[1] - bounds[0]) * height

    together: list[tuple[float, list[str]]] = []
    for name, level in sorted(levels.items(), key=lambda item: item[1]):
        if together and bottom_px(together[-1][0]) - bottom_px(level) < LINE_PX:
            together[-1][1].append(name)
        else:
            together.append((level, [name]))
    used, placed = list(taken), []
    lines = [bottom_px(level) for level, _ in together]
    for level, names in together:
        text = ", ".join(names) + suffix
        wide = min(width, len(text) * CHARACTER_PX)
        for side, rise in ((side, rise * LINE_PX) for rise in (0, -1) for side in ("left", "right")):
            left = 4.0 if side == "left" else width - wide - 4
            low = bottom_px(level) + rise
            box = (left, low, left + wide, low + LINE_PX)
            middle = low + LINE_PX / 2
            own = min(lines, key=lambda line: abs(line - middle)) == bottom_px(level)
            if own and low >= 0 and box[3] <= height and not any(overlap(box, other) for other in used):
                used.append(box)
                placed.append(LineName(level=level, text=text, side=side, rise_px=rise, box=box))
                break
    return placed
