"""One quiet line while evals run on this machine; the page stays usable."""

from __future__ import annotations

import os

import streamlit as st

from evals import runs
from evals.race import Standing
from evals.races import standing
from pages.ui import inputs
from pages.ui.access import may_write, writing

STORE_TROUBLE = (OSError, ValueError, RuntimeError)


def live_line(*, refreshes: bool) -> None:
    """How a run or a race here stands, in one sentence; ``refreshes`` reruns the page as cells finish."""
    try:
        status = runs.status(None)
    except STORE_TROUBLE as error:
        inputs.complain(f"Results measured here cannot be read: {error}")
        return
    if status is not None and status.state == "running":
        _ticking(refreshes, status.cells_done)


@st.fragment(run_every=3)
def _ticking(refreshes: bool, cells_done_before: int) -> None:
    status = runs.status(None)
    if status is None or status.state != "running":
        st.rerun(scope="app")
        return
    race = standing(status.run)
    st.caption(f":material/progress_activity: {race_progress(race) if race else progress_sentence(status)}")
    if refreshes and status.cells_done != cells_done_before:
        st.rerun(scope="app")


def race_progress(race: Standing) -> str:
    """Who is still in and the model calls so far, in words."""
    left = sum(c.status in ("open", "waiting") for c in race.candidates)
    spent = f"{race.result.calls:,} of {race.result.full_grid_calls:,} model calls"
    return f"Racing: {left} of {len(race.candidates)} candidates still in, {spent} so far."


def progress_sentence(status: object) -> str:
    """Cells done and time left, in words."""
    done, total = getattr(status, "cells_done", 0), getattr(status, "cells_total", 0)
    if reason := getattr(status, "reason", ""):
        return f"Measuring here waits at {done} of {total} cells: {reason}."
    return f"Measuring here: {done} of {total} cells, {time_left(getattr(status, 'seconds_left', None))}."


def time_left(seconds_left: float | None) -> str:
    """``about 3 min left``."""
    if seconds_left is None:
        return "time left not yet known"
    if seconds_left < 60:
        return "less than a minute left"
    return f"about {round(seconds_left / 60)} min left"


def start_demo() -> None:
    """Let the demo plan begin by itself where there are no local results yet; once a session.

    On a team's server only an editor's visit starts it. ``BITBUDGET_DEMO=off`` in the server's environment keeps it
    from starting.
    """
    if os.environ.get("BITBUDGET_DEMO", "").lower() in ("off", "0", "no"):
        return
    if st.session_state.get("_demo_asked"):
        return
    st.session_state["_demo_asked"] = True
    if not may_write():
        return
    try:
        with writing("start the demo evals"):
            runs.ensure_demo()
    except STORE_TROUBLE as error:
        inputs.complain(f"The demo measurement could not start: {error}")
