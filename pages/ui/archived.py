"""Says on pages that read items which of them are in an archive."""

from __future__ import annotations

import streamlit as st

from decisions.evidence import archived_words
from pages.ui.workspace import Workspace


def archived_line(workspace: Workspace) -> None:
    """One line where items of the scenario are archived: what is missing, where it is, how it comes back."""
    if words := archived_words(workspace.measurements):
        st.info(words, icon=":material/inventory_2:")
