"""The frame every page starts with: ``workspace = frame("Cliff")``."""

from __future__ import annotations

import streamlit as st

from decisions.imported import known_scenarios
from decisions.scenarios import Scenario
from decisions.wording import count
from pages.ui import inputs, prices, saved
from pages.ui.access import door
from pages.ui.garbage import set_aside
from pages.ui.live import live_line
from pages.ui.menu import menu
from pages.ui.sidebar import sidebar
from pages.ui.workspace import Workspace

EVIDENCE = {
    "published": "scores as published, each with its source",
    "measured": "scores measured on this machine, item by item",
    "imported": "scores imported from your files",
}


def frame(title: str, *, live: bool = True) -> Workspace:
    """Page settings, top bar, menu, shared inputs; returns what the page works on. ``live`` shows the running evals."""
    st.set_page_config(
        page_title=f"{title} · Bitbudget", page_icon=":material/balance:", layout="wide", initial_sidebar_state="auto"
    )
    set_aside()
    narrow = "Mobi" in st.context.headers.get("User-Agent", "")
    door()
    every = known_scenarios()
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small" if narrow else "medium")
    notes = st.container(gap="xsmall")
    st.session_state["_problems"] = notes
    with bar:
        st.subheader(":blue[Bit]budget", anchor=False, width="content")
        chosen = inputs.choice(
            "scenario",
            "Scenario",
            list(every),
            default=next(iter(every)),
            clears=True,
            titles={name: one.title for name, one in every.items()},
            label_visibility="collapsed",
            width=220 if narrow else 260,
        )
    recalled = saved.recalled()
    base = recalled.scenario if recalled else every[chosen]
    book = prices.book(base.as_of)
    scenario = sidebar(base, accelerators=prices.accelerators(book), provider_classes=prices.provider_classes(book))
    with bar:
        menu(title, narrow=narrow)
    with notes:
        st.caption(_summary(scenario))
        if scenario.illustrative:
            st.warning("Illustrative figures: a worked example, not measurements.", icon=":material/science:")
        if live:
            live_line(refreshes=scenario.evidence == "measured")
    dark = st.context.theme.type == "dark"
    workspace = Workspace(scenario=scenario, book=book, dark=dark, narrow=narrow, recalled=recalled)
    if recalled and title != "Saved":
        with notes:
            saved.since_then(recalled, workspace)
    return workspace


def _summary(scenario: Scenario) -> str:
    load = scenario.workload
    shown = "a worked example, recomputed" if scenario.illustrative else EVIDENCE[scenario.evidence]
    return (
        f"{count(load.requests_per_month)} requests a month · {load.prompt_tokens:,} → {load.output_tokens:,} tokens · "
        f"prices of {scenario.as_of.isoformat()} · {shown}"
    )
