"""Pieces of SVG: lines, marks and text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from decisions.report.drawing.axes import NotDrawable

DASHES = {"solid": "", "dot": "1.5 3", "dash": "6 4", "dashdot": "6 3 1.5 3", "longdash": "10 4"}
FONT = "Libertinus Serif, Source Sans Pro, Helvetica, Arial, sans-serif"
_RGBA = re.compile(r"rgba?\(\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*(?:,\s*([\d.]+)\s*)?\)")
_TAGS = re.compile(r"<(/?)(b|i|br)\s*/?>")
Point = tuple[float, float]
_QUARTERS = ((1, 1, 1), (1, -1, -1), (-1, -1, 1), (-1, 1, -1))  # signs of x and y, direction of the arm's corners


def paint(name: str, colour: str | None, opacity: float = 1.0) -> str:
    """``fill="#0072b2" fill-opacity="0.5"``: SVG takes no alpha in a colour everywhere."""
    if not colour or colour in ("rgba(0,0,0,0)", "transparent"):
        return f'{name}="none"'
    found = _RGBA.fullmatch(colour)
    if found:
        red, green, blue = (round(float(found[i])) for i in (1, 2, 3))
        opacity *= float(found[4]) if found[4] is not None else 1.0
        colour = f"#{red:02x}{green:02x}{blue:02x}"
    alpha = f' {name}-opacity="{opacity:.3g}"' if opacity < 1 else ""
    return f"{name}={quoteattr(colour)}{alpha}"


def path(points: Sequence[Point], colour: str, width: float, dash: str = "solid", opacity: float = 1.0) -> str:
    """A line through points."""
    if len(points) < 2:
        return ""
    d = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    dashes = f' stroke-dasharray="{DASHES[dash]}"' if DASHES.get(dash) else ""
    return f'<path d="{d}" fill="none" {paint("stroke", colour, opacity)} stroke-width="{width:g}"{dashes}/>'


def box(x0: float, y0: float, x1: float, y1: float, fill: str, opacity: float = 1.0, line: str = "") -> str:
    """A filled rectangle between two corners."""
    left, top = min(x0, x1), min(y0, y1)
    return (
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{abs(x1 - x0):.2f}" height="{abs(y1 - y0):.2f}" '
        f"{paint('fill', fill, opacity)}{' ' + line if line else ''}/>"
    )


def words(x: float, y: float, text: str, *, size: float, colour: str, anchor: str = "start", turn: float = 0) -> str:
    """Text with its baseline at ``y``; ``<b>``, ``<i>`` and ``<br>`` as Plotly writes them, everything else literal."""
    if not text:
        return ""
    lines = re.split(r"<br\s*/?>", text)
    turned = f' transform="rotate({turn:g} {x:.2f} {y:.2f})"' if turn else ""
    out = []
    for number, line in enumerate(lines):
        weight = ' font-weight="bold"' if "<b>" in line else ""
        style = ' font-style="italic"' if "<i>" in line else ""
        plain = escape(_TAGS.sub("", line).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        down = y + 1.2 * size * number
        out.append(
            f'<text x="{x:.2f}" y="{down:.2f}" font-size="{size:g}" text-anchor="{anchor}" '
            f"{paint('fill', colour)}{weight}{style}{turned}>{plain}</text>"
        )
    return "".join(out)


def mark(x: float, y: float, symbol: str, size: float, colour: str, line: str, width: float, opacity: float) -> str:
    """One marker of Plotly's shapes; ``-open`` draws the outline only."""
    name, is_open = symbol.removesuffix("-open"), symbol.endswith("-open")
    r = size / 2
    stroke = paint("stroke", colour if is_open else line, opacity)
    width = max(width, 1.0) if is_open else width
    style = f'{paint("fill", None if is_open else colour, opacity)} {stroke} stroke-width="{width:g}"'
    if name == "circle":
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{r:.2f}" {style}/>'
    outline = _outline(name, r)
    return f'<path d="M{"L".join(f"{x + dx:.2f} {y + dy:.2f}" for dx, dy in outline)}Z" {style}/>'


def _outline(name: str, r: float) -> list[Point]:
    if name == "square":
        return [(-r, -r), (r, -r), (r, r), (-r, r)]
    if name == "diamond":
        d = 1.3 * r
        return [(0, -d), (d, 0), (0, d), (-d, 0)]
    if name in ("triangle-up", "triangle-down"):
        up = 1 if name == "triangle-up" else -1
        return [(-1.15 * r, up * 0.58 * r), (1.15 * r, up * 0.58 * r), (0, -up * 1.16 * r)]
    if name in ("triangle-right", "triangle-left"):
        right = 1 if name == "triangle-right" else -1
        return [(-right * 0.58 * r, -1.15 * r), (-right * 0.58 * r, 1.15 * r), (right * 1.16 * r, 0)]
    if name in ("cross", "x"):
        a, b = 0.4 * r, r
        arm = [(a, -b), (a, -a), (b, -a)]
        cross = [(sx * px, sy * py) for sx, sy, part in _QUARTERS for px, py in arm[::part]]
        turn = math.sqrt(0.5)
        return cross if name == "cross" else [(turn * (px - py), turn * (px + py)) for px, py in cross]
    if name in ("hexagon", "pentagon", "star"):
        corners = {"hexagon": 6, "pentagon": 5, "star": 10}[name]
        radii = [1.1 * r, 0.5 * r] if name == "star" else [1.1 * r]
        turns = [2 * math.pi * i / corners - math.pi / 2 for i in range(corners)]
        return [(radii[i % len(radii)] * math.cos(t), radii[i % len(radii)] * math.sin(t)) for i, t in enumerate(turns)]
    if name == "line-ns":
        return [(0, -r), (0, r)]
    raise NotDrawable(f"a marker of shape {name!r}")
