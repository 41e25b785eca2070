"""Decision: what would change our mind, how sure is it, and what is the way back?"""

from __future__ import annotations

import streamlit as st

from decisions.charts.chances import chances_chart
from decisions.charts.tornado import tornado_chart
from decisions.view import DecisionView
from pages.ui.decision_tables import (
    alternatives_table,
    candidates_frame,
    chances_table,
    flips_table,
    swings_table,
)
from pages.ui.frame import frame
from pages.ui.viewing import viewed
from pages.ui.wording import md
from pages.ui.workspace import Workspace

CONFIG = {"displayModeBar": False}
FLIPS_SHOWN = 6


def flip_points(view: DecisionView) -> None:
    """The nearest flip points as sentences, all of them in the table."""
    st.markdown("#### What would change our mind")
    if not view.flip_points:
        nothing = "Nothing within ten times of what is set would change the answer"
        st.markdown(f"{nothing}: the first score would." if view.decision.by_cost else f"{nothing}.")
        return
    nearest = view.flip_points[:FLIPS_SHOWN]
    st.markdown("\n".join(f"- **{md(flip.condition)}**{md(flip.sentence[len(flip.condition) :])}" for flip in nearest))
    st.caption("Each alone, all else as set. Both sides of every point were decided anew.")
    with st.expander(f"All {len(view.flip_points)} flip points", icon=":material/table:"):
        st.dataframe(flips_table(view.flip_points), hide_index=True, alt="Flip points with both sides")


def tornado(view: DecisionView, workspace: Workspace) -> None:
    """Chart, key and table of the swings."""
    if not view.swings:
        return
    st.markdown("#### What moves the bill")
    widest = view.swings[0]
    st.markdown(md(f"{widest.label} moves it most. {widest.sentence}"))
    option = workspace.option(view.answer or "")
    cost = option.quote.usd_per_month if option else None
    st.plotly_chart(
        tornado_chart(view.swings, cost.value if cost else None, workspace.colours, narrow=workspace.narrow),
        config=CONFIG,
        key="tornado",
        alt=f"What each input does to the monthly cost. {widest.label} moves it most: {widest.sentence}",
    )
    st.caption(
        ":blue[■] the answer stays · :orange[■] another answer takes over at an end, ◆ at its bill · "
        "dotted line: the bill as set"
    )
    with st.expander("Data", icon=":material/table:"):
        st.dataframe(swings_table(view.swings), hide_index=True, alt="Inputs, their ranges and what they do")


def chances(view: DecisionView, workspace: Workspace) -> None:
    """How likely each option is right."""
    if not view.chances.options:
        return
    st.markdown("#### How likely each option is the right choice")
    st.plotly_chart(
        chances_chart(
            view.chances,
            view.decision.choice.id if view.decision.choice else None,
            workspace.colours,
            narrow=workspace.narrow,
        ),
        config=CONFIG,
        key="chances",
        alt=f"{view.chances.sentence} {view.chances.unproven_sentence}".strip(),
    )
    st.caption(
        f"{view.chances.draws:,} draws of what is uncertain: accuracies in their intervals, each alone; speeds in "
        "their bands, with the bills they lead to. Best buy: the lowest bill, at an equal one the better score. "
        "Hollow: it meets what is known; the line named is not known."
    )
    with st.expander("Data", icon=":material/table:"):
        st.dataframe(chances_table(view.chances), hide_index=True, alt="Shares of the draws by option")


def way_back(view: DecisionView) -> None:
    """Triggers, what to switch to, how long it takes and costs."""
    back = view.rollback
    if back is None:
        return
    st.markdown("#### The way back")
    st.markdown(md(back.sentence))
    st.markdown("\n".join(f"- {md(trigger.text[:1].upper() + trigger.text[1:])}" for trigger in back.triggers))
    title = f"Switch to {back.switch_label}" if back.switch_label else "Nothing to switch to"
    st.markdown(f"**{md(title)}**: {md(back.switch_reason)}.")
    st.markdown("\n".join(f"- {md(text)}" for text in (back.load_text, back.notice_text, back.cost_text)))


def asked(view: DecisionView) -> None:
    """Questions and mistakes, each with what raised it."""
    if view.mistakes:
        st.markdown("#### Mistakes this scenario lies open to")
        for mistake in view.mistakes:
            st.markdown(f":material/warning: **{md(mistake.title)}.** {md(mistake.because)}. {md(mistake.text)}")
    if view.questions:
        st.markdown("#### Questions for the engineers")
        half = -(-len(view.questions) // 2)
        for column, part in zip(
            st.columns(2, gap="large"), (view.questions[:half], view.questions[half:]), strict=True
        ):
            lines = [f"- {md(one.text)}  \n  :gray[Because {md(one.because)}.]" for one in part]
            column.markdown("\n".join(lines))


workspace = frame("Decision")
st.markdown(f"## {md(workspace.decision.sentence)}")
if workspace.decision.detail:
    st.markdown(md(workspace.decision.detail))
found = viewed(workspace)
for said in (found.chances.sentence, found.chances.unproven_sentence):
    if said:
        st.markdown(f":material/casino: {md(said)}")
if not found.decision.options:
    st.info("No candidate has evidence on these tasks yet; it fills in here.", icon=":material/hourglass_empty:")
    st.stop()
left, right = st.columns([1.25, 1], gap="large")
with left:
    flip_points(found)
    tornado(found, workspace)
with right:
    chances(found, workspace)
    way_back(found)
st.markdown("#### Alternatives")
st.dataframe(
    alternatives_table(found.alternatives),
    hide_index=True,
    row_height=62,  # long reasons take two lines
    column_config={
        name: st.column_config.TextColumn(width=width)
        for name, width in (("Role", 150), ("Verdict", 90), ("Monthly cost", 140), ("Why not", 310), ("On", 180))
    },
    alt="What else there is, and why not",
)
asked(found)
st.markdown("#### From baseline to candidates")
st.markdown(md(found.table.sentence))
st.markdown(
    md(f"Baselines: {'; '.join(found.table.baselines) or 'none'}. Asked for: {'; '.join(found.table.trade_offs)}.")
)
with st.expander("Every candidate through every line", icon=":material/table:"):
    st.dataframe(candidates_frame(found.table), hide_index=True, alt="Candidates by line")
