"""Import past runs: upload their files, see what was taken and what was not, take one out again."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from evals.importing.keeping import forget, imports
from evals.importing.taking import Taken, take
from evals.quantizations import QUANTIZATIONS
from evals.store import StoreError
from pages.ui.access import NotAllowed, look_only, write_button, writing
from pages.ui.evidence_tables import imports_table, speeds_table
from pages.ui.wording import md

LARGEST_MB = 200  # of one file
KINDS = ["json", "jsonl", "eval", "csv", "tsv"]
AS_THE_FILE_SAYS = "as the file says"


def imports_section() -> None:
    """The form, what the last import did, and the imported runs."""
    st.markdown("#### Import past runs")
    st.markdown(
        "Results you already have from lm-eval, Inspect or guidellm, or a CSV with one row an item. They keep their "
        "origin, *imported*, wherever they are shown."
    )
    _form()
    if (last := st.session_state.pop("_imports_said", None)) is not None:
        _outcome(last)
    runs = imports()
    if not runs:
        st.caption("Nothing is imported yet.")
        return
    imports_table(runs)
    if any(run.speeds for run in runs):
        st.markdown("##### Speed under load, from imported reports")
        speeds_table(runs)
    titles = {run.id: f"{run.model} {run.quantization}, {run.files[0]} ({run.id})" for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Take out", list(titles), format_func=lambda name: titles[name], width=460)
        if write_button(
            "Take out",
            "take out an import",
            chosen,
            lambda: forget(chosen),
            icon=":material/delete:",
            help="Your files stay where they are; they can be imported again.",
        ):
            st.rerun()


def _form() -> None:
    blocked = look_only("import runs")
    with st.form("import_runs", border=True):
        files = st.file_uploader(
            "Files",
            type=KINDS,
            accept_multiple_files=True,
            max_upload_size=LARGEST_MB,
            disabled=blocked,
            help="For lm-eval give results_*.json together with its samples_*.jsonl: without them there is no paired "
            "test. For larger files: python -m evals import PATH",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            label = st.selectbox(
                "Quantization",
                [AS_THE_FILE_SAYS, "fp32", *QUANTIZATIONS],
                accept_new_options=True,
                width=220,
                help="Files often do not say it. Choose one, or type another such as Q5_K_S.",
            )
            model = st.text_input("Model, if the file names it badly", max_chars=120, width=240)
            group = st.text_input("Task group, if not known", max_chars=40, width=190, placeholder="math, code …")
            hardware = st.text_input(
                "Hardware of a benchmark", max_chars=80, width=190, placeholder="1x H100",
                help="What one replica ran on. With it, speeds of a guidellm report decide on latency lines.",
            )  # fmt: skip
        pressed = st.form_submit_button("Import", icon=":material/upload_file:", type="primary", disabled=blocked)
    if pressed:
        if not files:
            st.info("Choose at least one file.", icon=":material/edit:")
            return
        quantization = None if label in (None, AS_THE_FILE_SAYS) else str(label)
        try:
            with writing("import runs", ", ".join(file.name for file in files)[:200]):
                taken = _taken(files, quantization, model.strip() or None, group.strip(), hardware)
        except (NotAllowed, ValueError, StoreError, OSError) as error:
            st.error(md(str(error)), icon=":material/error:")
            return
        st.session_state["_imports_said"] = taken
        st.rerun()


def _taken(files: list[Any], quantization: str | None, model: str | None, group: str, hardware: str = "") -> Taken:
    """Write the uploads under their own names, so that lm-eval's files find each other, and take them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for file in files:
            path = Path(folder) / PurePath(file.name.replace("\\", "/")).name
            with path.open("wb") as out:
                out.write(file.getbuffer())
            paths.append(path)
        return take(paths, quantization=quantization, model=model, task_group=group, hardware=hardware)


def _outcome(taken: Taken) -> None:
    for run in taken.runs:
        counted = ", ".join(f"{task} ({n:,} items)" if n else task for task, n in run.tasks)
        notes = "".join(f"  \n{md(note)}" for note in run.warnings)
        st.success(f"{md(run.model)} {md(run.quantization)}: {md(counted)}{notes}", icon=":material/check_circle:")
    for each in taken.refused:
        st.error(f"{md(PurePath(each.file).name)}: {md(each.reason)}", icon=":material/block:")
