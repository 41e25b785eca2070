"""Beyond accuracy: one row a variant and task, each column explained one hover away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from decisions.fidelity import Fidelity, measured_fidelities
from decisions.wording import percent
from pages.ui import inputs
from pages.ui.live import STORE_TROUBLE
from pages.ui.workspace import Workspace

EXPLAINED = {
    "Flips": "Share of items answered right by one of the two and wrong by the other, both ways. Users notice these "
    "although the average may stay the same.",
    "Same top token": "Share of answer tokens where the variant and full precision hold the same token likeliest, "
    "reading the same text (top-1 agreement).",
    "KL, nats": "How far the probabilities of the next token moved from full precision, mean over the answer tokens "
    "(Kullback–Leibler divergence). 0: not at all.",
    "Calibration error": "How far the stated probabilities are from the share right, on average over ten groups of "
    "equally many items (ECE). Compare it only at the same number of items.",
    "Brier": "Mean squared distance between the stated probability and right or wrong; 0 is best.",
}


def fidelity_of(workspace: Workspace) -> tuple[Fidelity, ...]:
    """All that is known here of the scenario's variants; what cannot be read is said."""
    try:
        return measured_fidelities(workspace.measurements, workspace.item_scores)
    except STORE_TROUBLE as error:
        inputs.complain(f"What was measured beyond accuracy cannot be read: {error}")
        return ()


def fidelity_frame(
    found: Sequence[Fidelity], titles: Mapping[str, str], models: Mapping[str, str]
) -> pd.DataFrame:
    """The rows in words; a column that nothing is known of is left out."""

    def share(value: float | None) -> str | None:
        return None if value is None else percent(value)

    table = pd.DataFrame(
        [
            {
                "Task": titles.get(one.task, one.task),
                "Model": models.get(one.model, one.model),
                "Quantization": one.quantization,
                "Bits per weight": one.bits_per_weight,
                "Flips": share(one.flips_fraction),
                "Same top token": share(one.top1_agreement),
                "KL, nats": one.kl,
                "Calibration error": share(one.calibration_error),
                "Brier": one.brier,
            }
            for one in found
        ]
    )
    return table.dropna(axis="columns", how="all")


def fidelity_table(found: Sequence[Fidelity], titles: Mapping[str, str], models: Mapping[str, str]) -> None:
    """The table, or nothing where only scores are known."""
    if not found:
        return
    formats = {"Bits per weight": "%.2f", "KL, nats": "%.4f", "Brier": "%.3f"}
    st.dataframe(
        fidelity_frame(found, titles, models),
        hide_index=True,
        placeholder="",
        alt="What accuracy does not show, a row a variant and task",
        column_config={
            **{name: st.column_config.Column(help=text) for name, text in EXPLAINED.items() if name not in formats},
            **{
                name: st.column_config.NumberColumn(format=format, help=EXPLAINED.get(name))
                for name, format in formats.items()
            },
        },
    )
    if all(one.kl is None for one in found):
        st.caption(
            "Token probabilities against full precision are measured with "
            "`python -m evals divergence MODEL QUANTIZATION`."
        )
