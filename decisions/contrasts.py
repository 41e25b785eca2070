"""Rows of a comparison: accuracy, speed, money, memory, risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from decisions.evidence import ItemScores, paired_scores, refusal
from decisions.options import Option
from decisions.scenarios import Scenario
from decisions.wording import MILLION_BELOW_USD, count, percent, points, price, quantity, score
from evals.measurements import Measurement
from evals.statistics.intervals import difference_interval
from evals.statistics.pairs import compare_pairs
from pricing.quotes import Band

Group = Literal["accuracy", "speed", "money", "memory", "risk"]
Winner = Literal["first", "second", "tie", "unproven", ""]
VERDICT_RANK = {"meets": 2, "unproven": 1, "misses": 0}
BANDS: tuple[tuple[Group, str, str, str], ...] = (
    ("speed", "p95 latency", "e2e_p95_s", "s"),
    ("speed", "p95 time to first token", "ttft_p95_s", "s"),
    ("speed", "p95 time per token", "tpot_p95_s", "s"),
    ("money", "monthly cost", "usd_per_month", "usd"),
    ("money", "cost per query", "usd_per_query", "usd"),
)


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """``difference`` is first − second in ``unit``; ``low``–``high`` its interval. Texts are ready to show."""

    group: Group
    name: str
    unit: str  # "fraction", "s", "usd", "gib", "" for words
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


def accuracy_rows(
    scenario: Scenario, first: Option, second: Option, scores: ItemScores | None
) -> tuple[ComparisonRow, ...]:
    """One row a task: paired where both answered the same items, else unpaired, else refused with the reason."""
    return tuple(
        _accuracy(title, first.measurements.get(task), second.measurements.get(task), scores)
        for task, title in scenario.tasks.items()
    )


def other_rows(first: Option, second: Option) -> tuple[ComparisonRow, ...]:
    """Speed, money, memory, risk."""
    bands = []
    for group, name, field, unit in BANDS:
        one, two = getattr(first.quote, field), getattr(second.quote, field)
        if name == "cost per query" and one and two and max(one.high, two.high) < MILLION_BELOW_USD:
            name, one, two = "cost per million queries", _million(one), _million(two)
        bands.append(_band(group, name, unit, one, two, first, second))
    return (*bands, *_memory(first, second), *_risk(first, second))


def _accuracy(title: str, one: Measurement | None, two: Measurement | None, scores: ItemScores | None) -> ComparisonRow:
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    paired, note = False, ""
    if one is None or two is None:
        note = "not measured"
    elif why := refusal(one, two):
        note = f"not comparable: {why}"
    elif pair := paired_scores(one, two, scores):
        result = compare_pairs(pair[1], pair[2])
        difference, paired, note = -result.difference, True, f"paired, {result.n} items, {result.b + result.c} flips"
        if result.low is not None and result.high is not None:
            low, high = -result.high, -result.low
    else:
        difference, note = one.score - two.score, "unpaired: no item scores"
        interval = (
            difference_interval((two.score, two.n_items), (one.score, one.n_items))
            if one.n_items and two.n_items
            else None
        )
        low, high = (interval.low, interval.high) if interval else (None, None)
    text = (
        ""
        if difference is None
        else points(difference, sign=True)
        + ("" if low is None or high is None else f" ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−"))
    )
    return ComparisonRow(
        group="accuracy",
        name=title,
        unit="fraction",
        first=one.score if one else None,
        second=two.score if two else None,
        first_text=_score(one),
        second_text=_score(two),
        difference=difference,
        low=low,
        high=high,
        difference_text=text,
        winner=_winner(difference, low, high, more_wins=True),
        paired=paired,
        note=note,
    )


def _score(seen: Measurement | None) -> str:
    return score(seen.score, seen.low, seen.high) if seen else "not measured"


def _band(
    group: Group, name: str, unit: str, one: Band | None, two: Band | None, first: Option, second: Option
) -> ComparisonRow:
    low = high = difference = None
    if one and two:
        difference = one.value - two.value
        low, high = one.low - two.high, one.high - two.low
        if unit == "usd" and price(one.value) == price(two.value) and first.quote.label == second.quote.label:
            low = high = difference = 0.0  # the same machines: one bill, one error
    return ComparisonRow(
        group=group,
        name=name,
        unit=unit,
        first=one.value if one else None,
        second=two.value if two else None,
        first_text=_band_text(one, unit),
        second_text=_band_text(two, unit),
        difference=difference,
        low=low,
        high=high,
        difference_text="" if difference is None else _signed(difference, unit),
        winner=_winner(difference, low, high, more_wins=False),
        note="" if one and two else "not known for both",
    )


def _million(band: Band) -> Band:
    return Band(value=1e6 * band.value, low=1e6 * band.low, high=1e6 * band.high)


def _band_text(band: Band | None, unit: str) -> str:
    if band is None:
        return "unpriced" if unit == "usd" else "not yet known"
    low, high = quantity(band.low, unit), quantity(band.high, unit)
    return quantity(band.value, unit) + ("" if low == high else f" ({low}–{high})")


def _memory(first: Option, second: Option) -> Iterator[ComparisonRow]:
    sizes = [_weight_gib(o) for o in (first, second)]
    yield _plain("memory", "weights", "gib", sizes[0], sizes[1])
    yield _plain("memory", "memory needed", "gib", first.quote.memory_gib, second.quote.memory_gib)
    cards = [o.quote.count * o.quote.replicas if o.quote.count else None for o in (first, second)]
    yield _plain("memory", "accelerators", "", *(float(c) if c is not None else None for c in cards))
    yield _plain("memory", "bits per weight", "", first.bits_per_weight, second.bits_per_weight, judged=False)


def _weight_gib(option: Option) -> float | None:
    return option.weight_bytes / 2**30 if option.weight_bytes else None


def _plain(
    group: Group, name: str, unit: str, one: float | None, two: float | None, *, judged: bool = True
) -> ComparisonRow:
    difference = one - two if one is not None and two is not None else None
    return ComparisonRow(
        group=group,
        name=name,
        unit=unit,
        first=one,
        second=two,
        first_text=_number(one, unit),
        second_text=_number(two, unit),
        difference=difference,
        low=difference,
        high=difference,
        difference_text="" if difference is None else _signed(difference, unit),
        winner=_winner(difference, difference, difference, more_wins=False) if judged else "",
    )


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    return quantity(value, unit) if unit else f"{value:.3g}"


def _risk(first: Option, second: Option) -> Iterator[ComparisonRow]:
    ranks = [VERDICT_RANK[o.verdict] for o in (first, second)]
    words = [f"{o.verdict}{_open(o)}" for o in (first, second)]
    yield _words("verdict", words, "tie" if ranks[0] == ranks[1] else "first" if ranks[0] > ranks[1] else "second")
    yield _words("provider", [o.quote.provider or "unknown" for o in (first, second)], "")
    yield _words("price of", [o.quote.price_date or "unknown" for o in (first, second)], "")
    evidence = []
    for option in (first, second):
        m = next(iter(option.measurements.values()), None)
        evidence.append(
            f"{m.origin}, {f'{count(m.n_items)} items' if m.n_items else 'items unknown'}" if m else "not measured"
        )
    yield _words("evidence", evidence, "")
    used = [o.quote.utilisation_fraction for o in (first, second)]
    yield _words("cards busy, mean hour", [percent(u, 0) if u is not None else "unknown" for u in used], "")


def _open(option: Option) -> str:
    names = [c.name for c in option.checks if c.status != "meets"]
    return f" ({', '.join(names)})" if names else ""


def _words(name: str, words: list[str], winner: Winner) -> ComparisonRow:
    return ComparisonRow(
        group="risk",
        name=name,
        unit="",
        first=None,
        second=None,
        first_text=words[0],
        second_text=words[1],
        difference=None,
        low=None,
        high=None,
        difference_text="",
        winner=winner,
    )


def _winner(difference: float | None, low: float | None, high: float | None, *, more_wins: bool) -> Winner:
    if difference is None:
        return ""
    if low is None or high is None:
        return "unproven"
    if low == high == 0:
        return "tie"
    if low <= 0 <= high:
        return "unproven"
    return "first" if (low > 0) == more_wins else "second"


def _signed(value: float, unit: str) -> str:
    if value == 0:
        return "same"
    shown = quantity(abs(value), unit) if unit else f"{abs(value):.3g}"
    return f"{'+' if value > 0 else '−'}{shown}"
