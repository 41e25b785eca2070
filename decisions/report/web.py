"""Document → one HTML file: works offline, charts answer the mouse, nothing is fetched and nothing foreign runs."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from decisions.report.document import Block, Chart, Document
from decisions.report.drawing.figure import svg

CHART_PX = 900.0
# Draws each chart over its static picture, which stays where scripts do not run.
START = """
for (const place of document.querySelectorAll("[data-chart]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  place.replaceChildren();
  Plotly.newPlot(place, figure.data, figure.layout, {displayModeBar: false, responsive: true});
}
"""


def html(document: Document) -> str:
    """The page. Its policy lets run the two scripts below alone, by their hashes; texts are escaped by the template."""
    scripts = [get_plotlyjs(), START] if any(isinstance(b, Chart) for s in document.sections for b in s.blocks) else []
    return _template().render(
        document=document,
        kind=_kind,
        picture=_picture,
        data=_data,
        scripts=[Markup(script) for script in scripts],
        hashes=" ".join(f"'sha256-{_hash(script)}'" for script in scripts) or "'none'",
    )


def _kind(block: Block) -> str:
    return type(block).__name__


def _picture(chart: Chart) -> Markup:
    return Markup(svg(go.Figure(chart.figure), width=CHART_PX, title=chart.alt))


def _data(chart: Chart) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(chart.figure, ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
