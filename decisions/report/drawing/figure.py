"""A Plotly figure as one SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

import plotly.graph_objects as go

from decisions.report.drawing.axes import Axis, NotDrawable, axis_of, ticks_of
from decisions.report.drawing.shapes import FONT, box, path, words
from decisions.report.drawing.traces import TEXT, Panel, trace

CHARACTER = 0.5  # mean width of a letter over its height


def svg(figure: go.Figure, *, width: float, height: float | None = None, title: str = "") -> str:
    """The drawing, ``width`` × ``height`` pixels (the figure's own height if left out); ``title`` is its text
    alternative. Raises NotDrawable naming the part that has no static form.
    """
    plain = figure.to_plotly_json()
    layout, data = plain["layout"], [t for t in plain["data"] if t.get("visible") is not False]
    if layout.get("images") or layout.get("sliders") or layout.get("updatemenus"):
        raise NotDrawable("images, sliders or menus")
    height = float(height or layout.get("height") or 400)
    frame = _margins(layout, width, height)
    panels = _panels(layout, data, frame)
    body: list[str] = []
    shapes = layout.get("shapes") or ()
    body += [_shape(s, panels, frame) for s in shapes if s.get("layer") in ("below", "between")]
    for panel in panels.values():
        body += _grid(panel, frame)
    for number, one in enumerate(data):
        panel = panels[one.get("xaxis") or "x", one.get("yaxis") or "y"]
        clip = list(panels.values()).index(panel)
        body.append(f'<g clip-path="url(#c{clip})">{trace(one, panel, number)}</g>')
    body += [_shape(s, panels, frame) for s in shapes if s.get("layer") not in ("below", "between")]
    body += [_annotation(a, panels, frame) for a in layout.get("annotations") or ()]
    clips = "".join(f'<clipPath id="c{i}">{_clip(panel)}</clipPath>' for i, panel in enumerate(panels.values()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}">'
        f"<title>{escape(title)}</title><defs>{clips}</defs>{''.join(body)}</svg>"
    )


Frame = tuple[float, float, float, float]  # left, top, right, bottom of the plot in pixels


def _margins(layout: Mapping[str, Any], width: float, height: float) -> Frame:
    given = layout.get("margin") or {}
    left, right, top, bottom = (float(given.get(side) or 8) for side in "lrtb")
    for _, axis in _axes(layout, "yaxis"):
        texts = [str(t) for t in axis.get("ticktext") or ()] or ["100 %"]
        longest = max(len(line) for text in texts for line in text.split("<br>"))
        titled = 18 if (axis.get("title") or {}).get("text") else 0
        left = max(left, longest * 12 * CHARACTER + 12 + titled)
    if any((axis.get("title") or {}).get("text") for _, axis in _axes(layout, "xaxis")):
        bottom = max(bottom, 44.0)
    return left, top + 4, width - right - 6, height - max(bottom, 26.0)


def _axes(layout: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in layout.items():
        if name.startswith(kind) and isinstance(value, Mapping):
            yield name[0] + name[5:], value


def _panels(layout: Mapping[str, Any], data: list[Any], frame: Frame) -> dict[tuple[str, str], Panel]:
    left, top, right, bottom = frame
    pairs = list(dict.fromkeys((t.get("xaxis") or "x", t.get("yaxis") or "y") for t in data)) or [("x", "y")]
    xs, ys = dict(_axes(layout, "xaxis")), dict(_axes(layout, "yaxis"))
    found = {}
    for x_name, y_name in pairs:
        x_layout, y_layout = xs.get(x_name, {}), ys.get(y_name, {})
        x_ends, y_ends = x_layout.get("domain") or (0, 1), y_layout.get("domain") or (0, 1)
        mine = [t for t in data if (t.get("xaxis") or "x") == x_name or x_layout.get("matches") == t.get("xaxis")]
        level = [t for t in data if y_name in (t.get("yaxis") or "y", y_layout.get("matches"))]
        found[x_name, y_name] = Panel(
            x=axis_of(
                x_layout,
                _values(mine, "x"),
                left + x_ends[0] * (right - left),
                left + x_ends[1] * (right - left),
            ),
            y=axis_of(
                y_layout,
                _values(level, "y"),
                bottom - y_ends[0] * (bottom - top),
                bottom - y_ends[1] * (bottom - top),
            ),
            x_layout=x_layout,
            y_layout=y_layout,
        )
    return found


def _values(data: list[Any], side: str) -> list[Any]:
    found: list[Any] = []
    for one in data:
        values = one.get(side)
        found += [] if values is None else [v for v in values if v is not None]
        if one["type"] == "bar" and side == ("x" if one.get("orientation") == "h" else "y"):
            found.append(0.0)
    return found


def _grid(panel: Panel, frame: Frame) -> list[str]:
    out = []
    x, y, quiet = panel.x, panel.y, "#5B6675"
    for place, text in ticks_of(panel.x_layout, x):
        if panel.x_layout.get("showgrid") is not False:
            out.append(path([(place, y.start), (place, y.end)], "#e3e7ec", 0.7))
        out.append(words(place, y.start + 15, text, size=11, colour=quiet, anchor="middle"))
    for place, text in ticks_of(panel.y_layout, y):
        if panel.y_layout.get("showgrid") is not False:
            out.append(path([(x.start, place), (x.end, place)], "#e3e7ec", 0.7))
        if (panel.y_layout.get("side") != "right" and abs(x.start - frame[0]) < 1) or not panel.y_layout.get("matches"):
            out.append(words(x.start - 6, place + 4, text, size=11, colour=quiet, anchor="end"))
    out.append(path([(x.start, y.start), (x.end, y.start)], "#c9d0d8", 0.8))
    x_title = (panel.x_layout.get("title") or {}).get("text") or ""
    y_title = (panel.y_layout.get("title") or {}).get("text") or ""
    out.append(words((x.start + x.end) / 2, y.start + 34, x_title, size=11, colour=quiet, anchor="middle"))
    middle = (y.start + y.end) / 2
    out.append(words(12, middle, y_title, size=11, colour=quiet, anchor="middle", turn=-90))
    return out


def _clip(panel: Panel) -> str:
    x, y = panel.x, panel.y
    return box(x.start - 14, y.start + 4, x.end + 14, y.end - 14, "#000000")


def _place(ref: str | None, value: Any, side: str, panels: Mapping[tuple[str, str], Panel], frame: Frame) -> float:
    """Pixels of a value counted in data, in shares of an axis, or in shares of the whole plot."""
    if ref == "paper":
        left, top, right, bottom = frame
        return left + value * (right - left) if side == "x" else bottom - value * (bottom - top)
    name, _, domain = (ref or side).partition(" ")
    axis: Axis | None = next(
        (getattr(p, side) for pair, p in panels.items() if pair[0 if side == "x" else 1] == name), None
    )
    if axis is None:
        raise NotDrawable(f"a reference to axis {name!r}, which holds no data")
    return axis.fraction(value) if domain else axis.at(value)


def _shape(shape: Mapping[str, Any], panels: Mapping[tuple[str, str], Panel], frame: Frame) -> str:
    x0, x1 = (_place(shape.get("xref"), shape[end], "x", panels, frame) for end in ("x0", "x1"))
    y0, y1 = (_place(shape.get("yref"), shape[end], "y", panels, frame) for end in ("y0", "y1"))
    line, opacity = shape.get("line") or {}, shape.get("opacity") or 1.0
    if shape["type"] == "line":
        colour = line.get("color") or TEXT
        return path([(x0, y0), (x1, y1)], colour, float(line.get("width") or 1), line.get("dash") or "solid", opacity)
    if shape["type"] == "rect":
        return box(x0, y0, x1, y1, shape.get("fillcolor") or "", opacity)
    raise NotDrawable(f"a shape of type {shape['type']!r}")


def _annotation(note: Mapping[str, Any], panels: Mapping[tuple[str, str], Panel], frame: Frame) -> str:
    if note.get("showarrow", True):
        raise NotDrawable(f"an annotation with an arrow ({note.get('text')!r})")
    font = note.get("font") or {}
    size = float(font.get("size") or 12)
    text = str(note.get("text") or "")
    x = _in_data(note, "x", panels, frame) + float(note.get("xshift") or 0)
    y = _in_data(note, "y", panels, frame) - float(note.get("yshift") or 0)
    lines = text.count("<br>")
    down = {"top": 0.85 * size, "middle": 0.33 * size - 0.6 * size * lines, "bottom": -0.25 * size - 1.2 * size * lines}
    anchor = {"left": "start", "right": "end", "center": "middle"}[_anchor(note, "xanchor", "center")]
    y += down[_anchor(note, "yanchor", "middle")]
    turn = float(note.get("textangle") or 0)
    return words(x, y, text, size=size, colour=font.get("color") or TEXT, anchor=anchor, turn=turn)


def _anchor(note: Mapping[str, Any], name: str, usual: str) -> str:
    given = note.get(name)
    return usual if given in (None, "auto") else str(given)


def _in_data(note: Mapping[str, Any], side: str, panels: Mapping[tuple[str, str], Panel], frame: Frame) -> float:
    """Annotations on a logarithmic axis are placed by the power of ten."""
    ref, value = note.get(f"{side}ref"), note[side]
    name = (ref or side).partition(" ")[0]
    axis = next((getattr(p, side) for pair, p in panels.items() if pair[0 if side == "x" else 1] == name), None)
    if axis is not None and ref != "paper" and " " not in (ref or "") and axis.kind == "log":
        return float(axis.at_units(float(value))) if math.isfinite(float(value)) else 0.0
    return _place(ref, value, side, panels, frame)
