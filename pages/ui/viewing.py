"""What takes seconds to find out is kept for the session while the question stays the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import streamlit as st

from decisions.report.building import whole_report
from decisions.report.model import Report
from decisions.report.people import People
from decisions.view import DecisionView
from pages.ui.workspace import Workspace
from pricing import overrides


def viewed(workspace: Workspace) -> DecisionView:
    """What would change the decision, how sure it is and the way back; a spinner while it is made."""

    def make() -> DecisionView:
        with st.spinner("Deciding again on both sides of every line …", show_time=True):
            return workspace.view()

    return cast(DecisionView, _kept("view", _asked(workspace), make))


def reported(workspace: Workspace, people: People) -> Report:
    """The whole report of what the page shows."""

    def make() -> Report:
        evidence = (workspace.measurements, workspace.book, workspace.item_scores)
        return whole_report(workspace.scenario, evidence=evidence, view=viewed(workspace), people=people)

    return cast(Report, _kept("report", (*_asked(workspace), people), make))


def _asked(workspace: Workspace) -> tuple[Any, ...]:
    return workspace.scenario, workspace.decision, overrides.read()


def _kept(name: str, asked: Any, make: Callable[[], Any]) -> Any:
    key = f"_kept_{name}"
    if key not in st.session_state or st.session_state[key][0] != asked:
        st.session_state[key] = (asked, make())
    return st.session_state[key][1]
