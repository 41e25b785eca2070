"""A task before it is saved: how far it carries, what is odd about it, its exact prompts; and the way on from there."""

from __future__ import annotations

import streamlit as st

from decisions.task_scenario import scenario_id
from evals.models import shipped_models
from evals.tabular import Table
from evals.tasks import user_tasks
from evals.usertasks.adding import Draft, save
from pages.ui.access import may_write, writing
from pages.ui.wording import md

TWO_VARIANTS = "bf16,rtn-int4-g128"
MOST_CHARACTERS = 3000


def remarks(draft: Draft, table: Table) -> None:
    """How many items the margin takes, then the warnings."""
    left, right = st.columns(2)
    left.metric("Items", f"{len(draft.made.items):,}", border=True)
    right.metric("Needed for this margin", f"{draft.sizing.needed:,}", border=True)
    st.markdown(md(draft.sizing.sentence))
    for warned in draft.warnings:
        st.warning(md(f"{warned.text[0].upper()}{warned.text[1:]}."), icon=":material/warning:")
    if not draft.warnings:
        st.markdown(":material/check_circle: No repeated questions, empty cells or overlong prompts.")


def saved(draft: Draft) -> None:
    """The save button; once saved, the links that evaluate and decide."""
    spec = draft.spec
    if st.session_state.get("data_saved") == (spec, len(draft.made.items)):
        st.success(f"Saved as {md(spec.name)}.", icon=":material/check_circle:")
        ways_on(spec.name, primary=True)
        return
    there = spec.name in user_tasks().tasks
    replace = there and st.checkbox(f"Replace the task {md(spec.name)} that is there already", key="data_replace")
    blocked = (there and not replace) or not may_write()
    if st.button("Save the task", type="primary", icon=":material/save:", disabled=blocked):
        try:
            with writing("save a task", spec.name):
                save(draft, replace=replace)
        except (OSError, ValueError) as error:
            st.error(md(f"It could not be saved: {error}"), icon=":material/error:")
            return
        st.session_state["data_saved"] = (spec, len(draft.made.items))
        st.rerun()


def ways_on(task: str, *, primary: bool = False) -> None:
    """Evaluate two variants on the task; decide on what was measured."""
    scenario = {"scenario": scenario_id(task)}
    smallest = next(iter(shipped_models()), "")
    with st.container(horizontal=True):
        st.page_link(
            "pages/Run.py",
            label="Evaluate two variants on it" if primary else "Evaluate",
            icon=":material/play_arrow:",
            query_params={**scenario, "models": smallest, "quantizations": TWO_VARIANTS, "tasks": task},
        )
        st.page_link("pages/Compare.py", label="Compare", icon=":material/compare_arrows:", query_params=scenario)
        st.page_link("app.py", label="Decide with it", icon=":material/balance:", query_params=scenario)


def preview(draft: Draft) -> None:
    """Three prompts exactly as a model reads them, as plain text."""
    st.markdown("##### What a model reads, exactly")
    chat = " Each model's own chat template goes around it." if draft.spec.chat_template else ""
    how = "the likeliest label counts" if draft.spec.multiple_choice else f"room for {draft.max_tokens} tokens"
    st.caption(f"The first, the middle and the last item; answer: {how}.{chat}")
    for column, (prompt, answer) in zip(st.columns(len(draft.preview)), draft.preview, strict=True):
        with column, st.container(border=True):
            st.code(_cut(prompt), language=None, wrap_lines=True)
            st.caption("Expected")
            st.code(_cut(answer), language=None, wrap_lines=True)


def _cut(text: str) -> str:
    more = len(text) - MOST_CHARACTERS
    return text if more <= 0 else f"{text[:MOST_CHARACTERS]}… ({more:,} characters more)"
