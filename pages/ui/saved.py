"""A saved decision in the address: what was known then, beside what is known now."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.fields import BadInput
from decisions.history.differences import Difference, differences, summary
from decisions.history.shelf import taken
from decisions.history.snapshot import Snapshot
from decisions.report.model import Report, build_report
from pages.ui import inputs
from pages.ui.wording import md
from pages.ui.workspace import Workspace

PARAMETER = "decision"
KINDS = {
    "answer": "Answer",
    "asked": "What was asked",
    "price": "Price",
    "score": "Score",
    "verdict": "Verdict",
    "option": "Option",
}


def recalled() -> Snapshot | None:
    """The saved decision named in the address; one that is not here is named on the page."""
    name = st.query_params.get(PARAMETER)
    if not name:
        return None
    try:
        return taken(name)
    except BadInput as error:
        inputs.complain(f"{error}. Showing the scenario as it is now.")
        return None


def since_then(then: Snapshot, workspace: Workspace) -> None:
    """One line under the top bar: what was decided, and what has changed since."""
    found = differences(then.report, present(workspace))
    changed = summary(found)
    changed = f"{changed} This page shows what is known now." if changed else "Nothing has changed since."
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f":material/bookmark: **{md(then.name)}**, saved {then.written:%Y-%m-%d}. {md(changed)}"
        )
        with st.container(horizontal=True):
            st.page_link(
                "pages/Saved.py",
                label="As it was then",
                icon=":material/history:",
                query_params=inputs.link_parameters(),
            )
            st.page_link(
                "app.py", label="As it is now", icon=":material/update:", query_params=inputs.link_parameters()
            )


def present(workspace: Workspace) -> Report:
    """What is known now, in the form in which decisions are kept."""
    return build_report(workspace.scenario, workspace.decision)


def differences_table(found: Sequence[Difference], first: str, second: str) -> None:
    """What differs, one row each, under the two names."""
    rows = [{"": KINDS[d.kind], "What": d.subject, first: d.then, second: d.now} for d in found]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
