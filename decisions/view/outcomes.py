"""Deciding anew: what the decision says on another basis, asking again only what can matter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from decisions.candidates import build_options, lowest_usd, requoted_all
from decisions.choosing import meeting
from decisions.decision import status_of
from decisions.options import Option
from decisions.verdicts import overall
from decisions.view.knobs import Basis, Knob
from decisions.view.values import Outcome
from decisions.wording import place

SAME = 0.01  # options within a hundredth of the cheapest bill are one answer: a prediction tells no finer


def redecided(knob: Knob, value: float, options: Sequence[Option]) -> tuple[Option, ...]:
    """The options judged anew at this value.

    What misses an accuracy line now misses at any price and workload, so where accuracy verdicts cannot change those
    options are left as they are: the choice among the rest is the choice among all.
    """
    return _judged(knob.turn(value), knob.rejudges, options)


def holds(knob: Knob, value: float, options: Sequence[Option], answer: str | None) -> bool:
    """:func:`still_right` of the options judged anew at this value, asking of them only what can decide it.

    Only what is cheaper can take the place of the answer, and a search never ends below its first price.
    """
    basis = knob.turn(value)
    mine = [option for option in options if option.id == answer]
    if knob.rejudges or (answer and not mine):
        return still_right(answer, _judged(basis, knob.rejudges, options))
    others = [option for option in options if option.id != answer and _accurate_enough(option)]
    least = lowest_usd((*mine, *others), basis.scenario, basis.book)
    now = _judged(basis, False, mine)
    if now and now[0].verdict != "meets":
        return False
    most = _usd(now[0]) / (1 + SAME) if now else math.inf
    return still_right(answer, (*now, *_judged(basis, False, [o for o in others if least[o.id] < most])))


def _judged(basis: Basis, rejudges: bool, options: Sequence[Option]) -> tuple[Option, ...]:
    if rejudges:
        return build_options(basis.scenario, basis.measurements, basis.book, basis.scores)
    accurate = [option for option in options if _accurate_enough(option)]
    anew = {option.id: option for option in requoted_all(accurate, basis.scenario, basis.book)}
    return tuple(anew.get(option.id, option) for option in options)


def _accurate_enough(option: Option) -> bool:
    return overall(check for check in option.checks if check.task) != "misses"


def outcome(options: Sequence[Option], prefer: str | None = None) -> Outcome:
    """What is decided on these options; ``prefer`` is named as long as it is still right."""
    found = meeting(options)
    best = found[0] if found else None
    chosen = next((o for o in found if o.id == prefer), None) if still_right(prefer, options) else best
    shown = chosen or best
    cost = shown.quote.usd_per_month if shown else None
    return Outcome(
        status=status_of(options, best),
        option=shown.id if shown else None,
        label=shown.label if shown else "nothing proven to meet",
        place=place(shown.quote) if shown else "",
        usd_per_month=cost.value if cost else None,
    )


def still_right(answer: str | None, options: Sequence[Option]) -> bool:
    """Whether the option still meets, at the cheapest bill of all that meet or a hundredth above.

    For None: whether still nothing meets.
    """
    found = meeting(options)
    if answer is None:
        return not found
    mine = next((o for o in found if o.id == answer), None)
    return mine is not None and _usd(mine) <= (1 + SAME) * min(map(_usd, found))


def _usd(option: Option) -> float:
    cost = option.quote.usd_per_month
    return math.inf if cost is None else cost.value
