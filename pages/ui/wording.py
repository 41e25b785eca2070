"""Verdict marks and Markdown-safe text; numbers read as ``decisions.wording`` says."""

from __future__ import annotations

import re

from decisions.summaries import seen_text
from decisions.verdicts import Check, Status
from decisions.wording import points, quantity

VERDICT_MARKS: dict[Status, str] = {"meets": "✔", "misses": "✖", "unproven": "?"}
VERDICT_COLOURS: dict[Status, str] = {"meets": "blue", "misses": "orange", "unproven": "gray"}
NOT_KNOWN = "not yet known"

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def md(text: str) -> str:
    """Plain text made safe for Streamlit's Markdown: dollars are not formulas, underscores not italics."""
    return _SPECIAL.sub(r"\\\1", text).replace(":", "\\:")


def check_sentence(check: Check) -> str:
    """``p95 latency 3.1 s (2.4 s–4.0 s), at most 4 s``."""
    name = check.name[:1].upper() + check.name[1:] if check.name != "p95 latency" else check.name
    if check.seen is None:
        return f"{name} {NOT_KNOWN}, {check.direction} {quantity(check.target, check.unit)}"
    return f"{name} {seen_text(check)}, {check.direction} {quantity(check.target, check.unit)}"


def margin(check: Check) -> str:
    """How far the seen value lies from its line: ``5.1 points over 75 %``, ``within $2,000``."""
    if check.seen is None:
        return NOT_KNOWN
    if check.unit == "fraction":
        gap = check.seen - check.target
        return f"{points(gap)} {'over' if gap >= 0 else 'under'} {quantity(check.target, check.unit)}"
    word = {"meets": "within", "misses": "over", "unproven": "unproven against"}[check.status]
    return f"{word} {quantity(check.target, check.unit)}"
