"""Measurements and cells of the coverage map as tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from decisions.charts.coverage import MARKS
from decisions.coverage import CoverageCell
from decisions.wording import percent
from evals.importing.imported import ServedSpeed
from evals.importing.keeping import KeptRun
from evals.measurements import Measurement
from pages.ui.links import address


def measurements_table(found: Sequence[Measurement]) -> None:
    """Every measurement with what it rests on."""
    st.dataframe(
        pd.DataFrame([_row(m) for m in found]),
        hide_index=True,
        placeholder="",
        height=458 if len(found) > 12 else "content",
        alt="Measurements with origin, score, interval, items, date and source",
        column_config={
            "Source": st.column_config.LinkColumn(display_text="open"),
            "Bits": st.column_config.NumberColumn(format="%.2f", help="Bits per weight, scales counted where known."),
            "Items": st.column_config.NumberColumn(format="localized", help="Empty: not stated by the source."),
            "Protocol": st.column_config.TextColumn(help="Only measurements with the same protocol are compared."),
        },
    )


def coverage_table(cells: Sequence[CoverageCell]) -> None:
    """The map in words."""
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Model": cell.model,
                    "Quantization": cell.quantization,
                    "Bits": cell.bits_per_weight,
                    "Task group": cell.task_group,
                    "Known from": f"{MARKS[cell.standing]} {cell.standing}",
                    "Measurements": len(cell.measurements),
                    "Tasks": ", ".join(sorted({m.task for m in cell.measurements})),
                    "Most items": cell.best.n_items if cell.best else None,
                }
                for cell in cells
            ]
        ),
        hide_index=True,
        alt="Each cell of the coverage map",
        column_config={"Bits": st.column_config.NumberColumn(format="%.2f")},
    )


def imports_table(runs: Sequence[KeptRun]) -> None:
    """The imported runs."""
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Model": run.model,
                    "Quantization": run.quantization,
                    "Tasks": ", ".join(f"{t.task} ({t.n:,})" if t.n else t.task for t in run.tasks),
                    "Speeds": ", ".join(s.load for s in run.speeds),
                    "Notes": " · ".join(run.warnings),
                    "Tool": f"{run.tool} {run.tool_version}".strip(),
                    "Files": ", ".join(run.files),
                    "Run": run.id,
                }
                for run in runs
            ]
        ),
        hide_index=True,
        alt="Imported runs with their tasks and notes",
    )


def speeds_table(runs: Sequence[KeptRun]) -> None:
    """Latency and throughput of served models, as imported."""
    st.dataframe(
        pd.DataFrame([_speed(run, speed) for run in runs for speed in run.speeds]),
        hide_index=True,
        alt="Latency and throughput of served models, from imported reports",
        column_config={"p95 end to end, s": st.column_config.NumberColumn(help="95 of 100 requests took no longer.")},
    )


def _row(m: Measurement) -> dict[str, object]:
    return {
        "Origin": m.origin,
        "Model": m.model,
        "Quantization": m.quantization,
        "Bits": m.bits_per_weight,
        "Task": m.task,
        "Task group": m.task_group,
        "Score": percent(m.score),
        "95 % interval": "" if m.low is None or m.high is None else f"{percent(m.low)} to {percent(m.high)}",
        "Items": m.n_items,
        "Metric": m.metric,
        "Date": m.date,
        "From": m.source_title or m.source,
        "Source": address(m.source, m.source_locator) or None,
        "Protocol": m.protocol,
        "Note": m.note,
    }


def _speed(run: KeptRun, speed: ServedSpeed) -> dict[str, object]:
    return {
        "Origin": "imported",
        "Model": run.model,
        "Quantization": run.quantization,
        "Hardware": run.hardware,
        "Load": speed.load,
        "Requests right": speed.successful,
        "failed": speed.errored,
        "cut off": speed.incomplete,
        "p95 end to end, s": speed.e2e_p95_s,
        "p95 first token, s": speed.ttft_p95_s,
        "p95 per token, s": speed.tpot_p95_s,
        "Requests/s": speed.requests_per_s,
        "Output tokens/s": speed.output_tokens_per_s,
        "Run": run.id,
    }
