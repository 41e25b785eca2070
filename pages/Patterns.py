"""Patterns: is the cheapest system that meets the lines more than one model?"""

from __future__ import annotations

import streamlit as st

from decisions.fields import BadInput
from decisions.patterns.asking import ask
from decisions.patterns.results import stored_results
from decisions.patterns.summary import sentences
from pages.ui.archived import archived_line
from pages.ui.frame import frame
from pages.ui.patterns_inputs import question
from pages.ui.patterns_views import view
from pages.ui.wording import md

workspace = frame("Patterns")
archived_line(workspace)
headline = st.container()
try:
    asked = question(workspace)
    scenario = workspace.scenario
    with st.spinner("Working it out", show_time=False):
        answer = ask(scenario, workspace.decision, asked, stored_results(scenario), workspace.book)
except BadInput as problem:
    headline.markdown("## This pattern cannot be worked out yet")
    st.info(md(f"{str(problem)[:1].upper()}{str(problem)[1:]}."), icon=":material/hourglass_empty:")
    st.stop()
sentence, detail = sentences(answer, workspace.scenario)
headline.markdown(f"## {md(sentence)}")
if detail:
    headline.markdown(md(detail))
view(answer, workspace)
