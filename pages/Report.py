"""Report: the present decision as a document to send."""

from __future__ import annotations

import streamlit as st

from decisions.report.formats import render
from decisions.report.model import build_report
from pages.ui.frame import frame
from pages.ui.wording import md

FILES = {
    "md": ("Markdown", "text/markdown", ":material/article:"),
    "html": ("HTML", "text/html", ":material/public:"),
    "csv": ("CSV", "text/csv", ":material/table:"),
    "json": ("JSON", "application/json", ":material/data_object:"),
}

workspace = frame("Report")
decision = workspace.decision
st.markdown(f"## {md(decision.sentence)}")
st.markdown(
    "One page for whoever decides: the question, the answer, the options with reasons, "
    "and where every number comes from."
)
report = build_report(workspace.scenario, decision)
with st.container(horizontal=True):
    for suffix, (label, mime, icon) in FILES.items():
        st.download_button(
            label,
            render(report, suffix),
            file_name=f"bitbudget-{workspace.scenario.id}.{suffix}",
            mime=mime,
            icon=icon,
            on_click="ignore",
            key=f"download_{suffix}",
            type="primary" if suffix == "html" else "secondary",
        )
st.markdown("#### Preview")
with st.container(border=True, height=720):
    st.markdown(render(report, "md").replace("$", "\\$"))
