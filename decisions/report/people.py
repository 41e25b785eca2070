"""Who answers for a decision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class People:
    """Who decides and what was said; all of it the author's own words."""

    owner: str = ""
    approvers: str = ""
    decision_date: str = ""
    review_date: str = ""
    dissent: str = ""
