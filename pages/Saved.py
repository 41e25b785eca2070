"""Saved: decisions as they were made, what has changed since, and files to send."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from decisions.fields import BadInput
from decisions.history.differences import differences, summary
from decisions.history.shelf import beside, drop, keep, kept
from decisions.history.snapshot import LARGEST_BYTES, Snapshot, from_text, renamed, snapshot, to_text
from decisions.imported import known_scenarios
from pages.ui import inputs
from pages.ui.access import NotAllowed, look_only, write_button, writing
from pages.ui.frame import frame
from pages.ui.saved import PARAMETER, differences_table, present
from pages.ui.wording import md
from pages.ui.workspace import Workspace


def said(action: str) -> None:
    """Keep a message over the rerun that shows its effect."""
    st.session_state["_saved_said"] = action


def save_form(workspace: Workspace) -> None:
    """The present question and its answer under a name."""
    blocked = look_only("save a decision")
    with st.form("save", border=True, clear_on_submit=True):
        st.markdown(f"**Now:** {md(workspace.decision.sentence)}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", placeholder="Board, November", max_chars=80)
            pressed = st.form_submit_button(
                "Save this decision", icon=":material/bookmark_add:", type="primary", disabled=blocked
            )
    if pressed:
        try:
            one = snapshot(name, workspace.scenario, workspace.decision, datetime.now(UTC))
            with writing("save a decision", one.name):
                keep(one)
        except (BadInput, NotAllowed) as error:
            st.error(md(str(error)), icon=":material/error:")
            return
        said(f"Saved as “{one.name}”. {beside(one)}".strip())
        st.rerun()


def import_form() -> None:
    """A file that somebody exported."""
    with st.expander("Open a file somebody sent you", icon=":material/upload_file:"):
        blocked = look_only("take in a decision")
        file = st.file_uploader("Saved decision", type=["json"], label_visibility="collapsed", disabled=blocked)
        if file is None or not st.button("Take it in", icon=":material/login:", disabled=blocked):
            return
        try:
            if file.size > LARGEST_BYTES:
                raise BadInput(f"{file.name}: larger than {LARGEST_BYTES // 1_000_000} MB")
            one = from_text(file.getvalue().decode("utf-8"), file.name)
            with writing("take in a decision", one.name):
                keep(one)
        except (BadInput, NotAllowed, UnicodeDecodeError) as error:
            reason = f"{file.name}: not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            st.error(md(reason), icon=":material/error:")
            return
        said(f"Taken in: “{one.name}”.")
        st.rerun()


def link_of(one: Snapshot) -> dict[str, str]:
    """The address that opens a saved decision."""
    known = {"scenario": one.scenario.id} if one.scenario.id in known_scenarios() else {}
    return {**known, PARAMETER: one.id}


def entry(one: Snapshot) -> None:
    """One saved decision with what can be done with it."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{md(one.name)}** · {one.written:%Y-%m-%d %H:%M} UTC · {md(one.scenario.title)}")
        st.markdown(md(str(one.report["sentence"])))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link("pages/Saved.py", label="Open", icon=":material/history:", query_params=link_of(one))
            st.download_button(
                "Export",
                to_text(one),
                file_name=f"{one.id}.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                key=f"export_{one.id}",
                type="tertiary",
            )
            if write_button(
                "Duplicate",
                "duplicate a decision",
                one.name,
                lambda: keep(renamed(one, f"{one.name[:73]} (copy)", datetime.now(UTC))),
                icon=":material/content_copy:",
                key=f"copy_{one.id}",
                type="tertiary",
            ):
                said(f"Duplicated “{one.name}”.")
                st.rerun()
            if write_button(
                "Delete",
                "delete a decision",
                one.name,
                partial(drop, one.id),
                icon=":material/delete:",
                key=f"delete_{one.id}",
                type="tertiary",
            ):
                if st.query_params.get(PARAMETER) == one.id:
                    inputs.put(PARAMETER, None)
                said(f"Deleted “{one.name}”.")
                st.rerun()


def then_and_now(one: Snapshot, workspace: Workspace) -> None:
    """The opened decision: what was known then, what differs now."""
    found = differences(one.report, present(workspace))
    st.markdown(f"## {md(summary(found) or 'Nothing has changed since this was decided.')}")
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown(f"**Then**, {one.written:%Y-%m-%d}: {md(one.report['sentence'])}")
    with right, st.container(border=True):
        st.markdown(f"**Now:** {md(workspace.decision.sentence)}")
    inner = [d for d in found if d.kind != "answer"]
    if inner:
        differences_table(inner, f"{one.written:%Y-%m-%d}", "Now")


def side_by_side(every: list[Snapshot]) -> None:
    """Any two saved decisions."""
    titles = {one.id: f"{one.name}, {one.written:%Y-%m-%d}" for one in every}
    left, right = st.columns(2)
    with left:
        first = inputs.choice("first", "First", list(titles), default=every[-1].id, titles=titles)
    with right:
        second = inputs.choice("second", "Second", list(titles), default=every[0].id, titles=titles)
    by_id = {one.id: one for one in every}
    found = differences(by_id[first].report, by_id[second].report)
    st.markdown(md(summary(found) or "Nothing differs between them."))
    if found:
        differences_table(found, titles[first], titles[second] if second != first else "the same")


workspace = frame("Saved")
every, trouble = kept()
if workspace.recalled:
    then_and_now(workspace.recalled, workspace)
elif every:
    st.markdown(f"## {len(every)} decision{'s' if len(every) > 1 else ''} saved here")
else:
    st.markdown("## No decision is saved yet")
    st.markdown("Save the present one under a name: its prices and scores are kept as they are known today.")
message = st.session_state.pop("_saved_said", "")
if message:
    st.success(md(message), icon=":material/check:")
save_form(workspace)
for one in every:
    entry(one)
if len(every) > 1:
    st.markdown("#### Compare two")
    side_by_side(every)
import_form()
for line in trouble:
    st.warning(md(line), icon=":material/broken_image:")
