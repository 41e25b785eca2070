"""The well-known rules of thumb beside the published evidence: claims to be tested, never inputs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import mean, median
from typing import Literal

from evals.forecast.evidence import Row, published_rows
from evals.measurements import Measurement
from evals.published import published_measurements

Says = Literal["holds", "mostly holds", "roughly right", "overstated", "understated", "does not hold", "too few rows"]
FOUR_BITS = (3.95, 5.1)
FOUR_BIT_CLAIMS = (
    ("Classification loses 2 % at 4 bits", "knowledge", 2.0),
    ("Summarization loses 3 % at 4 bits", "summarization", 3.0),
    ("Math loses 8 % at 4 bits", "math", 8.0),
    ("Code loses 15 % at 4 bits", "code", 15.0),
    ("Agents lose 20 % at 4 bits", "agent", 20.0),
)
LEAST_SOURCES = 3
UNTUNED = ("plain rounding",)
TRAINED = ("trained with it",)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A rule of thumb, what the evidence shows in words, and what that says of the rule."""

    rule: str
    evidence: str
    detail: str
    rows: int
    sources: int
    says: Says


@lru_cache(maxsize=1)
def claims() -> tuple[Claim, ...]:
    """Each rule tested on the shipped published rows. Losses are shares of the 16-bit score, in percent."""
    rows = published_rows()
    return (_eight_bits(rows), *(_four_bits(rows, *claim) for claim in FOUR_BIT_CLAIMS), _big_beats_small())


def _plain(value: float) -> str:
    """One decimal, a true minus, no minus before zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def _lost_percent(row: Row) -> float:
    return 100 * row.lost_points / row.baseline_points


def _tuned(row: Row) -> bool:
    """Neither plain rounding nor trained with it, and weights only unless both are floats."""
    kind = row.cell.method_class
    return kind not in (*UNTUNED, *TRAINED) and (row.cell.activation_bits == 16 or kind == "low-bit float")


def _eight_bits(rows: Sequence[Row]) -> Claim:
    """Configurations (one variant of one source) with three tasks or more, by their mean loss."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if 7.5 <= row.cell.bits <= 8.6 and row.cell.method_class != "low-bit float":
            found.setdefault(row.cell.setting, []).append(row)
    whole = [part for part in found.values() if len(part) >= 3]
    losses = [mean(_lost_percent(row) for row in part) for part in whole]
    if not losses:
        return _silent("INT8 loses less than 1 %")
    under = sum(loss < 1 for loss in losses)
    share = under / len(losses)
    return Claim(
        rule="INT8 loses less than 1 %",
        evidence=f"{under} of {len(losses)} INT8 configurations lose less than 1 % on average",
        detail=f"the worst loses {max(losses):.1f} %",
        rows=sum(map(len, whole)),
        sources=len({part[0].cell.source for part in whole}),
        says="holds" if share >= 0.9 else "mostly holds" if share >= 0.6 else "does not hold",
    )


def _four_bits(rows: Sequence[Row], rule: str, group: str, claimed: float) -> Claim:
    here = [r for r in rows if r.cell.group == group and FOUR_BITS[0] <= r.cell.bits < FOUR_BITS[1]]
    tuned = [r for r in here if _tuned(r)]
    if len(tuned) < 3:
        return _silent(rule)
    losses = sorted(map(_lost_percent, tuned))
    middle = median(losses)
    low, high = losses[len(losses) // 10], losses[-1 - len(losses) // 10]
    said = [
        f"{name} {_plain(median(map(_lost_percent, part)))} % ({len(part)} row{'s' if len(part) > 1 else ''})"
        for name, part in (
            ("plain rounding", [r for r in here if r.cell.method_class in UNTUNED]),
            ("tuned, up to 4B", [r for r in tuned if (r.cell.parameters_b or 99) <= 4]),
            ("tuned, 50B and more", [r for r in tuned if (r.cell.parameters_b or 0) >= 50]),
        )
        if part
    ]
    ratio = middle / claimed
    thin = len({r.cell.source for r in tuned}) < LEAST_SOURCES
    return Claim(
        rule=rule,
        evidence=f"tuned methods lose {_plain(middle)} %, most of them {_plain(low)} to {_plain(high)} %",
        detail="; ".join(said),
        rows=len(tuned),
        sources=len({r.cell.source for r in tuned}),
        says="too few rows"
        if thin
        else "overstated"
        if ratio < 0.5
        else "understated"
        if ratio > 2
        else "roughly right",
    )


def _big_beats_small() -> Claim:
    """Same family, task, protocol and source: about 70B at about 4 bits against about 8B at 16 bits."""
    rule = "70B at 4 bits beats 8B at 16 bits"
    small: dict[tuple[str, str, str], Measurement] = {}
    big: list[tuple[tuple[str, str, str], Measurement]] = []
    for m in published_measurements():
        size = re.search(r"(\d+)[bB]\b", m.model)
        if not size or m.method == "API" or not m.bits_per_weight:
            continue
        key = (re.sub(r"\d+[bB]\b", "", m.model).casefold(), m.task, m.protocol)
        if 65 <= int(size[1]) <= 72 and 3.5 < m.bits_per_weight < FOUR_BITS[1]:
            big.append((key, m))
        elif 6 <= int(size[1]) <= 9 and m.bits_per_weight >= 16:
            small[key] = m
    met = [(m, small[key]) for key, m in big if key in small]
    if not met:
        return _silent(rule)
    gaps = [100 * (one.score - two.score) for one, two in met]
    won = sum(gap > 0 for gap in gaps)
    return Claim(
        rule=rule,
        evidence=f"{won} of {len(met)} head-to-heads won, by {median(gaps):.1f} points in the middle",
        detail=f"worst {min(gaps):+.1f}, best {max(gaps):+.1f} points".replace("-", "−"),
        rows=len(met),
        sources=len({m.source for m, _ in met}),
        says="holds" if won >= 0.9 * len(met) else "mostly holds" if won >= 0.6 * len(met) else "does not hold",
    )


def _silent(rule: str) -> Claim:
    return Claim(rule=rule, evidence="no published rows", detail="", rows=0, sources=0, says="too few rows")
