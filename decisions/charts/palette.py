"""Colours, verdict marks and the layout shared by every chart, for light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from decisions.verdicts import Status

Settings = Mapping[str, Any]
SYMBOLS: dict[Status, str] = {"meets": "circle", "misses": "x", "unproven": "circle-open"}
METHOD_SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "triangle-down", "x", "pentagon",
    "triangle-right", "triangle-left",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours with at least 3:1 contrast on the page's background; blue/vermillion survive colour blindness."""

    text: str
    quiet: str
    grid: str
    background: str
    meets: str
    misses: str
    unproven: str
    region: str
    series: tuple[str, ...]

    def verdict(self, status: Status) -> str:
        """Colour of a verdict."""
        return {"meets": self.meets, "misses": self.misses, "unproven": self.unproven}[status]


LIGHT = Palette(
    text="#0F172A",
    quiet="#5B6675",
    grid="rgba(100,116,139,0.18)",
    background="#FFFFFF",
    meets="#0072B2",
    misses="#D55E00",
    unproven="#5B6675",
    region="rgba(0,114,178,0.07)",
    series=("#0072B2", "#D55E00", "#007A59", "#A5447F", "#5B6675", "#000000"),
)
DARK = Palette(
    text="#E6EAF0",
    quiet="#9AA6B5",
    grid="rgba(148,163,184,0.18)",
    background="#0F141A",
    meets="#4FB0E5",
    misses="#FF8B4A",
    unproven="#9AA6B5",
    region="rgba(79,176,229,0.10)",
    series=("#4FB0E5", "#FF8B4A", "#35C79A", "#E08BBE", "#9AA6B5", "#FFFFFF"),
)


def palette(dark: bool) -> Palette:
    """The palette for the page's theme."""
    return DARK if dark else LIGHT


def faded(colour: str, alpha: float) -> str:
    """A hex colour as rgba with the given opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def empty(figure: go.Figure, colours: Palette, text: str) -> go.Figure:
    """No axes, one sentence: why there is nothing to draw."""
    hidden = {"visible": False}
    dressed(figure, colours, height=90, xaxis=hidden, yaxis=hidden)
    figure.add_annotation(
        x=0.5, y=0.5, xref="paper", yref="paper", text=text, showarrow=False, font={"color": colours.quiet, "size": 13}
    )
    return figure


def dressed(
    figure: go.Figure,
    colours: Palette,
    *,
    height: int,
    xaxis: Settings | None = None,
    yaxis: Settings | None = None,
    **layout: Any,
) -> go.Figure:
    """Transparent background, quiet axes, no legend, no zoom traps: the look every chart shares.

    ``xaxis`` and ``yaxis`` hold for all axes of that kind; a title is given as ``{"title": {"text": …}}``.
    """
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": colours.quiet, "size": 12},
        "title": {"font": {"color": colours.quiet, "size": 12}},
        "fixedrange": True,
        "automargin": True,
    }
    look = {
        "height": height,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"color": colours.text, "size": 12},
        "hoverlabel": {"align": "left", "font": {"size": 12}},
    }
    own = {"xaxis": xaxis or {}, "yaxis": yaxis or {}}
    axes = {"xaxis", "yaxis", *(name for name in figure.layout if name[:5] in own)}
    lay_out(figure, look | layout | {name: _merged(axis, own[name[:5]]) for name in axes})
    return figure


def lay_out(figure: go.Figure, settings: Settings) -> None:
    """Add to the layout, a whole part at a time: each of Plotly's ``update_…`` takes ten times as long."""
    for name, value in settings.items():
        before = figure.layout[name].to_plotly_json() if isinstance(value, Mapping) else {}
        figure.layout[name] = _merged(before, value) if isinstance(value, Mapping) else value


def annotate(figure: go.Figure, notes: Sequence[Settings]) -> None:
    """Add annotations together: added one by one, each goes through all before it."""
    figure.layout.annotations = [*figure.layout.annotations, *notes]


def _merged(first: Settings, second: Settings) -> dict[str, Any]:
    """``second`` over ``first``, part by part."""
    inner = {
        name: _merged(first[name], value)
        for name, value in second.items()
        if isinstance(value, Mapping) and isinstance(first.get(name), Mapping)
    }
    return {**first, **second, **inner}
