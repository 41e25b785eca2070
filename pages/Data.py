"""Your data: a table becomes a task; what it asks and how far it carries are shown before it is saved."""

from __future__ import annotations

import streamlit as st

from pages.ui.data_form import form
from pages.ui.data_lm_eval import search_box
from pages.ui.data_preview import preview, remarks, saved
from pages.ui.data_tasks import own
from pages.ui.data_upload import upload
from pages.ui.frame import frame
from pages.ui.wording import md

frame("Your data")
sentence = st.container()
loaded = upload()
draft = None
if loaded is None:
    sentence.markdown("## Does it work on *your* data? Bring questions with the right answers")
    st.caption(
        "One row an item: a question in one column, the expected answer, label or number in another. CSV, TSV, JSON "
        "lines or XLSX, up to 100,000 rows. The file stays on this machine."
    )
else:
    left, right = st.columns([1, 1.15], gap="large")
    with left:
        draft = form(loaded)
    with right:
        if draft is not None:
            remarks(draft, loaded.table)
if draft is not None and loaded is not None:
    labels = f", {len(draft.made.labels)} of them" if draft.made.labels else ""
    kind = draft.spec.of_kind.title.lower()
    sentence.markdown(f"## {md(loaded.name)}: {len(draft.made.items):,} items, {md(kind)}{labels}")
    saved(draft)
    preview(draft)
elif loaded is not None:
    sentence.markdown(f"## {md(loaded.name)}: {len(loaded.table.rows):,} rows, not yet a task")
own()
search_box()
