"""Decide: which option meets the SLA for the least money, and why."""

from __future__ import annotations

import streamlit as st

from decisions.charts.decide import decide_chart
from decisions.charts.kept import drawn
from decisions.choosing import ordered
from decisions.options import Decision
from decisions.scenarios import Scenario
from pages.ui import inputs
from pages.ui.cards import cards
from pages.ui.explain import explain
from pages.ui.frame import frame
from pages.ui.live import start_demo
from pages.ui.options_table import options_table
from pages.ui.wording import md
from pages.ui.workspace import Workspace

CHART_KEY = "decide_chart"


def pick_mark() -> None:
    """A click on a mark puts its option into the address."""
    points = st.session_state[CHART_KEY]["selection"]["points"]
    if points and points[0].get("customdata"):
        data = points[0]["customdata"]
        inputs.put("option", str(data[0] if isinstance(data, list | tuple) else data))


def charted(workspace: Workspace) -> Workspace:
    """Where several tasks count, the one to chart is chosen on the left; it becomes the scenario's first."""
    tasks = workspace.scenario.tasks
    if len(tasks) < 2:
        return workspace
    with st.sidebar:
        task = inputs.choice("task", "Task on the chart", list(tasks), default=workspace.scenario.task, titles=tasks)
    return workspace.on_task(task)


def headline(decision: Decision, scenario: Scenario) -> None:
    """The answer, and the second sentence under it."""
    st.markdown(f"## {md(decision.sentence)}")
    if decision.detail:
        st.markdown(md(decision.detail))
    if scenario.illustrative:
        st.page_link(
            "pages/Patterns.py",
            label="The worked example, claim by claim",
            icon=":material/science:",
            query_params=inputs.link_parameters(),
        )
    near = decision.nearest
    open_checks = [check for check in near.checks if check.items_to_settle] if near else []
    if near and open_checks and decision.status == "unproven" and scenario.evidence == "measured":
        st.page_link(
            "pages/Run.py",
            label="Settle it",
            icon=":material/rule:",
            help="Measure more items of this variant.",
            query_params=inputs.link_parameters(models=near.model, quantizations=near.quantization),
        )


def evidence(workspace: Workspace) -> None:
    """Chart beside its explanation."""
    decision, scenario = workspace.decision, workspace.scenario
    answer = decision.shown
    labels = {o.id: f"{o.label}, {o.quote.label}" for o in ordered(decision.options)}
    left, right = st.columns([2.15, 1], gap="medium")
    with right, st.container(border=True):
        selected = inputs.choice(
            "option",
            "Explain",
            list(labels),
            default=answer.id if answer else next(iter(labels)),
            titles=labels,
            label_visibility="collapsed",
        )
        option = workspace.option(selected)
        if option:
            explain(option, decision)
        if decision.would_change:
            with st.expander("What would change this", icon=":material/swap_horiz:", expanded=False):
                st.markdown("\n".join(f"- {md(line)}" for line in decision.would_change))
                st.page_link(
                    "pages/Decision.py",
                    label="All flip points, and how likely each option is right",
                    icon=":material/swap_horiz:",
                    query_params=inputs.link_parameters() or None,
                )
    with left:
        line = scenario.sla.quality.get(scenario.task)
        figure = drawn(
            decide_chart,
            decision,
            colours=workspace.colours,
            line=line.minimum if line else None,
            budget_usd=scenario.sla.usd_per_month,
            task_title=workspace.task_title,
            selected=selected if answer and selected != answer.id else "",
            narrow=workspace.narrow,
        )
        st.plotly_chart(
            figure,
            key=CHART_KEY,
            on_select=pick_mark,
            selection_mode="points",
            config={"displayModeBar": False},
            alt=f"{workspace.task_title} accuracy against monthly cost. {decision.sentence}",
        )
        if figure.data:
            st.caption(
                ":blue[●] meets · :orange[✕] misses · :gray[○] unproven · ◇ what you use today. Bars: 95 % interval "
                "of accuracy, band of cost. Line: nothing is both cheaper and better. Click a mark to explain it."
            )


workspace = charted(frame("Decide"))
start_demo()
headline(workspace.decision, workspace.scenario)
cards(workspace.decision, workspace.scenario, narrow=workspace.narrow)
if workspace.decision.options:
    evidence(workspace)
    st.markdown("#### All options")
    picked = options_table(workspace.decision, workspace.scenario.tasks)
    if picked and picked != st.query_params.get("option") and picked != st.session_state.get("_picked_row"):
        st.session_state["_picked_row"] = picked
        inputs.put("option", picked)
        st.rerun()
else:
    st.info("No candidate has evidence on these tasks yet; it fills in here.", icon=":material/hourglass_empty:")
    st.page_link(
        "pages/Run.py",
        label="See what is being measured, or start it",
        icon=":material/play_arrow:",
        query_params=inputs.link_parameters(),
    )
