"""Cliff: how much accuracy each bit buys, and where it breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from decisions.charts.cliff import cliff_chart, marks_key
from decisions.charts.kept import drawn
from decisions.claims import claims
from decisions.cliff import CliffRow
from decisions.cliff_words import cliff_sentences
from decisions.edges import Edge, edges
from decisions.wording import percent, points
from pages.ui import inputs
from pages.ui.archived import archived_line
from pages.ui.fidelity_table import fidelity_of, fidelity_table
from pages.ui.frame import frame
from pages.ui.links import address
from pages.ui.rules_of_thumb import rules_of_thumb
from pages.ui.wording import md

SYMBOL_WORDS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "star": "★",
    "hexagon": "⬢",
    "triangle-down": "▼",
    "x": "✖",
    "pentagon": "⬟",
    "triangle-right": "▶",
    "triangle-left": "◀",
}
SERIES_WORDS = ("blue", "orange", "green", "violet", "gray")


def table(rows: tuple[CliffRow, ...]) -> pd.DataFrame:
    """Everything the chart shows, in words."""
    return pd.DataFrame(
        [
            {
                "Task": row.task,
                "Model": row.model,
                "Quantization": row.quantization,
                "Method": row.method,
                "Bits per weight": row.bits_per_weight,
                "Score": percent(row.score),
                "Baseline": row.baseline,
                "Lost": None if row.lost is None else points(-row.lost, sign=True),
                "Interval": ""
                if row.low is None or row.high is None
                else f"{points(-row.high, sign=True)} to {points(-row.low, sign=True)}",
                "Items": row.n_items,
                "Same items": "yes" if row.paired else "no",
                "Zone": row.zone,
                "Why": row.reason,
                "Origin": row.origin,
                "Source": address(row.measurement.source, row.measurement.source_locator) or None,
            }
            for row in rows
        ]
    )


def edge_table(found: Sequence[Edge], titles: Mapping[str, str], models: Mapping[str, str]) -> pd.DataFrame:
    """Where each model breaks on each task: proven safe, proven broken, open between."""

    def named(row: CliffRow | None) -> str:
        return "nothing proven" if row is None else f"{row.quantization}, {row.bits_per_weight:.2f} bits"

    def between(edge: Edge) -> str:
        tried = f"{len(edge.unproven)} tried, none proven either way" if edge.unproven else "nothing tried"
        return "methods differ at equal bits" if edge.crossed else tried

    return pd.DataFrame(
        [
            {
                "Task": titles.get(edge.task, edge.task),
                "Model": models.get(edge.model, edge.model),
                "Safe down to": named(edge.safe),
                "Over the cliff from": named(edge.cliff),
                "Between": between(edge),
            }
            for edge in found
        ]
    )


workspace = frame("Cliff")
archived_line(workspace)

with st.sidebar:
    tolerance_points = inputs.number(
        "tolerance",
        "Tolerance, points lost",
        default=2.0,
        low=0.1,
        high=50.0,
        step=0.5,
        format="%.4g",
        help="Losing more than this against the model's own full precision counts as over the cliff.",
    )
tolerance = (tolerance_points or 2.0) / 100
points_lost = workspace.cliff(tolerance=tolerance)
rows, expected = points_lost.seen, points_lost.expected
if not rows:
    st.markdown("## No cliff to show yet")
    st.info(
        "This scenario has no scores yet. Start a measurement on the Run page; it fills in here.",
        icon=":material/hourglass_empty:",
    )
    st.stop()
titles = {**workspace.scenario.models, **workspace.scenario.tasks}
sentence, *others = cliff_sentences(rows, titles, workspace.scenario.status_quo.partition("@")[0])
st.markdown(f"## {md(sentence)}")
for other in others:
    st.markdown(md(other))
figure = drawn(
    cliff_chart,
    points_lost.rows,
    colours=workspace.colours,
    tolerance=tolerance,
    titles=workspace.scenario.tasks,
    models=workspace.scenario.models,
    narrow=workspace.narrow,
)
st.plotly_chart(figure, config={"displayModeBar": False}, alt=sentence, key="cliff_chart")
models, methods = marks_key(rows)
key = " · ".join(
    f":{SERIES_WORDS[i % len(SERIES_WORDS)]}[●] {md(workspace.scenario.models.get(name, name))}"
    for i, name in enumerate(models)
)
st.caption(f"{key} · " + " · ".join(f"{SYMBOL_WORDS[symbol]} {md(name)}" for name, symbol in methods))
st.caption(
    "Each mark is one quantization against its own model at full precision, or at the widest precision the same "
    "source measured (named in the table); bars are 95 % intervals. "
    "Methods are not joined by a line: two methods at equal bits are different things. "
    "Hollow: unproven, its bar crosses your tolerance."
    + (
        " Dash on a dotted bar: a forecast with its 80 % band, for a format nobody measured on that model; "
        "it proves nothing."
        if expected
        else ""
    )
)
st.dataframe(
    edge_table(edges(rows), workspace.scenario.tasks, workspace.scenario.models),
    hide_index=True,
    alt="Where each model breaks on each task",
)
if fidelity := fidelity_of(workspace):
    with st.expander("Beyond accuracy: flips, probabilities, calibration", icon=":material/troubleshoot:"):
        fidelity_table(fidelity, workspace.scenario.tasks, workspace.scenario.models)
rules_of_thumb(claims())
with st.expander("Data", icon=":material/table:"):
    st.dataframe(
        table(points_lost.rows),
        hide_index=True,
        column_config={
            "Source": st.column_config.LinkColumn(display_text="open"),
            "Bits per weight": st.column_config.NumberColumn(format="%.2f"),
        },
    )
