"""Says on pages that read items which of them are in an archive."""

from __future__ import annotations

import streamlit as st

from decisions.evidence import archived_words
from pages.ui.wording import md
from pages.ui.workspace import Workspace


def archived_line(workspace: Workspace) -> None:
    """One line where items of the scenario are archived: what is missing, where it is, how it comes back."""
    words, commands = archived_words(workspace.measurements)
    if words:
        st.info(md(words), icon=":material/inventory_2:")
        st.code("\n".join(commands), language="bash")
