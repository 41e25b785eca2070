"""Two options side by side: what differs, by how much, and who wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from decisions.evidence import ItemScores
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from pricing.catalogue import PriceBook

Group = Literal["accuracy", "speed", "money", "memory", "risk"]
Winner = Literal["first", "second", "tie", "unproven", ""]


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """``difference`` is first − second in ``unit``; ``low``–``high`` its interval. Texts are ready to show."""

    group: Group
    name: str
    unit: str  # "fraction", "s", "usd", "gib", ""
    first: float | None
    second: float | None
    first_text: str
    second_text: str
    difference: float | None
    low: float | None
    high: float | None
    difference_text: str
    winner: Winner
    paired: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemFlips:
    """Item ids of one task: ``fixed`` by the first option (second wrong), ``broken`` by it, and counts of the same."""

    task: str
    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    both_right: int
    both_wrong: int
    p_mcnemar: float


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """Requests a month against $/month of both (a staircase: replicas are whole), and where they cross."""

    requests_per_month: tuple[float, ...]
    first_usd_per_month: tuple[float | None, ...]
    second_usd_per_month: tuple[float | None, ...]
    crossings: tuple[float, ...]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The sentence comes first on the page."""

    first: Option
    second: Option
    sentence: str
    rows: tuple[ComparisonRow, ...]
    flips: tuple[ItemFlips, ...]
    break_even: BreakEven | None


def compare_options(
    scenario: Scenario, decision: Decision, first_id: str, second_id: str, *,
    book: PriceBook | None = None, item_scores: ItemScores | None = None,
) -> Comparison:
    """First against second. ``book`` adds the break-even. Raises BadInput for an unknown option."""
    raise NotImplementedError
