"""Two options side by side: what differs, by how much, and who wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from decisions.breakeven import BreakEven, break_even
from decisions.contrasts import ComparisonRow, accuracy_rows, other_rows
from decisions.evidence import ItemScores, paired_scores
from decisions.fields import one_of
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.wording import money, percent, points, price
from evals.statistics.pairs import mcnemar_exact
from pricing.catalogue import PriceBook

__all__ = ["BreakEven", "Comparison", "ComparisonRow", "ItemFlips", "compare_options"]

GAP_WORDS = ", for "


@dataclass(frozen=True, kw_only=True)
class ItemFlips:
    """Items of one task: ``fixed`` by the first option (the second was worse there), ``broken`` by it, and the same.

    ``p_mcnemar`` is the exact test on fixed against broken; on graded scores that is the sign test.
    """

    task: str
    title: str
    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    both_right: int
    both_wrong: int
    p_mcnemar: float


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
    scenario: Scenario,
    decision: Decision,
    first_id: str,
    second_id: str,
    *,
    book: PriceBook | None = None,
    item_scores: ItemScores | None = None,
) -> Comparison:
    """First against second. ``book`` adds the break-even. Raises BadInput for an unknown option."""
    by_id = {option.id: option for option in decision.options}
    first, second = (by_id[one_of("option", name, by_id, "compare")] for name in (first_id, second_id))
    accuracy = accuracy_rows(scenario, first, second, item_scores)
    flips = (_flips(scenario, task, first, second, item_scores) for task in scenario.tasks)
    return Comparison(
        first=first,
        second=second,
        sentence=_sentence(scenario, first, second, accuracy),
        rows=(*accuracy, *other_rows(first, second)),
        flips=tuple(f for f in flips if f),
        break_even=break_even(scenario, first, second, book) if book else None,
    )


def _flips(scenario: Scenario, task: str, first: Option, second: Option, scores: ItemScores | None) -> ItemFlips | None:
    one, two = first.measurements.get(task), second.measurements.get(task)
    pair = paired_scores(one, two, scores) if one and two else None
    if not pair:
        return None
    ids, before, after = pair
    triples = list(zip(ids, before, after, strict=True))
    fixed, broken = tuple(i for i, x, y in triples if x > y), tuple(i for i, x, y in triples if y > x)
    return ItemFlips(
        task=task,
        title=scenario.tasks[task],
        fixed=fixed,
        broken=broken,
        both_right=sum(x == y and x >= 1 for _, x, y in triples),
        both_wrong=sum(x == y and x < 1 for _, x, y in triples),
        p_mcnemar=mcnemar_exact(len(fixed), len(broken)),
    )


def _sentence(scenario: Scenario, first: Option, second: Option, accuracy: Sequence[ComparisonRow]) -> str:
    """``70B IQ4_XS beats 8B F16 by 15.3 points of MMLU for $210 more a month.``"""
    if first.id == second.id:
        return f"{first.label} is compared with itself; choose another option."
    row = next((r for r in accuracy if r.name == scenario.tasks[scenario.task]), None)
    cost = _cost_words(first, second)
    if row is None or row.first is None or row.second is None:
        missing = [o.label for o in (first, second) if scenario.task not in o.measurements]
        who = f"{missing[0]} is not" if len(missing) == 1 else "neither is"
        untold = f"{who} measured on {scenario.tasks[scenario.task]}"
        if cost.startswith(GAP_WORDS):
            return f"{first.label} costs {cost.removeprefix(GAP_WORDS)} than {second.label}; {untold}."
        return f"{untold[:1].upper()}{untold[1:]}{cost}."
    if row.difference is None:
        scores = f"{first.label} scores {percent(row.first)} and {second.label} {percent(row.second)}"
        return f"{scores}, but that is {row.note}{cost}."
    if row.winner not in ("first", "second"):
        shown = f"{points(row.difference, sign=True)}{_range(row)}"
        return f"{first.label} and {second.label} cannot be told apart on {row.name} ({shown}){cost}."
    gap = points(row.difference)
    if row.winner == "first":
        return f"{first.label} beats {second.label} by {gap} of {row.name}{_range(row)}{cost}."
    return f"{first.label} loses {gap} of {row.name} to {second.label}{_range(row)}{cost}."


def _range(row: ComparisonRow) -> str:
    if row.low is None or row.high is None:
        return ""
    ends = sorted((row.low, row.high)) if row.winner != "second" else sorted((-row.low, -row.high))
    return f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})".replace("-", "−")


def _cost_words(first: Option, second: Option) -> str:
    one, two = first.quote.usd_per_month, second.quote.usd_per_month
    if not one or not two:
        unpriced = [o.label for o, band in ((first, one), (second, two)) if not band]
        return f"; {' and '.join(unpriced)} {'are' if len(unpriced) > 1 else 'is'} unpriced"
    gap = one.value - two.value
    if price(one.value) == price(two.value):
        return ", at the same monthly cost"
    return f"{GAP_WORDS}{money(abs(gap))} a month {'more' if gap > 0 else 'less'}"
