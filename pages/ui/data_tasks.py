"""The user's tasks: evaluate, decide, remove."""

from __future__ import annotations

from functools import partial

import streamlit as st

from evals.tasks import tasks, user_tasks
from evals.usertasks.adding import remove
from pages.ui.access import write_button
from pages.ui.data_preview import ways_on
from pages.ui.wording import md


def own() -> None:
    """One line a task; those that cannot be used say why."""
    found = user_tasks()
    mine = [task for task in tasks().values() if not task.shipped]
    if not mine and not found.broken:
        return
    st.markdown("##### Your tasks")
    for task in mine:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{md(task.title)}** :gray[{md(task.name)} · {md(task.group)} · {task.n_items:,} items · "
                f"{md(task.metric_title)}]"
            )
            ways_on(task.name)
            if write_button(
                "Remove", "remove a task", task.name, partial(remove, task.name), icon=":material/delete:",
                key=f"data_remove_{task.name}", type="tertiary", help="What was measured on it stays in the store.",
            ):  # fmt: skip
                st.rerun()
    for name, reason in found.broken.items():
        st.warning(f"The task {md(name)} cannot be used: {md(reason)}", icon=":material/error:")
