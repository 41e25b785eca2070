"""Run: measure variants on this machine, watch the cells fill in, see what each run was."""

from __future__ import annotations

from functools import partial

import streamlit as st

from decisions.charts.run_grid import run_grid
from evals import runs
from evals.availability import shows_only
from evals.race import Standing
from evals.race_spec import spec_from
from evals.races import standing
from pages.ui.access import write_button
from pages.ui.endpoints import your_models
from pages.ui.frame import frame
from pages.ui.live import STORE_TROUBLE, progress_sentence, start_demo
from pages.ui.race_view import race_heading, show_race
from pages.ui.run_history import history, shown_run, when
from pages.ui.run_nodes import show_nodes
from pages.ui.run_plan import new_run
from pages.ui.wording import md
from pages.ui.workspace import Workspace


def show_run(workspace: Workspace, status: runs.RunStatus, race: Standing | None) -> None:
    """Progress, the grid of cells or the race, and cancel or resume."""
    run = status.run
    bar = st.container(horizontal=True, vertical_alignment="center")
    with bar:
        text = f"{status.items_done:,} of {status.items_total:,} items"
        if status.state != "done" and race is None:
            st.progress(min(1.0, status.items_done / max(1, status.items_total)), text=text)
        cancelled = status.state == "running" and write_button(
            "Cancel",
            "cancel a run",
            run,
            partial(runs.cancel, run),
            icon=":material/stop_circle:",
            help="What is measured so far stays.",
        )
        resumable = status.state in ("interrupted", "cancelled", "paused") and not shows_only()
        resumed = resumable and write_button(
            "Resume",
            "resume a run",
            run,
            partial(runs.reopen, run),
            icon=":material/play_arrow:",
            help="Goes on at the item where it stopped.",
        )
        if cancelled or resumed:
            st.rerun(scope="app")
    if status.reason:
        st.warning(md(status.reason), icon=":material/pause_circle:")
    if race is not None:
        show_race(workspace, status, race, spec_from(status.plan))
    else:
        show_grid(workspace, run, status)
        show_nodes(workspace, status)
    for reason in dict.fromkeys(cell.reason for cell in status.cells if cell.state == "done" and cell.reason):
        st.caption(md(reason))
    troubled = [cell for cell in status.cells if cell.state in ("failed", "not run")]
    if troubled:
        with st.expander(f"{len(troubled)} cells did not run", icon=":material/error:"):
            for reason in dict.fromkeys(cell.reason for cell in troubled):
                names = [f"{c.model} {c.quantization} {c.task_group}" for c in troubled if c.reason == reason]
                st.markdown(
                    f"{md(reason or 'no reason given')}  \n"
                    f":gray[{md(', '.join(names[:6]))}{' …' if len(names) > 6 else ''}]"
                )


def show_grid(workspace: Workspace, run: str, status: runs.RunStatus) -> None:
    """Scores, variant by task."""
    st.plotly_chart(
        run_grid(status.cells, workspace.colours, narrow=workspace.narrow),
        key=f"grid_{run}",
        config={"displayModeBar": False},
        alt=f"Scores of {status.cells_done} of {status.cells_total} cells, variant by task",
    )
    st.caption(
        "Share of items right in each cell, deeper blue is better. · queued, … running. "
        "Hover a cell for items, interval and time."
    )


@st.fragment(run_every=2)
def watch(workspace: Workspace, run: str) -> None:
    """Redraws itself while the run goes on, then the whole page once."""
    status = runs.status(run)
    if status is None or status.state != "running":
        st.rerun(scope="app")
        return
    race = standing(run)
    st.markdown(f"## {md(race_heading(race, status.state) if race else progress_sentence(status))}")
    show_run(workspace, status, race)


@st.fragment(run_every=5)
def resumed_elsewhere(run: str, state: runs.RunState) -> None:
    """Redraws the page once someone goes on with a run that stands still here."""
    if runs.state(run) != state:
        st.rerun(scope="app")


workspace = frame("Run", live=False)
start_demo()
try:
    every = runs.runs()
except STORE_TROUBLE as error:
    st.markdown("## Results measured here cannot be read")
    st.error(str(error), icon=":material/error:")
    st.stop()
shown = shown_run(every)
if shown is None:
    st.markdown("## Nothing has been measured here yet")
    st.markdown(shows_only() or "Choose what to measure below. It runs in the background; the other pages stay usable.")
elif shown.state == "running":
    watch(workspace, shown.run)
else:
    words = {"done": "Measured here", "cancelled": "Stopped", "paused": "Paused", "interrupted": "Interrupted"}[
        shown.state
    ]
    race = standing(shown.run)
    which = "the last run" if shown is every[0] else f"the run of {when(shown.created)}"
    measured = f"{words}: {shown.cells_done} of {shown.cells_total} cells of {which}"
    st.markdown(f"## {md(race_heading(race, shown.state) if race else measured)}")
    show_run(workspace, shown, race)
    if shown.state != "done":
        resumed_elsewhere(shown.run, shown.state)
if not shows_only():
    your_models()
    new_run(workspace, expanded=shown is None or "tasks" in st.query_params)
history(every)
