"""Evidence: every measurement of every origin, which cells are known, and runs brought from elsewhere."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from decisions.charts.coverage import MARKS, cell_name, coverage_chart
from decisions.coverage import CoverageCell, counts, coverage, matching, most_covered
from decisions.evidence import every_measurement
from decisions.forecasts import forecast_rows
from evals.measurements import ORIGINS, Measurement
from pages.ui import inputs
from pages.ui.evidence_cells import show_cell
from pages.ui.evidence_imports import imports_section
from pages.ui.evidence_tables import coverage_table, measurements_table
from pages.ui.frame import frame
from pages.ui.live import STORE_TROUBLE
from pages.ui.wording import md
from pages.ui.workspace import Workspace

CHART_KEY = "coverage_chart"
WORDS = {"measured": "measured here", "imported": "imported", "published": "published"}
MODELS_SHOWN = 2
MOST_PX = 560  # a taller map scrolls


def pick_cell() -> None:
    """A click on a mark puts its cell into the address."""
    points = st.session_state[CHART_KEY]["selection"]["points"]
    if points and points[0].get("customdata"):
        data = points[0]["customdata"]
        inputs.put("cell", str(data[0] if isinstance(data, list | tuple) else data))


def opening_models(workspace: Workspace, every: list[Measurement]) -> list[str]:
    """The scenario's own models where anything is known of them, else those known best."""
    known = {m.model for m in every}
    return [name for name in workspace.scenario.models if name in known] or most_covered(every, MODELS_SHOWN)


def chart_and_cell(cells: tuple[CoverageCell, ...], workspace: Workspace, sentence: str) -> None:
    """The map beside the chosen cell."""
    by_name = {cell_name(cell): cell for cell in cells}
    left, right = st.columns([2.15, 1], gap="medium")
    with right, st.container(border=True):
        titles = {name: f"{c.model.rsplit('/', 1)[-1]} {c.quantization}, {c.task_group}" for name, c in by_name.items()}
        first = next((name for name, c in by_name.items() if c.standing == "missing"), next(iter(by_name)))
        chosen = inputs.choice("cell", "Cell", list(by_name), default=first, titles=titles)
        show_cell(by_name[chosen])
    figure = coverage_chart(cells, workspace.colours, narrow=workspace.narrow)
    with left, st.container(height=MOST_PX if figure.layout.height > MOST_PX else "content", border=False):
        st.plotly_chart(
            figure,
            key=CHART_KEY,
            on_select=pick_cell,
            selection_mode="points",
            config={"displayModeBar": False},
            alt=sentence,
        )
    with left:
        key = " · ".join(f"{mark} {standing}" for standing, mark in MARKS.items())
        st.caption(f"{key}. Click a mark for its cell.")


workspace = frame("Evidence")
try:
    every = list(every_measurement())
except STORE_TROUBLE as error:
    st.markdown("## Results kept here cannot be read")
    st.error(md(str(error)), icon=":material/error:")
    st.stop()
tally = Counter[str](m.origin for m in every)
told = ", ".join(f"{tally[origin]:,} {words}" for origin, words in WORDS.items() if tally[origin])
st.markdown(f"## {len(every):,} measurements: {told}")

st.markdown("#### What is known")
with st.container(horizontal=True, vertical_alignment="bottom"):
    names = most_covered(every, len(every))
    chosen_models = inputs.choices(
        "known", "Models", names, default=opening_models(workspace, every), max_selections=8, width=520
    )
    with_forecasts = st.toggle(
        "Fill in forecasts", help="Expect what nobody measured from published losses at the same bits. Takes a while."
    )
of_models = [m for m in every if m.model in chosen_models]
expected = [row.measurement for row in forecast_rows(of_models)] if with_forecasts else []
cells = coverage([*of_models, *expected], chosen_models)
if cells:
    found = counts(cells)
    sentence = f"Of {len(cells):,} cells, " + ", ".join(f"{n:,} are {standing}" for standing, n in found.items() if n)
    st.markdown(f"{sentence}.")
    chart_and_cell(cells, workspace, sentence)
    with st.expander("The map as a table", icon=":material/table:"):
        coverage_table(cells)
else:
    st.info("Choose at least one model.", icon=":material/edit:")

st.markdown("#### Every measurement")
with st.container(horizontal=True, vertical_alignment="bottom"):
    text = inputs.text("search", "Search", placeholder="a model, task, source …", width=210)
    origins = inputs.choices("origin", "Origin", [o for o in ORIGINS if tally[o]], default=[], width=160)
    models = inputs.choices("model", "Model", sorted({m.model for m in every}), default=[], width=200)
    labels = inputs.choices("quant", "Quantization", sorted({m.quantization for m in every}), default=[], width=180)
    groups = inputs.choices("group", "Task group", sorted({m.task_group for m in every}), default=[], width=170)
shown = matching(every, origins=origins, models=models, quantizations=labels, task_groups=groups, text=text)
if shown:
    st.caption(f"{len(shown):,} of {len(every):,} measurements")
    measurements_table(shown)
else:
    st.info("Nothing passes these filters.", icon=":material/filter_alt_off:")
imports_section()
