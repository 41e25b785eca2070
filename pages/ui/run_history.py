"""All runs with their provenance."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evals.runs import RunStatus
from pages.ui import inputs
from pages.ui.wording import md

RUN = "run"  # in the address: the run to show


def shown_run(every: Sequence[RunStatus]) -> RunStatus | None:
    """The run that the address names, else one that is going on, else the newest; None if there is none."""
    named = st.query_params.get(RUN)
    wanted = [run for run in every if run.run == named] or [run for run in every if run.state == "running"]
    return next(iter([*wanted, *every]), None)


def history(every: Sequence[RunStatus]) -> None:
    """A table of runs, and what each was made with."""
    if not every:
        return
    st.markdown("#### Runs")
    if len(every) > 1:
        titles = {run.run: f"{when(run.created)} · {_kind(run)}, {run.state}" for run in every}
        titles[""] = "The one going on, or the newest"
        inputs.choice(RUN, "Shown above", ["", *(run.run for run in every)], default="", titles=titles)
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Started": when(run.created),
                    "Kind": _kind(run),
                    "State": run.state,
                    "Cells": "" if run.state == "running" else f"{run.cells_done} of {run.cells_total}",
                    "Items": "" if run.state == "running" or _kind(run) == "race" else f"{run.items_done:,}",
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


def when(created: float) -> str:
    """``2026-11-21 19:06``, in the time of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(created))


def _took(run: RunStatus) -> str:
    if run.finished is None:
        return ""
    spent = run.finished - run.created
    return f"{spent:.0f} s" if spent < 120 else f"{spent / 60:.0f} min"


def _kind(run: RunStatus) -> str:
    return "race" if "race" in run.plan else "full grid"
