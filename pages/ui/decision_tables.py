"""Tables of the Decision page: the same numbers as its charts, in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from decisions.verdicts import Status
from decisions.view.numbers import amount
from decisions.view.values import Alternative, CandidateTable, Cell, Chances, FlipPoint, Outcome, Swing
from decisions.wording import money, percent
from pages.ui.wording import VERDICT_MARKS


def verdict(status: Status) -> str:
    """``✔ meets``."""
    return f"{VERDICT_MARKS[status]} {status}"


def said(there: Outcome) -> str:
    """``70B IQ3_M, $1,110``."""
    return there.label + (f", {money(there.usd_per_month)}" if there.usd_per_month is not None else "")


def swings_table(swings: Sequence[Swing]) -> pd.DataFrame:
    """One row a bar."""
    return pd.DataFrame(
        [
            {
                "Input": bar.label,
                "Range": bar.range_text,
                "Cost at the low end": money(bar.low_usd_per_month),
                "Cost at the high end": money(bar.high_usd_per_month),
                "Answer at the low end": said(bar.low),
                "Answer at the high end": said(bar.high),
                "Another answer": "yes" if bar.changes_choice else "no",
                "Where the range comes from": bar.origin,
            }
            for bar in swings
        ]
    )


def flips_table(flips: Sequence[FlipPoint]) -> pd.DataFrame:
    """One row a flip point, with both sides as they were decided."""
    return pd.DataFrame(
        [
            {
                "If": flip.condition,
                "Now": amount(flip.now, flip.unit),
                "The answer becomes": said(flip.becomes),
                "On": flip.becomes.place,
                "Decided at": f"{amount(flip.stays_at, flip.unit)} and {amount(flip.becomes_at, flip.unit)}",
                "Before it": said(flip.stays),
            }
            for flip in flips
        ]
    )


def chances_table(chances: Chances) -> pd.DataFrame:
    """One row an option that is proven, or ever right."""
    return pd.DataFrame(
        [
            {
                "Option": one.label,
                "On": one.place,
                "Verdict": verdict(one.verdict),
                "Monthly cost": money(one.usd_per_month),
                "Best buy of the proven": ""
                if one.probability_among_proven is None
                else percent(one.probability_among_proven, 1),
                "Best buy of all": percent(one.probability, 1),
                "Meets every line known": percent(one.meets_known_lines, 1),
                "Open lines": ", ".join(one.open_lines),
                "Best buy if they were met": ""
                if one.probability_if_open_lines_meet is None
                else percent(one.probability_if_open_lines_meet, 1),
            }
            for one in chances.options
        ]
    )


def alternatives_table(others: Sequence[Alternative]) -> pd.DataFrame:
    """One row an alternative."""
    return pd.DataFrame(
        [
            {
                "Option": one.label,
                "Role": one.role,
                "Verdict": verdict(one.verdict),
                "Monthly cost": one.cost_text,
                "Why not": one.reason,
                "On": one.place,
            }
            for one in others
        ]
    )


def candidates_frame(table: CandidateTable) -> pd.DataFrame:
    """Every candidate through every line."""

    def shown(cell: Cell | None) -> str:
        if cell is None:
            return ""
        return f"{VERDICT_MARKS[cell.status]} {cell.seen_text or cell.reason}".strip()

    return pd.DataFrame(
        [
            {
                "Verdict": verdict(row.verdict),
                "Candidate": row.label + (" (today)" if row.is_status_quo else ""),
                "Monthly cost": row.cost_text,
                "Against its baseline": row.against_baseline,
                **{line[:1].upper() + line[1:]: shown(cell) for line, cell in zip(table.lines, row.cells, strict=True)},
                "On": row.place,
            }
            for row in table.rows
        ]
    )
