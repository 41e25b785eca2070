"""A race on the Run page: the button that starts one, and who is still in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.charts.race import race_chart
from decisions.order import race_lines, race_order, weights
from decisions.wording import listed, percent
from evals import runs
from evals.race import Standing
from evals.race_spec import RaceSpec, by_size
from pages.ui.access import may_write, writing
from pages.ui.live import race_progress
from pages.ui.wording import md
from pages.ui.workspace import Workspace

STATUS_WORDS = {"open": "still in", "waiting": "not begun", "dropped": "not needed"}


def race_button(workspace: Workspace, models: Sequence[str], quantizations: Sequence[str], limit: int | None) -> None:
    """Start a race over the chosen variants for the scenario's accuracy lines, or say why there can be none."""
    lines = race_lines(workspace.scenario)
    if not lines:
        st.caption("A race needs an accuracy line on a task measured here; choose a scenario measured here to set one.")
        return
    titles = workspace.scenario.tasks
    asked = listed([f"{titles.get(line.task, line.task)} {_line(line.kind, line.value)}" for line in lines])
    if st.button(
        "Race for the cheapest that meets",
        icon=":material/flag:",
        disabled=not may_write(),
        help="Visits the chosen variants cheapest first and stops asking each as soon as its verdict is settled.",
    ):
        try:
            entries = race_order(workspace.scenario, by_size(models, quantizations), workspace.book)
            able = [entry for entry in entries if not entry.ruled_out]
            if not able:
                raise ValueError(f"money or latency rule out every variant ({entries[0].ruled_out})")
            spec = RaceSpec(
                candidates=tuple(entry.id for entry in able), lines=lines, limit=limit, weights=dict(weights(able))
            )
            with writing("start a race", ", ".join(spec.candidates)):
                runs.start_race(spec)
        except (OSError, ValueError, RuntimeError) as error:
            st.error(f"The race could not start: {md(str(error))}", icon=":material/error:")
            return
        st.rerun()
    st.caption(md(f"Lines: {asked}. Every verdict holds although it is looked at after every few items."))


def race_sentence(found: Standing) -> str:
    """The state of the race in one sentence."""
    result = found.result
    spent = f"{result.calls:,} of {result.full_grid_calls:,} model calls"
    if result.state == "running":
        return race_progress(found)
    cost = f"{spent} ({percent(result.cost_fraction)} of the full grid's cost)"
    if result.state == "meets":
        return f"{(result.decision or '').replace('@', ' @ ')} is the cheapest proven to meet your lines: {cost}."
    if result.state == "none_meets":
        return f"No candidate meets your lines: {cost}."
    return f"Nothing is proven to meet your lines: {cost}."


def show_race(workspace: Workspace, run: str, found: Standing) -> None:
    """Intervals of all candidates, and what each was judged on."""
    st.plotly_chart(
        race_chart(found, workspace.colours, narrow=workspace.narrow),
        key=f"race_{run}",
        config={"displayModeBar": False},
        alt=race_sentence(found),
    )
    st.caption(
        "Cheapest on top. A bar is what the items so far leave possible on the line that decides, however often one "
        "looks. Circle meets, cross misses, open circle unproven, diamond still in; the number counts items."
    )
    with st.expander("What each candidate took to settle", icon=":material/table:"):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Candidate": c.id,
                        "Verdict": STATUS_WORDS.get(c.status, c.status),
                        "Items": c.items,
                        "Because": c.reason,
                        "Lines": ", ".join(
                            f"{workspace.scenario.tasks.get(check.task, check.task)} {check.status}"
                            for check in c.checks
                            if check.items
                        ),
                    }
                    for c in found.candidates
                ]
            ),
            hide_index=True,
        )


def _line(kind: str, value: float) -> str:
    if kind == "minimum":
        return f"≥ {percent(value)}"
    return f"≥ {percent(value)} of baseline" if kind == "minimum_of_baseline" else f"at most {percent(value)} lost"
