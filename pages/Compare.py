"""Compare: two options side by side, who wins what, and the answers that changed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from decisions.charts.break_even import break_even_chart
from decisions.charts.dumbbell import dumbbell_chart
from decisions.charts.kept import drawn
from decisions.choosing import ordered
from decisions.comparison import Comparison, ComparisonRow
from decisions.opening import opening_pair
from decisions.options import Option
from decisions.wording import MCNEMAR
from pages.ui import inputs
from pages.ui.archived import archived_line
from pages.ui.explain import sources_line
from pages.ui.fidelity_table import fidelity_of, fidelity_table
from pages.ui.frame import frame
from pages.ui.items import changed_items
from pages.ui.wording import md
from pages.ui.workspace import Workspace

WINNER_WORDS = {"tie": "no difference", "unproven": "unproven", "": ""}


def side_by_side(comparison: Comparison) -> pd.DataFrame:
    """All rows in words, grouped accuracy, speed, money, memory, risk."""
    first, second = _names(comparison.first, comparison.second)
    groups = [row.group for row in comparison.rows]
    return pd.DataFrame(
        [
            {
                "": row.group.capitalize() if groups.index(row.group) == at else "",
                "What": row.name,
                first: row.first_text,
                second: row.second_text,
                "Difference": row.difference_text,
                "Better": _winner(row, first, second),
                "Note": row.note,
            }
            for at, row in enumerate(comparison.rows)
        ]
    )


def _names(first: Option, second: Option) -> tuple[str, str]:
    if first.label != second.label:
        return first.label, second.label
    return f"{first.label}, {first.quote.label}", f"{second.label}, {second.quote.label} "


def _winner(row: ComparisonRow, first: str, second: str) -> str:
    return {"first": first, "second": second}.get(row.winner, WINNER_WORDS.get(row.winner, ""))


def choose(workspace: Workspace) -> tuple[str, str]:
    """Two select boxes; the first is the option asked about, the second the fixed baseline."""
    options = ordered(workspace.decision.options)
    titles = {o.id: f"{o.label}, {o.quote.label}" for o in options}
    first, second = opening_pair(workspace.scenario, workspace.decision)
    left, right = st.columns(2, gap="medium")
    with left:
        a = inputs.choice("a", "Option", list(titles), default=first, titles=titles)
    with right:
        b = inputs.choice("b", "against the baseline", list(titles), default=second, titles=titles)
    return a, b


workspace = frame("Compare")
archived_line(workspace)
if len(workspace.decision.options) < 2:
    st.markdown("## Nothing to compare yet")
    st.info(
        "This scenario has fewer than two options with evidence. Start a measurement on the Run page.",
        icon=":material/hourglass_empty:",
    )
    st.stop()
sentence = st.container()
first_id, second_id = choose(workspace)
comparison = workspace.comparison(first_id, second_id)
sentence.markdown(f"## {md(comparison.sentence)}")
names = _names(comparison.first, comparison.second)

left, right = st.columns(2, gap="medium")
with left:
    st.markdown("##### Accuracy")
    dumbbell = drawn(dumbbell_chart, comparison, colours=workspace.colours, narrow=workspace.narrow)
    st.plotly_chart(
        dumbbell,
        key="dumbbell",
        config={"displayModeBar": False},
        alt=comparison.sentence,
    )
    if dumbbell.data:
        st.caption(f":blue[●] {md(names[0])} · :orange[○] {md(names[1])}. Share right; thin bars are 95 % intervals.")
    st.caption(f"{md(names[0])}, and what it adds over {md(names[1])}:")
    rows = {row.name: row for row in comparison.rows}
    for column, name in zip(st.columns(3), ("monthly cost", "p95 latency", "memory needed"), strict=True):
        if name in rows:
            column.metric(
                name if name.startswith("p95") else name.capitalize(),
                rows[name].first_text.split(" (")[0],
                delta=rows[name].difference_text.split(" (")[0] or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
with right:
    st.markdown("##### Monthly cost as the load grows")
    if comparison.break_even:
        curve = comparison.break_even
        st.plotly_chart(
            drawn(
                break_even_chart,
                curve,
                names=names,
                colours=workspace.colours,
                today_requests=workspace.scenario.workload.requests_per_month,
                narrow=workspace.narrow,
            ),
            key="break_even",
            config={"displayModeBar": False},
            alt=curve.sentence,
        )
        st.caption(md(curve.sentence))
    else:
        st.info("At least one of the two is unpriced, so there is no break-even.", icon=":material/money_off:")

st.markdown("##### Everything side by side")
table = side_by_side(comparison)
st.dataframe(
    table,
    hide_index=True,
    height="content",
    alt=comparison.sentence,
    column_config={
        "": st.column_config.TextColumn(width=80),
        **{name: st.column_config.TextColumn(width=180) for name in names},  # "$0.00015 ($0.00015–0.00029)"
        "Difference": st.column_config.TextColumn(width=190),
        "Note": st.column_config.TextColumn(width=160),
    },
)

compared = {(option.model, option.quantization) for option in (comparison.first, comparison.second)}
fidelity = [
    one
    for one in fidelity_of(workspace)
    if (one.model, one.quantization) in compared
]
if fidelity:
    st.markdown("##### Beyond accuracy, each against its own full precision")
    fidelity_table(fidelity, workspace.scenario.tasks, workspace.scenario.models)

if comparison.flips:
    st.markdown("##### Answers that changed, item by item")
    st.caption(MCNEMAR)
    for flips in comparison.flips:
        changed_items(flips, comparison, workspace.scenario.tasks.get(flips.task, flips.task))
elif not any(row.group == "accuracy" and row.difference is not None for row in comparison.rows):
    refused = any(row.group == "accuracy" and None not in (row.first, row.second) for row in comparison.rows)
    why = "The scores are not comparable, as said above" if refused else "No task is measured for both"
    st.caption(f"{why}, so no answers can be laid side by side.")
else:
    st.caption(
        "Answers item by item are not published for this evidence: the difference is unpaired, its interval wider."
    )

with st.expander("Sources", icon=":material/link:"):
    for option in (comparison.first, comparison.second):
        st.markdown(f"**{md(option.label)}** · {md(option.quote.label)}")
        for measured in option.measurements.values():
            st.markdown(f"{md(measured.task)}: {sources_line(measured)}")
