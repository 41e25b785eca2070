"""All runs with their provenance."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evals.runs import RunStatus
from pages.ui.wording import md


def history(every: Sequence[RunStatus]) -> None:
    """A table of runs, and what each was made with."""
    if not every:
        return
    st.markdown("#### Runs")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Started": _when(run.created),
                    "State": run.state,
                    "Cells": f"{run.cells_done} of {run.cells_total}",
                    "Items": f"{run.items_done:,}",
                    "Took": _took(run),
                    "Models": ", ".join(run.plan["models"]),
                    "Quantizations": len(run.plan["quantizations"]),
                    "Tasks": len(run.plan["tasks"]),
                    "Run": run.run,
                }
                for run in every
            ]
        ),
        hide_index=True,
    )
    with st.expander("Provenance", icon=":material/fingerprint:"):
        for run in every[:10]:
            packages = run.provenance.get("packages", {})
            made = ", ".join(f"{name} {version or 'missing'}" for name, version in packages.items())
            limit = run.plan.get("limit")
            st.markdown(
                f"**{md(run.run)}**  \n:gray[Quantizations] {md(', '.join(run.plan['quantizations']))}  \n"
                f":gray[Tasks] {md(', '.join(run.plan['tasks']))}  \n"
                f":gray[Items a task] {limit or 'all'} · :gray[seed] {run.plan.get('seed', 0)} · "
                f":gray[processors] {run.provenance.get('processors', '?')}  \n:gray[Made with] {md(made)}"
            )


def _when(created: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(created))


def _took(run: RunStatus) -> str:
    if run.finished is None:
        return ""
    spent = run.finished - run.created
    return f"{spent:.0f} s" if spent < 120 else f"{spent / 60:.0f} min"
