"""The menu: one line of links that carry every input to the next page."""

from __future__ import annotations

import streamlit as st

from pages.ui.inputs import link_parameters

PAGES = (
    ("app.py", "Decide"),
    ("pages/Compare.py", "Compare"),
    ("pages/Decision.py", "Decision"),
    ("pages/Cliff.py", "Cliff"),
    ("pages/Patterns.py", "Patterns"),
    ("pages/Report.py", "Report"),
)
MORE = (
    ("pages/Data.py", "Your data"),
    ("pages/Run.py", "Run evals"),
    ("pages/Evidence.py", "Evidence"),
    ("pages/Prices.py", "Prices"),
    ("pages/Saved.py", "Saved decisions"),
)


FIRST_NARROW = 5  # as many as fit one line of a phone


def menu(title: str, *, narrow: bool) -> None:
    """Links to all pages, those that answer first; what is set on this page goes along in the address."""
    parameters = link_parameters() or None
    first = FIRST_NARROW if narrow else len(PAGES)
    more = (*PAGES[first:], *MORE)
    here = any(label.startswith(title) for _, label in more)
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="xxsmall" if narrow else "small",
        horizontal_alignment="left" if narrow else "right",
    ):
        for file, label in PAGES[:first]:
            st.page_link(file, label=label, query_params=parameters)
        with st.popover("**More**" if here else "More", type="tertiary"):
            for file, label in more:
                st.page_link(file, label=label, query_params=parameters)
