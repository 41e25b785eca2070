"""How likely each option is the right choice, all bands drawn together: seeded Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decisions.options import Option
from decisions.verdicts import Check
from decisions.view.chance_words import proven_sentence, unproven_sentence
from decisions.view.draws import Floats, drawn
from decisions.view.values import Chance, Chances
from decisions.wording import place

DRAWS, SEED = 10_000, 1
SHOWN = 0.0005


def chances(options: Sequence[Option], answer: str | None, *, draws: int = DRAWS, seed: int = SEED) -> Chances:
    """The share of draws in which each option is the cheapest that meets every line: of all, and of the proven.

    Options of equal bill to three figures in a draw go by their score, as the decision has it. Nothing is known of an
    open line: it counts as not met, and apart from that as met. Raises ValueError for fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"draws is {draws}; give a whole number above 0")
    able = [o for o in options if o.quote.usd_per_month and not any(map(_hopeless, o.checks))]
    able.sort(key=_better)
    seen = drawn(able, draws, seed)
    known = np.array([not _open(option) for option in able], bool)
    proven = np.array([option.verdict == "meets" for option in able], bool)
    bills = np.where(seen.keeps, seen.usd_per_month, np.inf)
    of_all = np.where(known[:, None], bills, np.inf)
    of_proven = np.where(proven[:, None], bills, np.inf)
    best, best_proven = of_all.min(axis=0, initial=np.inf), of_proven.min(axis=0, initial=np.inf)
    right, right_proven = _shares(of_all, best), _shares(of_proven, best_proven)
    found = []
    for row, option in enumerate(able):
        hopeful = None if known[row] else float(np.mean(bills[row] < best))
        if max(right[row], hopeful or 0.0) >= SHOWN or proven[row] or option.id == answer:
            found.append(
                _chance(
                    option,
                    float(right[row]),
                    float(right_proven[row]) if proven[row] else None,
                    float(np.mean(seen.keeps[row])),
                    hopeful,
                )
            )
    found.sort(key=lambda one: (-one.probability, -(one.probability_if_open_lines_meet or 0.0)))
    none = max(0.0, 1.0 - float(right.sum()))
    mine = next((row for row, option in enumerate(able) if option.id == answer), None)
    extra = None
    if mine is not None and proven[mine] and seen.keeps[mine].any():
        at = seen.keeps[mine]
        extra = float(np.mean(bills[mine][at] - best_proven[at]))
    return Chances(
        draws=draws,
        seed=seed,
        options=tuple(found),
        none=none,
        answer=next((one.probability for one in found if one.option == answer), None),
        extra_usd_per_month=extra,
        sentence=proven_sentence(found, none, answer, extra, draws),
        unproven_sentence=unproven_sentence(found, answer, {o.id: _items(o) for o in able}),
    )


def _shares(cost: Floats, best: Floats) -> NDArray[np.float64]:
    """How often each row is the first to reach the least finite cost."""
    if not len(cost):
        return np.zeros(0)
    first = cost.argmin(axis=0)
    return np.asarray(np.bincount(first[np.isfinite(best)], minlength=len(cost)) / cost.shape[1])


def _hopeless(check: Check) -> bool:
    """It misses for a reason that no band holds: it does not fit, or cannot carry the load."""
    return check.status == "misses" and check.low is None


def _open(option: Option) -> tuple[str, ...]:
    return tuple(check.name for check in option.checks if check.status == "unproven" and check.low is None)


def _items(option: Option) -> int | None:
    """How many more items would settle its open accuracy lines."""
    return max((check.items_to_settle for check in option.checks if check.items_to_settle), default=None)


def _better(option: Option) -> tuple[float, str]:
    """As options are ranked at an equal price: the better score first."""
    return -sum(m.score for m in option.measurements.values()), option.id


def _chance(
    option: Option, probability: float, among_proven: float | None, keeps: float, hopeful: float | None
) -> Chance:
    cost = option.quote.usd_per_month
    return Chance(
        option=option.id,
        label=option.label,
        place=place(option.quote),
        verdict=option.verdict,
        usd_per_month=cost.value if cost else None,
        probability=probability,
        probability_among_proven=among_proven,
        meets=None if _open(option) else keeps,
        meets_known_lines=keeps,
        open_lines=_open(option),
        probability_if_open_lines_meet=hopeful,
    )
