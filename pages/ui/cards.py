"""Four cards under the answer: monthly cost, accuracy, latency, against today."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.verdicts import Check
from decisions.wording import money, percent, quantity, seconds
from pages.ui.sidebar import status_quo_title
from pages.ui.wording import NOT_KNOWN, VERDICT_COLOURS, VERDICT_MARKS, margin


def cards(decision: Decision, scenario: Scenario, *, narrow: bool = False) -> None:
    """The answer's four numbers; what is unknown is an ordinary card that says so."""
    option = decision.shown
    task_title = scenario.tasks[decision.task]
    unknown = "unknown" if narrow else NOT_KNOWN  # what a card of half a phone holds
    waiting = None if option else "after the first results"
    with st.grid(columns=2 if narrow else 4, min_column_width=120 if narrow else "auto", gap="small"):
        cost = option.quote.usd_per_month if option else None
        _card(
            "Monthly cost",
            unknown if cost is None else money(cost.value),
            _check(option, "monthly cost"),
            waiting or "no budget set",
            help="One named offer, replicas for the busiest hour. Hover a mark or open Sources for the parts.",
        )
        seen = option.measurements.get(decision.task) if option else None
        _card(
            f"Accuracy, {task_title}",
            percent(seen.score) if seen else unknown,
            _check(option, decision.task, task_title),
            "after the first results" if decision.by_cost else waiting or "no accuracy line set",
            help="Share of items right, with its 95 % interval in Sources.",
        )
        speed = option.quote.e2e_p95_s if option else None
        _card(
            "p95 latency",
            seconds(speed.value) if speed else unknown,
            _check(option, "p95 latency"),
            waiting or "no latency line set",
            help="95 of 100 requests finish within this time in the busiest hour.",
        )
        _today_card(decision, status_quo_title(scenario), unknown)


def _card(label: str, value: str, check: Check | None, otherwise: str, *, help: str) -> None:
    if check is None:
        st.metric(label, value, delta=otherwise, delta_color="off", delta_arrow="off", border=True, help=help)
        return
    words = (
        f"{VERDICT_MARKS[check.status]} {margin(check)}"
        if check.seen is not None
        else (f"? line at {quantity(check.target, check.unit)}")
    )
    colour = VERDICT_COLOURS[check.status]
    st.metric(
        label,
        value,
        delta=words,
        delta_color="off" if colour == "gray" else colour,  # type: ignore[arg-type]
        delta_arrow="off",
        border=True,
        help=help,
    )


def _today_card(decision: Decision, wanted: str, unknown: str) -> None:
    today = decision.status_quo
    saving = decision.saving_usd_per_month
    if today is None:
        st.metric(
            "Against today",
            unknown if wanted else "not set",
            delta=f"{wanted} has no price here yet" if wanted else "choose what you use today",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
        return
    cost = today.quote.usd_per_month
    words = f"{today.label} costs {money(cost.value)}" if cost else f"{today.label} is unpriced"
    if saving is None:
        value = unknown
    else:
        value = f"−{money(saving)}" if saving > 0 else f"+{money(-saving)}" if saving < 0 else "the same"
    colour: Literal["off", "blue", "orange"] = "off" if not saving else "blue" if saving > 0 else "orange"
    st.metric(
        "Against today",
        value,
        delta=words,
        delta_color=colour,
        delta_arrow="off",
        border=True,  # type: ignore[arg-type]
        help="A month, against what you use today.",
    )


def _check(option: Option | None, *names: str) -> Check | None:
    return next((c for c in option.checks if c.name in names), None) if option else None
