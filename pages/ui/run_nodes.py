"""The machines of a cluster while it evaluates a run: what each does, did, and costs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from decisions.node_costs import node_costs, nodes_sentence
from evals.runs import RunStatus
from pages.ui.wording import md
from pages.ui.workspace import Workspace


def show_nodes(workspace: Workspace, status: RunStatus) -> None:
    """A line a node; nothing for a run of local workers."""
    if not status.nodes:
        return
    costs = node_costs(status.nodes, workspace.book)
    st.markdown("#### Nodes")
    st.caption(md(nodes_sentence(costs)))
    rows = [
        {
            "Node": one.node.host,
            "State": one.state,
            "Cost": one.price,
            "Machine": one.machine,
            "Running": one.running,
            "Done": one.done,
            "Offer": one.source,
        }
        for one in costs
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Node": st.column_config.TextColumn(help="The machine's own name."),
            "State": st.column_config.TextColumn(
                help="Lost: the cluster has it no more, and its open work goes on elsewhere. Last seen: nobody drives "
                "the run any more, so that nobody knows."
            ),
            "Cost": st.column_config.TextColumn(
                help="The cheapest offer on demand for the same cards, own prices included; your bill may differ."
            ),
            "Done": st.column_config.TextColumn(help="Cells that were finished on this node, by variant."),
        },
    )
    for one in costs:
        if one.node.reason:
            st.caption(f"{md(one.node.host)} is left out: {md(one.node.reason)}")
