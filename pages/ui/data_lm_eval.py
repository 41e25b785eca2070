"""lm-eval's own tasks by name: searched, described, added where their data can be had."""

from __future__ import annotations

import streamlit as st

from evals.usertasks.from_lm_eval import add_from_lm_eval, unsafe_words
from evals.usertasks.lm_eval_index import LmEvalTask, lm_eval_tasks
from pages.ui.access import may_write, writing
from pages.ui.wording import md

SHOWN = 8
ITEMS = 500


def search_box() -> None:
    """A search over names, groups, data sets and titles; each find can be added."""
    st.markdown("##### Or a public benchmark by name")
    search = st.text_input(
        "Search lm-eval's tasks", placeholder="gsm8k, mmlu anatomy, boolq, ifeval …", key="data_search"
    )
    if not search.strip():
        return
    try:
        with st.spinner("Looking through lm-eval's tasks; the first time takes a minute …"):
            found = lm_eval_tasks(search)
    except (OSError, ValueError) as error:
        st.error(md(str(error)), icon=":material/error:")
        return
    more = f", the first {SHOWN} shown; add a word to narrow it" if len(found) > SHOWN else ""
    st.caption(f"{len(found):,} found{more}." if found else "None found. Try a shorter word.")
    for task in found[:SHOWN]:
        _line(task)


def _line(task: LmEvalTask) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        data = f"data set {task.dataset}" if task.dataset else "data set of its own"
        about = f"**{md(task.name)}** {md(task.description)}  \n:gray[{md(task.group)} · {md(data)}]"
        st.markdown(about, width="stretch")
        if task.refused:
            st.markdown(":orange[Runs code: not run here]", help=md(unsafe_words(task)), width="content")
            return
        if not st.button("Add", key=f"data_add_{task.name}", icon=":material/add:", disabled=not may_write()):
            return
        try:
            with writing("add a task", task.name), st.spinner(f"Loading {task.name} …"):
                _, count = add_from_lm_eval(task.name, limit=ITEMS)
        except (OSError, ValueError) as error:
            st.error(md(str(error)), icon=":material/error:")
            return
        st.success(f"Added with its first {count:,} items; it is listed above.", icon=":material/check_circle:")
