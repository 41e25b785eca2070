"""The rules of thumb beside what the evidence says."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.claims import Claim


def claims_frame(found: Sequence[Claim]) -> pd.DataFrame:
    """One row a rule, in words."""
    return pd.DataFrame(
        [
            {
                "Rule of thumb": claim.rule,
                "Verdict": claim.says,
                "What the evidence says": claim.evidence,
                "Told apart": claim.detail,
                "Rows": claim.rows,
                "Sources": claim.sources,
            }
            for claim in found
        ]
    )


def rules_of_thumb(found: Sequence[Claim]) -> None:
    """The table with what it is and is not."""
    st.markdown("### Rules of thumb, tested")
    st.caption(
        "What everybody quotes, beside the published rows shipped here. Losses are shares of the score at 16 bits. "
        "No rule is used as an input anywhere: bits, method, size and benchmark decide together."
    )
    st.dataframe(
        claims_frame(found),
        hide_index=True,
        alt="Rules of thumb with their verdict and the evidence",
        column_config={
            "Rule of thumb": st.column_config.TextColumn(width=240),
            "Verdict": st.column_config.TextColumn(width=110),
            "What the evidence says": st.column_config.TextColumn(width=360),
            "Told apart": st.column_config.TextColumn(width=330),
            "Rows": st.column_config.NumberColumn(width=55),
            "Sources": st.column_config.NumberColumn(width=60),
        },
    )
