"""What a Plotly trace looks like on a panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from decisions.report.drawing.axes import Axis, NotDrawable
from decisions.report.drawing.shapes import Point, box, mark, paint, path, words

TEXT = "#0F172A"
SERIES = ("#0072B2", "#D55E00", "#009E73", "#B0578D", "#6B5B95", "#4D4D4D")


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A pair of axes with what the layout says of them."""

    x: Axis
    y: Axis
    x_layout: Mapping[str, Any]
    y_layout: Mapping[str, Any]


def trace(one: Mapping[str, Any], panel: Panel, number: int) -> str:
    """SVG of the ``number``-th trace. Raises NotDrawable for a type that our charts do not use."""
    kind = one.get("type", "scatter")
    colour = SERIES[number % len(SERIES)]
    if kind in ("scatter", "scattergl"):
        return _scatter(one, panel, colour)
    if kind == "bar":
        return _bars(one, panel, colour)
    raise NotDrawable(f"a trace of type {kind!r}")


def _scatter(one: Mapping[str, Any], panel: Panel, usual: str) -> str:
    xs, ys = _list(one.get("x")), _list(one.get("y"))
    modes = str(one.get("mode") or "lines").split("+")
    opacity = one.get("opacity") or 1.0
    out = []
    line = one.get("line") or {}
    if one.get("fill") not in (None, "none"):
        out.append(_filled(one, panel, xs, ys))
    if "lines" in modes:
        colour, width = line.get("color") or usual, float(line.get("width", 2))
        for piece in _pieces(xs, ys, panel, line.get("shape") or "linear"):
            out.append(path(piece, colour, width, line.get("dash") or "solid", opacity))
    marker = one.get("marker") or {}
    for side in ("x", "y"):
        out += _error_bars(one, side, xs, ys, panel, marker.get("color") or usual)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if x is None or y is None:
            continue
        px, py = panel.x.at(x), panel.y.at(y)
        if "markers" in modes:
            colour = _at(marker.get("color"), i) or usual
            edge = marker.get("line") or {}
            out.append(
                mark(
                    px,
                    py,
                    str(_at(marker.get("symbol"), i) or "circle"),
                    float(_at(marker.get("size"), i) or 6),
                    str(colour),
                    str(_at(edge.get("color"), i) or colour),
                    float(_at(edge.get("width"), i) or 0),
                    float(_number(_at(marker.get("opacity"), i), 1.0)) * opacity,
                )
            )
        if "text" in modes:
            out.append(_label(one, i, px, py))
    return "".join(out)


def _label(one: Mapping[str, Any], i: int, px: float, py: float) -> str:
    font = one.get("textfont") or {}
    size = float(_at(font.get("size"), i) or 12)
    where = str(_at(one.get("textposition"), i) or "middle center")
    anchor = "end" if "left" in where else "start" if "right" in where else "middle"
    dx = {"end": -8.0, "start": 8.0, "middle": 0.0}[anchor]
    dy = -8.0 if "top" in where else 8.0 + 0.7 * size if "bottom" in where else 0.33 * size
    text, colour = str(_at(one.get("text"), i) or ""), str(_at(font.get("color"), i) or TEXT)
    return words(px + dx, py + dy, text, size=size, colour=colour, anchor=anchor)


def _filled(one: Mapping[str, Any], panel: Panel, xs: list[Any], ys: list[Any]) -> str:
    if one["fill"] != "toself":
        raise NotDrawable(f"an area filled {one['fill']!r}")
    corners = " ".join(
        f"{panel.x.at(x):.2f},{panel.y.at(y):.2f}" for x, y in zip(xs, ys, strict=True) if None not in (x, y)
    )
    return f'<polygon points="{corners}" {paint("fill", one.get("fillcolor") or "rgba(0,114,178,0.1)")}/>'


def _pieces(xs: list[Any], ys: list[Any], panel: Panel, shape: str) -> Iterator[list[Point]]:
    """Lines broken where a value is missing; ``hv`` and ``vh`` are stairs."""
    piece: list[Point] = []
    for x, y in zip(xs, ys, strict=True):
        if x is None or y is None:
            yield piece
            piece = []
            continue
        here = (panel.x.at(x), panel.y.at(y))
        if piece and shape == "hv":
            piece.append((here[0], piece[-1][1]))
        elif piece and shape == "vh":
            piece.append((piece[-1][0], here[1]))
        piece.append(here)
    yield piece


def _error_bars(
    one: Mapping[str, Any], side: str, xs: list[Any], ys: list[Any], panel: Panel, usual: Any
) -> Iterator[str]:
    bars = one.get(f"error_{side}") or {}
    above = bars.get("array")
    if above is None or bars.get("visible") is False:
        return
    below = bars.get("arrayminus") if bars.get("arrayminus") is not None else above
    colour, width = str(bars.get("color") or _at(usual, 0)), float(bars.get("thickness") or 1.4)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        more, less = _at(above, i), _at(below, i)
        if None in (x, y, more, less):
            continue
        if side == "x":
            ends = [(panel.x.at(x - less), panel.y.at(y)), (panel.x.at(x + more), panel.y.at(y))]
        else:
            ends = [(panel.x.at(x), panel.y.at(y - less)), (panel.x.at(x), panel.y.at(y + more))]
        yield path(ends, colour, width)


def _bars(one: Mapping[str, Any], panel: Panel, usual: str) -> str:
    flat = one.get("orientation") == "h"
    lengths, places = (_list(one.get("x")), _list(one.get("y"))) if flat else (_list(one["y"]), _list(one["x"]))
    along, across = (panel.x, panel.y) if flat else (panel.y, panel.x)
    marker, out = one.get("marker") or {}, []
    step = abs(across.at_units(across.first + 1) - across.at_units(across.first)) if across.kind == "category" else 20.0
    for i, (length, place) in enumerate(zip(lengths, places, strict=True)):
        if length is None:
            continue
        base = _number(_at(one.get("base"), i), 0.0)
        half = step * float(_number(_at(one.get("width"), i), 0.8)) / 2
        start, end, middle = along.at(base), along.at(base + length), across.at(place)
        colour = str(_at(marker.get("color"), i) or usual)
        opacity = float(_number(_at(marker.get("opacity"), i), 1.0)) * (one.get("opacity") or 1.0)
        corners = (start, middle - half, end, middle + half) if flat else (middle - half, start, middle + half, end)
        out.append(box(*corners, colour, opacity))
        text = str(_at(one.get("text"), i) or "")
        if text and one.get("textposition") != "none":
            size = float(_at((one.get("textfont") or {}).get("size"), i) or 11)
            inside = one.get("textposition") in ("inside", "middle")
            if flat:
                outward = end >= start and not inside
                spot, anchor = (end + 4, "start") if outward else (end - 4, "end")
                colour = "#ffffff" if inside else TEXT
                out.append(words(spot, middle + 4, text, size=size, colour=colour, anchor=anchor))
            else:
                out.append(words(middle, end - 4, text, size=size, colour=TEXT, anchor="middle"))
    return "".join(out)


def _list(values: Any) -> list[Any]:
    return [] if values is None else [None if v is None or v != v else v for v in list(values)]


def _at(value: Any, i: int) -> Any:
    """The entry for mark ``i`` of a value that may be one for all."""
    return value[i] if isinstance(value, list | tuple) or hasattr(value, "__array__") else value


def _number(value: Any, usual: float) -> float:
    return usual if value is None else float(value)
