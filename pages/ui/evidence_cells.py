"""One cell of the coverage map: what is known of it, and the click that measures it."""

from __future__ import annotations

import streamlit as st

from decisions.charts.coverage import MARKS
from decisions.coverage import CoverageCell
from decisions.wording import score
from evals.models import named_models
from evals.quantizations import QUANTIZATIONS
from evals.tasks import tasks
from pages.ui import inputs
from pages.ui.explain import sources_line
from pages.ui.wording import md

SHOWN = 6


def show_cell(cell: CoverageCell) -> None:
    """The cell's measurements with their sources, and a link that measures it here."""
    st.markdown(f"**{md(cell.model)} {md(cell.quantization)}**, {md(cell.task_group)}")
    st.markdown(f"{MARKS[cell.standing]} {cell.standing}")
    for measurement in cell.measurements[:SHOWN]:
        seen = score(measurement.score, measurement.low, measurement.high)
        st.markdown(f"**{md(measurement.task)}** {md(seen)}  \n{sources_line(measurement)}")
    if len(cell.measurements) > SHOWN:
        st.caption(f"and {len(cell.measurements) - SHOWN} more in the table below")
    if why := why_not_here(cell):
        st.caption(md(why))
        return
    st.page_link(
        "pages/Run.py",
        label="Measure this cell",
        icon=":material/play_arrow:",
        query_params=inputs.link_parameters(
            models=cell.model, quantizations=cell.quantization, tasks=inputs.SEPARATOR.join(tasks_of(cell))
        ),
    )


def tasks_of(cell: CoverageCell) -> list[str]:
    """The shipped tasks of the cell's group."""
    return [name for name, task in tasks().items() if task.group == cell.task_group]


def why_not_here(cell: CoverageCell) -> str:
    """Why the cell cannot be measured with a click; "" if it can."""
    if cell.model not in named_models():
        name = cell.model.rsplit("/", 1)[-1]
        return f"To measure it here, name the model's folder: python -m evals run --models ./{name}"
    if cell.quantization not in QUANTIZATIONS:
        return f"{cell.quantization} is not among the quantizations that can be made here."
    if not tasks_of(cell):
        return f"No shipped task is of the group {cell.task_group}."
    return ""
