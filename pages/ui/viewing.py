"""The decision view of a page run: it takes seconds, so it is kept for the session while the question is the same."""

from __future__ import annotations

import streamlit as st

from decisions.view import DecisionView, decision_view
from pages.ui.workspace import Workspace
from pricing import overrides

KEPT = "_decision_view"


def viewed(workspace: Workspace) -> DecisionView:
    """What would change the decision, how sure it is and the way back; a spinner while it is made."""
    asked = (workspace.scenario, workspace.decision, overrides.read())
    kept = st.session_state.get(KEPT)
    if kept is not None and kept[0] == asked:
        found: DecisionView = kept[1]
        return found
    with st.spinner("Deciding again on both sides of every line …", show_time=True):
        made = decision_view(
            workspace.scenario,
            workspace.measurements,
            workspace.book,
            workspace.item_scores,
            decision=workspace.decision,
        )
    st.session_state[KEPT] = (asked, made)
    return made
