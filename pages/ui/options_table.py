"""The table of options with their reasons: answer first, then by verdict and cost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from decisions.choosing import ordered
from decisions.options import Decision
from decisions.summaries import why
from decisions.wording import money_band, place, score, seconds_band
from pages.ui.wording import VERDICT_MARKS

TABLE_PX = 970  # what a window of 1,440 leaves beside the boxes to tick
CHARACTER_PX = 7


def options_frame(decision: Decision, tasks: dict[str, str]) -> pd.DataFrame:
    """One row an option, everything in words; the index is the option's id."""
    rows: dict[str, dict[str, Any]] = {}
    for option in ordered(decision.options):
        seen = {title: option.measurements.get(task) for task, title in tasks.items()}
        rows[option.id] = {
            "Verdict": f"{VERDICT_MARKS[option.verdict]} {option.verdict}",
            "Option": option.label + (" (today)" if option.is_status_quo else ""),
            "Served on": place(option.quote),
            "Monthly cost": money_band(option.quote.usd_per_month),
            **{title: score(m.score, m.low, m.high) if m else "not measured" for title, m in seen.items()},
            "p95 latency": seconds_band(option.quote.e2e_p95_s),
            "Why": why(option),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def options_table(decision: Decision, tasks: dict[str, str]) -> str | None:
    """Draw the table; the id of the row the user picked."""
    frame = options_frame(decision, tasks)
    several = len(tasks) > 2  # then rows hold three lines, so that all columns fit beside each other
    verdict, option, served, cost, latency = (84, 102, 124, 96, 84) if several else (85, 125, 235, 150, 110)
    scores = {title: max(62, 18 + CHARACTER_PX * len(title)) if several else 95 for title in tasks.values()}
    rest = TABLE_PX - verdict - option - served - cost - latency - sum(scores.values())
    picked = st.dataframe(
        frame,
        hide_index=True,
        key="options_table",
        on_select="rerun",
        selection_mode="single-row",
        row_height=62 if several else None,
        height=458 if len(frame) > 13 or (several and len(frame) > 6) else "content",
        alt="Options with verdict, cost, accuracy, latency and reasons",
        column_config={
            "Verdict": st.column_config.TextColumn(width=verdict),
            "Option": st.column_config.TextColumn(width=option),
            "Served on": st.column_config.TextColumn(width=served),
            "Monthly cost": st.column_config.TextColumn(width=cost),
            **{title: st.column_config.TextColumn(width=width) for title, width in scores.items()},
            "p95 latency": st.column_config.TextColumn(width=latency),
            "Why": st.column_config.TextColumn(width=max(80, rest) if several else "large"),
        },
    )
    rows = picked["selection"]["rows"]
    return str(frame.index[rows[0]]) if rows and rows[0] < len(frame) else None
