"""A race on the Run page: the button that starts one, who is still in, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.charts.race import WORDS, race_chart
from decisions.order import race_lines, race_order, weights
from decisions.wording import listed, money, percent
from evals import runs
from evals.race import Standing
from evals.race_check import Line
from evals.race_spec import RaceSpec, by_size
from pages.ui import inputs
from pages.ui.access import may_write, writing
from pages.ui.live import race_progress
from pages.ui.wording import md
from pages.ui.workspace import Workspace

STOPPED = {"cancelled": "Race stopped", "paused": "Race paused", "interrupted": "Race interrupted"}


def race_button(workspace: Workspace, models: Sequence[str], quantizations: Sequence[str], limit: int | None) -> None:
    """Start a race over the chosen variants for the scenario's accuracy lines, or say why there can be none."""
    lines = race_lines(workspace.scenario)
    if not lines:
        st.caption("A race needs an accuracy line on a task measured here; choose a scenario measured here to set one.")
        return
    try:
        entries = race_order(workspace.scenario, by_size(models, quantizations), workspace.book)
    except (OSError, ValueError) as error:
        st.caption(f"A race cannot start: {md(str(error))}")
        return
    able = [entry for entry in entries if not entry.ruled_out]
    if st.button(
        "Race for the cheapest that meets",
        icon=":material/flag:",
        disabled=not (able and may_write()),
        help="Visits the chosen variants cheapest first and stops asking each as soon as its verdict is settled.",
    ):
        try:
            spec = RaceSpec(
                candidates=tuple(entry.id for entry in able), lines=lines, limit=limit, weights=dict(weights(able))
            )
            with writing("start a race", ", ".join(spec.candidates)):
                inputs.put("run", runs.start_race(spec))
        except (OSError, ValueError, RuntimeError) as error:
            st.error(f"The race could not start: {md(str(error))}", icon=":material/error:")
            return
        st.rerun()
    st.caption(
        md(
            f"Asks only {lines_text(workspace, lines)}, whatever tasks are chosen above. "
            "Every verdict holds although it is looked at after every few items."
        )
    )
    if out := [entry for entry in entries if entry.ruled_out]:
        names = ", ".join(_name(entry.id) for entry in out[:4]) + (" …" if len(out) > 4 else "")
        st.caption(md(f"{len(out)} of {len(entries)} stay out, ruled out by money or latency: {names}."))


def race_heading(found: Standing, state: runs.RunState) -> str:
    """One sentence: how it stands, how it ended, or how far it was when it stopped."""
    if found.result.state != "running":
        return race_sentence(found)
    progress = race_progress(found)
    if state == "running":
        return progress
    return f"{STOPPED.get(state, 'Race ended')}, nothing decided: {progress.partition(': ')[2]}"


def race_sentence(found: Standing) -> str:
    """The decision and what it took."""
    result = found.result
    cost = (
        f"{result.calls:,} model calls of the {result.full_grid_calls:,} of a full grid, "
        f"{percent(result.cost_fraction)} of its cost"
    )
    if result.state == "meets":
        return f"{_name(result.decision or '')} is the cheapest proven to meet your lines: {cost}."
    if result.state == "none_meets":
        return f"No candidate meets your lines: {cost}."
    return f"Nothing is proven to meet your lines: {cost}."


def show_race(workspace: Workspace, run: runs.RunStatus, found: Standing, spec: RaceSpec) -> None:
    """What was asked, intervals of all candidates, and what each was judged on."""
    items = f"{spec.limit:,} items a task" if spec.limit else "all items"
    st.caption(md(f"Line{'s' if len(spec.lines) > 1 else ''}: {lines_text(workspace, spec.lines)} · {items}"))
    now = race_lines(workspace.scenario)
    if set(now) != set(spec.lines):
        asked = lines_text(workspace, now) if now else "no accuracy line on a task measured here"
        st.warning(md(f"Your SLA now says: {asked}. This race is about the lines above."), icon=":material/history:")
    asks = next((c for c in found.candidates if c.status in ("open", "waiting")), None)
    if run.state == "running" and asks:
        doing = "Asking" if asks.items else "Loading"
        st.caption(f":material/progress_activity: {doing} {md(_name(asks.id))}")
    st.plotly_chart(
        race_chart(found, workspace.colours, narrow=workspace.narrow),
        key=f"race_{run.run}",
        config={"displayModeBar": False},
        alt=race_heading(found, run.state),
    )
    st.caption(
        "Cheapest on top. A bar is what the items so far leave possible on the line that decides, however often one "
        "looks. Circle meets, cross misses, open circle unproven, diamond still in; the number counts items."
    )
    why = found.result.state in ("none_meets", "unproven")  # without an answer the reasons are the news
    with st.expander("What each candidate took to settle", icon=":material/table:", expanded=why):
        bills = _bills(workspace, [c.id for c in found.candidates])
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Candidate": _name(c.id),
                        "Verdict": WORDS.get(c.status, c.status),
                        "Items": c.items,
                        "Because": c.reason,
                        "Lines": ", ".join(
                            f"{_title(workspace, check.task)} {WORDS.get(check.status, check.status)}"
                            for check in c.checks
                            if check.items
                        ),
                        "A month": bills[c.id],
                    }
                    for c in found.candidates
                ]
            ),
            hide_index=True,
        )
        if found.baselines:
            shared = [f"{_name(name)} {calls:,}" for name, calls in found.baselines.items()]
            st.caption(md(f"Items of the baseline, asked once for all: {listed(shared)}."))


def lines_text(workspace: Workspace, lines: Sequence[Line]) -> str:
    """``Ticket topics ≥ 80 %``, for each line."""
    return listed([f"{_title(workspace, line.task)} {_line(line.kind, line.value)}" for line in lines])


def _bills(workspace: Workspace, variants: Sequence[str]) -> dict[str, str]:
    """Each one's monthly bill at the prices and the workload of now."""
    try:
        entries = race_order(workspace.scenario, variants, workspace.book)
    except (OSError, ValueError):
        return dict.fromkeys(variants, money(None))
    return {entry.id: money(entry.usd_per_month) for entry in entries}


def _name(variant: str) -> str:
    return variant.replace("@", " @ ")


def _title(workspace: Workspace, task: str) -> str:
    return workspace.scenario.tasks.get(task, task)


def _line(kind: str, value: float) -> str:
    if kind == "minimum":
        return f"≥ {percent(value)}"
    return f"≥ {percent(value)} of baseline" if kind == "minimum_of_baseline" else f"at most {percent(value)} lost"
