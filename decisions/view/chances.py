"""How likely each option is the right choice, all bands drawn together: seeded Monte Carlo."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
from numpy.typing import NDArray

from decisions.frontier import Z_90, Z_95
from decisions.options import Option
from decisions.verdicts import Check
from decisions.view.values import Chance, Chances
from decisions.wording import listed, money, percent, place, price
from pricing.quotes import Band

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
DRAWS, SEED = 10_000, 1
SHOWN = 0.0005


def chances(options: Sequence[Option], answer: str | None, *, draws: int = DRAWS, seed: int = SEED) -> Chances:
    """The share of draws in which each option is the cheapest that meets every line.

    In a draw an accuracy is a normal number whose spread below and above the score is that of its 95 % interval, one a
    task and option. The speed error of a place (its cards and provider) is one normal number for all options there; it
    moves bill and latency together along their 90 % bands, lognormal. Options of equal bill to three figures keep the
    order of the decision. Nothing is known of an open line: it counts as not met, and apart from that as met.
    Raises ValueError for fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}; give a whole number above 0")
    able = [(o, cost) for o in options if (cost := o.quote.usd_per_month) and not any(map(_hopeless, o.checks))]
    able.sort(key=lambda one: _order(one[0], one[1]))
    rng = np.random.default_rng(seed)
    places = {key: i for i, key in enumerate(dict.fromkeys(o.quote.label for o, _ in able))}
    errors = rng.standard_normal((len(places), draws), dtype=np.float32)
    bills = np.empty((len(able), draws), np.float32)
    kept = np.empty((len(able), draws), bool)
    for row, (option, cost) in enumerate(able):
        error = errors[places[option.quote.label]]
        bills[row], kept[row] = _along(_rounded(cost), error), _meets(option, error, rng)
    known = np.array([not _open(option) for option, _ in able], bool)
    proven = np.where(kept & known[:, None], bills, np.inf)
    best = proven.min(axis=0, initial=np.inf)
    right = _shares(proven, best)
    found = []
    for row, (option, _) in enumerate(able):
        hopeful = None if known[row] else float(np.mean(np.where(kept[row], bills[row], np.inf) < best))
        if max(right[row], hopeful or 0.0) >= SHOWN or option.id == answer:
            found.append(_chance(option, float(right[row]), float(np.mean(kept[row])) if known[row] else None, hopeful))
    found.sort(key=lambda one: (-one.probability, -(one.probability_if_open_lines_meet or 0.0)))
    none = max(0.0, 1.0 - float(right.sum()))
    mine = next((row for row, (option, _) in enumerate(able) if option.id == answer), None)
    extra = None
    if mine is not None and known[mine] and kept[mine].any():
        extra = float(np.mean(bills[mine][kept[mine]] - best[kept[mine]]))
    return Chances(
        draws=draws,
        seed=seed,
        options=tuple(found),
        none=none,
        answer=next((one.probability for one in found if one.option == answer), None),
        extra_usd_per_month=extra,
        sentence=_sentence(found, none, answer, extra, {o.id for o, _ in able if _only_unmeasured_speed(o)}),
    )


def _shares(cost: Floats, best: Floats) -> NDArray[np.float64]:
    """How often each row is the first to reach the least finite cost."""
    if not len(cost):
        return np.zeros(0)
    first = cost.argmin(axis=0)
    return np.asarray(np.bincount(first[np.isfinite(best)], minlength=len(cost)) / cost.shape[1])


def _meets(option: Option, error: Floats, rng: np.random.Generator) -> Flags:
    """Draw by draw, whether every line that something is known of is kept."""
    kept = np.ones(len(error), bool)
    drawn: dict[str, Floats] = {}
    for check in option.checks:
        if check.low is None or check.high is None or check.seen is None:
            continue
        if check.task:
            if check.low == check.high:
                kept &= check.seen >= check.target
                continue
            if check.task not in drawn:
                drawn[check.task] = rng.standard_normal(len(error), dtype=np.float32)
            z = drawn[check.task]
            below, above = (check.seen - check.low) / Z_95, (check.high - check.seen) / Z_95
            score = check.seen + np.where(z < 0, below * z, above * z)
            kept &= score >= check.target
        else:
            kept &= _along(Band(value=check.seen, low=check.low, high=check.high), error) <= check.target
    return kept


def _along(band: Band, error: Floats) -> Floats:
    """A band at each error: its value at 0, its ends at ± the 90 % quantile."""
    value = max(band.value, 1e-12)
    down, up = np.log(value / max(band.low, 1e-12)) / Z_90, np.log(max(band.high, 1e-12) / value) / Z_90
    return np.asarray(value * np.exp(np.where(error < 0, down * error, up * error)), np.float32)


def _rounded(band: Band) -> Band:
    """To three figures, as bills are compared."""
    value = price(band.value)
    return Band(value=value, low=min(price(band.low), value), high=max(price(band.high), value))


def _hopeless(check: Check) -> bool:
    """It misses for a reason that no band holds: it does not fit, or cannot carry the load."""
    return check.status == "misses" and check.low is None


def _open(option: Option) -> tuple[str, ...]:
    return tuple(check.name for check in option.checks if check.status == "unproven" and check.low is None)


def _only_unmeasured_speed(option: Option) -> bool:
    """Every accuracy line is known: what is open could be timed in an hour."""
    return not any(check.task and check.low is None for check in option.checks)


def _order(option: Option, cost: Band) -> tuple[float, float, str]:
    """As options are ranked at an equal price: the better score first."""
    return price(cost.value), -sum(m.score for m in option.measurements.values()), option.id


def _chance(option: Option, probability: float, meets: float | None, hopeful: float | None) -> Chance:
    cost = option.quote.usd_per_month
    return Chance(
        option=option.id,
        label=option.label,
        place=place(option.quote),
        verdict=option.verdict,
        usd_per_month=cost.value if cost else None,
        probability=probability,
        meets=meets,
        open_lines=_open(option),
        probability_if_open_lines_meet=hopeful,
    )


def _named(one: Chance) -> str:
    return f"{one.label} (not proven yet)" if one.verdict == "unproven" else one.label


def _sentence(
    found: Sequence[Chance], none: float, answer: str | None, extra: float | None, timeable: Container[str]
) -> str:
    if not found:
        return "No option has a price and a chance to meet every line."
    mine = next((one for one in found if one.option == answer), None)
    likely = [one for one in found if one.probability >= 0.01 and one.option != answer][:2]
    shares = [f"{_named(one)} in {percent(one.probability, 0)}" for one in likely]
    if mine is None or mine.meets is None:
        words = f"In {percent(none, 0)} of the draws nothing is known to meet every line"
        words += f"; the cheapest that truly meets is {listed(shares)}." if shares else "."
    else:
        words = f"{mine.label} truly meets in {percent(mine.meets, 0)} of the draws."
        own = f"{'itself' if shares else 'it'} in {percent(mine.probability, 0)}"
        words += f" The cheapest that truly meets is {listed([*shares, own])}."
        if extra is not None and shares:
            words += f" It costs {money(extra)} a month more on average than the cheapest that truly meets."
    open_ones = [one for one in found if one.option in timeable and (one.probability_if_open_lines_meet or 0.0) > 0.5]
    if open_ones:
        first = max(open_ones, key=lambda one: one.probability_if_open_lines_meet or 0.0)
        share = percent(first.probability_if_open_lines_meet, 0)
        words += f" If {first.label} met the open line on {listed(list(first.open_lines))}, it would be in {share}."
    return words
