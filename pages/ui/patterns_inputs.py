"""Inputs of the Patterns page: the pattern, its stages, the traffic, the devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decisions.patterns.asking import DEFAULT_DEVICES, DEFAULT_USERS, Question, patterns_of, signals_of, stages_of
from decisions.patterns.edge import UPDATES_PER_MONTH, Fleet
from decisions.patterns.plans import METHODS
from decisions.patterns.results import stored_results
from decisions.patterns.traffic import shares_of
from decisions.scenarios import Scenario
from pages.ui import inputs
from pages.ui.workspace import Workspace
from pricing.bill import EGRESS_USD_PER_GB
from pricing.devices import load as devices

METHOD_TITLES = {"guarantee": "a guarantee (95 %)", "cross-fit": "the best guess, cross-fitted"}
STAGES = {
    "cascade": ("first", "First stage, asked always", "second", "Second stage, asked when unsure"),
    "router": ("first", "For short prompts", "second", "For long prompts"),
    "dynamic": ("low", "Fewer bits, asked always", "high", "More bits, asked when unsure"),
    "edge": ("variant", "On the device", "cloud", "In the cloud, for the rest"),
}


def question(workspace: Workspace) -> Question:
    """Draw what the pattern needs; the question it makes. Raises BadInput where the scenario allows no such pattern."""
    titles = patterns_of(workspace.scenario)
    columns = st.columns(3, gap="small")
    with columns[0]:
        name = inputs.choice("pattern", "Pattern", list(titles), default=next(iter(titles)), titles=titles)
    asked = Question(pattern=name)
    if name in STAGES:
        asked = _stages(workspace, asked, columns[1:])
    if name == "edge":
        return replace(asked, fleet=_fleet())
    if name == "example":
        return asked
    if name == "cascade" and stored_results(workspace.scenario) is None:
        return asked  # no items, so no threshold to choose
    several = len(workspace.scenario.tasks) > 1
    title = "Traffic" if name == "hybrid" else "Threshold and traffic" if several else "Threshold"
    with st.expander(title, icon=":material/tune:"):
        if name != "hybrid":
            asked = _threshold(workspace, asked)
        if several:
            asked = replace(asked, shares=_shares(workspace.scenario))
    return asked


def _stages(workspace: Workspace, asked: Question, columns: Sequence[DeltaGenerator]) -> Question:
    ones, others, first, second = stages_of(workspace.scenario, workspace.decision, asked.pattern)
    one, one_title, two, two_title = STAGES[asked.pattern]
    with columns[0]:
        chosen = inputs.choice(one, one_title, list(ones), default=first, titles=ones)
    with columns[1]:
        later = inputs.choice(two, two_title, list(others), default=second, titles=others)
    return replace(asked, first=chosen, second=later)


def _threshold(workspace: Workspace, asked: Question) -> Question:
    left, right = st.columns(2)
    with left:
        method = inputs.choice(
            "method",
            "Threshold chosen with",
            list(METHODS),
            default=METHODS[0],
            titles=METHOD_TITLES,
            help="Guarantee: Learn-then-Test, a fixed sequence of exact tests; the lines hold with 95 % chance. "
            "Cross-fitted: fewer passed on, every item scored under a threshold chosen without it, no promise.",
        )
    if asked.pattern == "router":
        return replace(asked, method=method)
    with right:
        offered = signals_of(workspace.decision, asked.first, stored_results(workspace.scenario))
        titles = {"": "the usual one", **offered}
        signal = inputs.choice(
            "signal",
            "How sure the first one is, by",
            list(titles),
            default="",
            titles=titles,
            help="Choose before you look: trying several and keeping the best undoes the guarantee. "
            "Agreement of further answers is offered where they were drawn (evals run --self-consistency), and paid "
            "for: every request asks the first stage so many times more.",
        )
    return replace(asked, signal=signal, method=method)


def _shares(scenario: Scenario) -> dict[str, float]:
    usual = shares_of(scenario)
    st.caption("Share of each task in the traffic")
    columns = st.columns(min(5, len(usual)))
    found = {}
    for place, (task, share) in enumerate(usual.items()):
        with columns[place % len(columns)]:
            percent = inputs.number(
                f"share.{task}", f"{scenario.tasks[task]}, %", default=round(100 * share, 6), low=0.0, high=100.0,
                step=5.0, format="%.4g",
            )  # fmt: skip
            found[task] = (percent or 0.0) / 100
    return found


def _fleet() -> Fleet:
    titles = {name: device.description for name, device in devices().items()}
    chosen = inputs.choices("devices", "Devices", list(titles), default=list(DEFAULT_DEVICES), titles=titles)
    columns = st.columns(4)
    with columns[0]:
        users = inputs.number("users", "Devices in use", default=DEFAULT_USERS, low=1.0, high=1e10, step=1000.0,
                              format="%.10g")  # fmt: skip
    with columns[1]:
        updates = inputs.number("updates", "Downloads a month, each", default=UPDATES_PER_MONTH, low=0.0, high=100.0,
                                step=0.05, format="%.4g", help="0.25: a new version every four months.")  # fmt: skip
    with columns[2]:
        egress = inputs.number("egress", "Download, $ a GB", default=EGRESS_USD_PER_GB, low=0.0, high=100.0, step=0.01,
                               format="%.4g", help="AWS list price, internet egress, first 10 TB.")  # fmt: skip
    with columns[3]:
        fallback = inputs.number("fallback", "Still to the cloud, %", default=5.0, low=0.0, high=100.0, step=1.0,
                                 format="%.4g", help="Requests a device that runs the model passes on.")  # fmt: skip
    return Fleet(
        devices=users or DEFAULT_USERS,
        mix=dict.fromkeys(chosen, 1 / len(chosen)) if chosen else {},
        updates_per_month=UPDATES_PER_MONTH if updates is None else updates,
        egress_usd_per_gb=EGRESS_USD_PER_GB if egress is None else egress,
        fallback_fraction=(5.0 if fallback is None else fallback) / 100,
    )
