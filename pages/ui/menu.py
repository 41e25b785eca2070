"""The menu: one line of links that carry every input to the next page."""

from __future__ import annotations

import streamlit as st

from pages.ui.inputs import link_parameters

PAGES = (
    ("app.py", "Decide"),
    ("pages/Cliff.py", "Cliff"),
    ("pages/Compare.py", "Compare"),
    ("pages/Run.py", "Run"),
    ("pages/Data.py", "Your data"),
    ("pages/Prices.py", "Prices"),
    ("pages/Report.py", "Report"),
)


def menu(*, narrow: bool) -> None:
    """Links to all pages; what is set on this page goes along in the address."""
    parameters = link_parameters()
    with st.container(
        horizontal=True, gap="xxsmall" if narrow else "small", horizontal_alignment="left" if narrow else "right"
    ):
        for file, label in PAGES:
            st.page_link(file, label=label, query_params=parameters or None)
