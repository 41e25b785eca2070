"""What the table is made into: proposed from its columns, changed by the user."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evals.tabular import Table
from evals.usertasks.adding import Draft, drafted
from evals.usertasks.kinds import GROUPS, KINDS
from evals.usertasks.proposal import default_template, proposal
from evals.usertasks.spec import MAX_SHOTS, MAX_TOKENS, TaskSpec
from pages.ui.data_upload import KEPT, Loaded
from pages.ui.wording import md


def form(loaded: Loaded) -> Draft | None:
    """The fields, filled with a proposal; None while they do not make a task, with the reason shown."""
    columns = list(loaded.table.columns)
    try:
        proposed = proposal(loaded.table, loaded.name)
    except ValueError as error:
        if len(columns) < 2:
            st.error(md(str(error)), icon=":material/error:")
            return None
        st.info(md(f"{error} below."), icon=":material/edit:")
        proposed = proposal(loaded.table, loaded.name, answer_column=columns[-1])
    try:
        spec = _fields(loaded, proposed, columns)
        margin = _margin(loaded)
        return _drafted(loaded.table, loaded.key, spec, margin / 100)
    except ValueError as error:
        st.error(md(f"{str(error)[0].upper()}{str(error)[1:]}."), icon=":material/error:")
        return None


def _fields(loaded: Loaded, proposed: TaskSpec, columns: list[str]) -> TaskSpec:
    key = f"data_{loaded.key}"
    kind = KINDS[
        st.selectbox(
            "Kind of task",
            list(KINDS),
            index=list(KINDS).index(proposed.kind),
            format_func=lambda name: KINDS[name].title,
            key=f"{key}_kind",
        )
    ]
    left, right = st.columns(2)
    prompt = left.selectbox("Question", columns, index=columns.index(proposed.prompt_column), key=f"{key}_prompt")
    answer = right.selectbox(
        "Expected answer",
        columns,
        index=columns.index(proposed.answer_column),
        key=f"{key}_answer",
        help=f"For this kind: {kind.answer}.",
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    metric = left.selectbox(
        "Score", list(kind.metrics), format_func=lambda name: kind.metrics[name], key=f"{key}_{kind.name}_metric"
    )
    name = right.text_input("Name", proposed.name, key=f"{key}_name", help="a to z, 0 to 9, - and _")
    with st.expander("Prompt, examples, chat", icon=":material/tune:"):
        chat = st.toggle(
            "Chat template",
            key=f"{key}_chat",
            help="Put each model's own chat template around the prompt. For instruction-tuned models.",
        )
        written = chat
        if kind.name == "classification":
            written = st.toggle(
                "Read the label from what the model writes",
                value=chat,
                key=f"{key}_{chat}_written",
                help="Otherwise the likeliest label counts (log-likelihood), which chat endpoints do not give.",
            )
        template = st.text_area(
            "Prompt",
            default_template(kind, prompt, answer, written=written),
            key=f"{key}_{kind.name}_{prompt}_{answer}_{written}_template",
            help="{column} is replaced by the cell, {labels} by all labels; everything else stays as it is.",
        )
        left, middle, right = st.columns(3, vertical_alignment="bottom")
        shots = left.number_input(
            "Worked examples",
            0,
            MAX_SHOTS,
            0,
            key=f"{key}_shots",
            help="Shown before each question; left out of the items.",
        )
        tokens = middle.number_input(
            "Room for an answer",
            1,
            MAX_TOKENS,
            None,
            key=f"{key}_tokens",
            placeholder="auto",
            help="In tokens. Empty: from the longest expected answer.",
        )
        group = right.selectbox(
            "Task group", GROUPS, index=GROUPS.index(kind.group), key=f"{key}_{kind.name}_group",
            help="What it counts as on the Cliff page.",
        )  # fmt: skip
    return replace(
        proposed, kind=kind.name, prompt_column=prompt, answer_column=answer, metric=metric, name=name.strip(),
        template=template, written=written, chat_template=chat, shots=int(shots), group=group,
        max_tokens=None if tokens is None else int(tokens),
    )  # fmt: skip


def _margin(loaded: Loaded) -> float:
    return st.number_input(
        "The loss to rule out, points",
        0.1,
        50.0,
        2.0,
        0.5,
        format="%.4g",
        key=f"data_{loaded.key}_margin",
        help="How much worse than the original a quantized model may be. A smaller loss takes more items to rule out.",
    )


@st.cache_data(max_entries=KEPT, ttl=3600, show_spinner="Checking …")
def _drafted(_table: Table, key: str, spec: TaskSpec, margin: float) -> Draft:
    return drafted(_table, spec, margin)
