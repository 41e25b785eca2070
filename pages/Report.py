"""Report: the present decision as a document to send."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from decisions.report.formats import FORMATS, render
from decisions.report.markdown import markdown
from decisions.report.pdf import pages
from decisions.report.people import People
from decisions.report.sections import PARTS, document
from decisions.scenarios import scenario_to_yaml
from pages.ui import inputs
from pages.ui.frame import frame
from pages.ui.report_text import report_text
from pages.ui.viewing import reported
from pages.ui.wording import md

LABELS = {
    "pdf": ("PDF", ":material/picture_as_pdf:"),
    "html": ("HTML", ":material/public:"),
    "pptx": ("Slides", ":material/slideshow:"),
    "docx": ("Word", ":material/description:"),
    "xlsx": ("Excel", ":material/table:"),
    "md": ("Markdown", ":material/article:"),
    "csv": ("CSV", ":material/csv:"),
    "json": ("JSON", ":material/data_object:"),
}
NO_ROWS = "There is no option yet, so this table would have 0 rows. Measure one on the Run page."
OPTIONAL = {name: title for name, title in PARTS.items() if name not in ("decision", "people")}


def written_by() -> People:
    """What only the author knows."""
    with st.expander("Owner, dates, dissent", icon=":material/groups:"):
        left, right = st.columns(2)
        with left:
            owner = inputs.text("owner", "Owner", placeholder="who answers for it")
            decided = inputs.text("decided", "Decided on", placeholder="2026-11-21")
        with right:
            approvers = inputs.text("approvers", "Approvers", placeholder="who agreed")
            review = inputs.text("review", "To be reviewed on", placeholder="2027-02-21")
        dissent = inputs.text("dissent", "Dissent", placeholder="who saw it otherwise, and why")
    return People(owner=owner, approvers=approvers, decision_date=decided, review_date=review, dissent=dissent)


def page_images(printed_pages: Sequence[bytes], *, first: int) -> None:
    """Printed pages from number ``first`` on, each with its number."""
    for number, page in enumerate(printed_pages[first - 1 :], start=first):
        st.image(page, caption=f"Page {number} of {len(shown)}", width="stretch")


workspace = frame("Report")
st.markdown(f"## {md(workspace.decision.sentence)}")
st.markdown("One page for whoever decides, the rest for whoever checks: reasons, and where every number comes from.")
people = written_by()
parts = inputs.choices("parts", "Parts after the first page", list(OPTIONAL), default=list(OPTIONAL), titles=OPTIONAL)
report = reported(workspace, people)
why_no_table = "" if workspace.decision.options else NO_ROWS
with st.container(horizontal=True):
    for name, (label, icon) in LABELS.items():
        st.download_button(
            label,
            partial(render, report, name, ["people", *parts]),
            file_name=f"bitbudget-{workspace.scenario.id}.{name}",
            mime=FORMATS[name],
            icon=icon,
            on_click="ignore",
            key=f"download_{name}",
            type="primary" if name == "pdf" else "secondary",
            disabled=name == "csv" and bool(why_no_table),
            help=why_no_table if name == "csv" else None,
        )
    st.download_button(
        "Scenario",
        partial(scenario_to_yaml, workspace.scenario),
        file_name=f"{workspace.scenario.id}.yaml",
        mime="application/yaml",
        icon=":material/tune:",
        on_click="ignore",
        key="download_scenario",
        help="The question alone, to change or to keep in version control: python -m decisions decide --scenario FILE",
    )
printed = document(report, ["people", *parts])
shown = pages(printed, ppi=110)
st.markdown("#### Preview")
if workspace.narrow:  # a printed page cannot be read at the width of a phone
    report_text(printed)
    with st.expander(f"The {len(shown)} pages as printed", icon=":material/auto_stories:"):
        page_images(shown, first=1)
else:
    left, right = st.columns(2)
    for number, column in enumerate((left, right)[: len(shown)], start=1):
        with column, st.container(border=True):
            page_images(shown[:number], first=number)
    if len(shown) > 2:
        rest = "The last page" if len(shown) == 3 else f"The other {len(shown) - 2} pages"
        with st.expander(rest, icon=":material/auto_stories:"):
            page_images(shown, first=3)
    with st.expander("Read it as text", icon=":material/subject:"):
        st.markdown(markdown(printed).replace("$", "\\$"))
