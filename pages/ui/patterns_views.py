"""One view a pattern: numbers, chart, checks, table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.charts.cascade import cascade_chart
from decisions.patterns.asking import Answer
from decisions.patterns.bracket import Bracket, bracket_rows
from decisions.patterns.cascade import Cascade
from decisions.patterns.edge import Edge
from decisions.patterns.examples import CheckedClaim
from decisions.patterns.hybrid import Hybrid
from decisions.patterns.precision import DynamicPrecision
from decisions.patterns.sentences import auroc_sentence
from decisions.verdicts import Check
from decisions.wording import money, per_query, percent, quantity, score, seconds_band, span
from pages.ui import inputs
from pages.ui.patterns_tables import (
    claims_frame,
    devices_frame,
    fleets_frame,
    setups_frame,
    stages_frame,
    tasks_frame,
)
from pages.ui.wording import NOT_KNOWN, VERDICT_COLOURS, VERDICT_MARKS, check_sentence, md
from pages.ui.workspace import Workspace
from pricing.quotes import Quote


def view(answer: Answer, workspace: Workspace) -> None:
    """The view that fits the answer."""
    if isinstance(answer, Cascade):
        cascade_view(answer, workspace)
    elif isinstance(answer, Bracket):
        bracket_view(answer)
    elif isinstance(answer, Hybrid):
        hybrid_view(answer, workspace)
    elif isinstance(answer, DynamicPrecision):
        precision_view(answer, workspace)
    elif isinstance(answer, Edge):
        edge_view(answer, workspace)
    else:
        claims_view(answer, workspace)


def cascade_view(found: Cascade, workspace: Workspace) -> None:
    """Cards, the curve beside the reasons, a row a task."""
    _cards(found, found.quote, found.saving_fraction, workspace)
    left, right = st.columns([2.15, 1], gap="medium")
    with left:
        st.plotly_chart(
            cascade_chart(found, workspace.colours, narrow=workspace.narrow),
            key="cascade_chart",
            config={"displayModeBar": False},
            alt=f"Share right against cost per query as more is passed on. {auroc_sentence(found)}",
        )
        st.caption(
            "Line: the surest answers are kept first, on the items at hand. Dotted: what hindsight could reach. "
            "Dashed: passing on by lot. The chosen point is scored on items its threshold was not chosen on."
        )
    with right, st.container(border=True):
        _reasons(found.checks, found.problems)
    st.markdown("##### Each task and its threshold")
    st.dataframe(tasks_frame(found), hide_index=True, alt="Thresholds, shares passed on and scores by task")
    st.caption(
        "Share right and share passed on are cross-fitted: every item under a threshold chosen on four fifths of the "
        "others. With fewer items a guarantee passes a little more on, and the bill above counts that. A threshold "
        "belongs to the two variants it was chosen for: another precision needs its own."
    )
    st.markdown("##### What it costs beside one model alone")
    st.dataframe(stages_frame(found), hide_index=True, alt="Monthly cost and latency of the stages and of both")
    with st.expander("Data of the chart", icon=":material/table:"):
        st.dataframe(
            pd.DataFrame([vars(point) for point in found.curve]), hide_index=True, alt="The curve as a table"
        )


def bracket_view(found: Bracket) -> None:
    """Both ends beside the stages alone."""
    st.dataframe(
        pd.DataFrame(bracket_rows(found)), hide_index=True, alt="Cost and latency at both ends and of each stage alone"
    )
    for problem in found.problems:
        st.markdown(f":material/info: {md(problem)}")
    st.page_link(
        "pages/Run.py", label="Measure both stages on the same items", icon=":material/play_arrow:",
        query_params=inputs.link_parameters(),
    )  # fmt: skip


def precision_view(found: DynamicPrecision, workspace: Workspace) -> None:
    """Both ways to hold two precisions, then the cascade they make."""
    _cards(found.apart, found.quote, found.saving_fraction, workspace)
    rows = [("cards of their own", found.apart.quote)]
    if found.together:
        rows.append(("the same cards, both in memory", found.together))
    st.markdown("##### Held apart or together")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Held on": name,
                    "Served on": quote.label,
                    "Replicas": quote.replicas,
                    "Monthly cost": money(quote.usd_per_month.value) if quote.usd_per_month else "unpriced",
                    "p95 latency": seconds_band(quote.e2e_p95_s),
                    "Memory needed": quantity(quote.memory_gib, "gib") if quote.memory_gib else "",
                }
                for name, quote in rows
            ]
        ),
        hide_index=True,
        alt="Cost and latency with both precisions on the same cards or apart",
    )
    if found.swap_words:
        st.caption(md(found.swap_words))
    with st.container(border=True):
        _reasons(found.checks, found.problems)
    st.plotly_chart(
        cascade_chart(found.apart, workspace.colours, narrow=workspace.narrow),
        key="precision_chart",
        config={"displayModeBar": False},
        alt="Share right against cost per query as more is passed to the higher precision",
    )
    st.dataframe(tasks_frame(found.apart), hide_index=True, alt="Thresholds and scores by task")


def hybrid_view(found: Hybrid, workspace: Workspace) -> None:
    """Who serves what."""
    band = found.usd_per_month
    if found.fleets and band:
        _metrics(
            [
                ("Monthly cost", money(band.value), f"{money(band.low)}–{money(band.high)}"),
                ("Against one model", _saving(found.saving_fraction), _best(found.best_single)),
                ("Fleets", str(len(found.fleets)), "an option that serves several tasks is one fleet"),
            ],
            workspace,
        )
        frame = fleets_frame(found, workspace.scenario)
        st.dataframe(frame, hide_index=True, alt="Options with the tasks they serve, load and cost")
    with st.container(border=True):
        _reasons(found.checks, found.problems if found.fleets else ())


def edge_view(found: Edge, workspace: Workspace) -> None:
    """Devices, and the two parts of the bill."""
    parts = found.quote.parts
    _metrics(
        [
            _money_card(found.quote),
            ("Downloads", money(parts.get("downloads")) if parts else NOT_KNOWN, f"{found.download_gb:.2g} GB each"),
            (
                "Cloud fallback",
                money(parts.get("cloud fallback", 0.0)) if parts else NOT_KNOWN,
                f"{percent(found.fallback_fraction, 0)} of the requests",
            ),
        ],
        workspace,
    )
    st.dataframe(devices_frame(found), hide_index=True, alt="Fit and speed of the model on each device")
    st.caption(
        "Speed from memory bandwidth, one request at a time; bands are wide where no device of the kind was measured. "
        "Owners pay for device and electricity. Sources stand in the last column."
    )
    with st.container(border=True):
        _reasons(found.checks, found.problems)


def claims_view(found: Sequence[CheckedClaim], workspace: Workspace) -> None:
    """Each claim beside what our tables say, then the example's set-ups at our prices."""
    marks = {"holds": ":blue[✔ holds]", "does not hold": ":orange[✖ does not hold]", "cannot be told": ":gray[? open]"}
    for one in found:
        with st.container(border=True):
            st.markdown(f"{marks[one.says]} · **{md(one.claim.text)}**")
            st.markdown(md(one.found))
            st.caption(f"Said by: {md(one.claim.source)}")
    st.markdown("##### Its set-ups, recomputed")
    st.dataframe(
        setups_frame(workspace.decision, workspace.scenario),
        hide_index=True,
        placeholder="",
        alt="Each set-up of the example with where it would run and what it would cost",
    )
    with st.expander("Data of the claims", icon=":material/table:"):
        st.dataframe(claims_frame(found), hide_index=True, alt="Claims of the example and what our tables say")


def _cards(found: Cascade, quote: Quote, saving: float | None, workspace: Workspace) -> None:
    interval = found.score_interval
    told = found.telling
    auroc = told.why.auroc_interval if told else None
    _metrics(
        [
            _money_card(quote),
            ("Against one model", _saving(saving), _best(found.best_single)),
            (
                "Passed on",
                percent(found.passed.value, 0),
                f"{span(found.passed.low, found.passed.high)} %",
            ),
            (
                "Share right",
                score(found.score, interval.low if interval else None, interval.high if interval else None),
                "on items not chosen on",
            ),
            (
                "Tells right from wrong",
                f"{told.why.auroc:.2f}" if told else NOT_KNOWN,
                f"AUROC {auroc.low:.2f}–{auroc.high:.2f}" if auroc else "AUROC",
            ),
        ],
        workspace,
    )


def _money_card(quote: Quote) -> tuple[str, str, str]:
    each = per_query(quote.usd_per_query.value) if quote.usd_per_query else "a part is unpriced"
    return "Monthly cost", money(quote.usd_per_month.value) if quote.usd_per_month else NOT_KNOWN, each


def _metrics(values: list[tuple[str, str, str]], workspace: Workspace) -> None:
    narrow = workspace.narrow
    with st.grid(columns=2 if narrow else len(values), min_column_width=120 if narrow else "auto", gap="small"):
        for label, value, under in values:
            st.metric(label, value, delta=under or None, delta_color="off", delta_arrow="off", border=True)


def _reasons(checks: Sequence[Check], problems: Sequence[str]) -> None:
    for check in checks:
        colour, mark = VERDICT_COLOURS[check.status], VERDICT_MARKS[check.status]
        shown = check.reason if check.status != "meets" else ""
        st.markdown(
            f":{colour}[{mark}] {md(check_sentence(check))}" + (f"  \n:gray[{md(shown)}]" if shown else ""),
            help=md(check.reason) if check.reason and not shown else None,
        )
    for problem in problems:
        st.markdown(f":material/info: {md(problem)}")


def _saving(fraction: float | None) -> str:
    if fraction is None:
        return "no single meets"
    if abs(fraction) < 0.005:
        return "the same"
    return f"−{percent(fraction, 0)}" if fraction > 0 else f"+{percent(-fraction, 0)}"


def _best(option: object) -> str:
    label = getattr(option, "label", "")
    return f"{label} alone" if label else "none is proven to"
