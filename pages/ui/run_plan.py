"""Choose what to measure; what it will take is said before it starts."""

from __future__ import annotations

import os

import streamlit as st

from evals import runs
from evals.endpoints.estimate import sentences
from evals.models import named_models
from evals.pace import seconds_left
from evals.plan import Plan, demo_plan
from evals.quantizations import QUANTIZATIONS
from evals.tasks import tasks
from pages.ui import inputs
from pages.ui.access import may_write, writing
from pages.ui.endpoints import own_models
from pages.ui.race_view import race_button
from pages.ui.wording import md
from pages.ui.workspace import Workspace


def new_run(workspace: Workspace, *, expanded: bool) -> None:
    """The form; starting writes the run or race and starts its workers."""
    models = [*named_models(), *own_models()]
    with st.expander("Measure something new", icon=":material/add:", expanded=expanded):
        if not models:
            st.info("The shipped models are not here; their weights belong in data/models.", icon=":material/download:")
            return
        demo = demo_plan()
        titles = {name: how.title for name, how in QUANTIZATIONS.items()}
        chosen_models = inputs.choices("models", "Models", models, default=list(demo.models))
        chosen_quantizations = inputs.choices(
            "quantizations", "Quantizations", list(QUANTIZATIONS), default=list(demo.quantizations), titles=titles
        )
        left, right = st.columns([3, 1])
        with left:
            chosen_tasks = inputs.choices(
                "tasks",
                "Tasks",
                list(tasks()),
                default=list(demo.tasks),
                titles={n: t.title for n, t in tasks().items()},
            )
        with right:
            limit = inputs.number(
                "items",
                "Items a task",
                default=None,
                low=1,
                high=100_000,
                step=50,
                optional=True,
                format="%.10g",
                help="Fewer items: faster, wider intervals. Empty: all.",
            )
        try:
            plan = Plan(
                models=tuple(chosen_models),
                quantizations=tuple(chosen_quantizations),
                tasks=tuple(chosen_tasks),
                limit=None if limit is None else int(limit),
            )
        except ValueError as error:
            st.info(str(error), icon=":material/edit:")
            return
        st.markdown(f"**{md(estimate(plan))}** :gray[Runs on this machine in the background; costs nothing but time.]")
        for sentence in sentences(plan):
            st.caption(f":material/payments: {md(sentence)}")
        if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=not may_write()):
            try:
                with writing("start a run", f"{', '.join(plan.models)} × {', '.join(plan.quantizations)}"):
                    inputs.put("run", runs.start(plan))
            except (OSError, ValueError, RuntimeError) as error:
                st.error(f"The run could not start: {error}", icon=":material/error:")
                return
            st.rerun()
        race_button(workspace, plan.models, plan.quantizations, plan.limit)


def estimate(plan: Plan) -> str:
    """Cells, items and about how long, by the pace of what was measured before."""
    cells = plan.cells()
    queued = [
        runs.CellStatus(
            model=c.model,
            quantization=c.quantization,
            task=c.task,
            task_group="",
            state="queued",
            items_done=0,
            items_total=c.items_total,
        )
        for c in cells
    ]
    seen = [cell for run in runs.runs()[:3] for cell in run.cells if cell.state == "done"]
    variants = {(c.model, c.quantization) for c in cells}
    left = seconds_left([*seen, *queued], min(os.cpu_count() or 1, runs.MAX_WORKERS, len(variants)))
    took = (
        "time not yet known: nothing has been measured here"
        if left is None
        else ("less than a minute" if left < 60 else f"about {round(left / 60)} min")
    )
    return f"{len(cells)} cells, {sum(c.items_total for c in cells):,} items, {took}."
