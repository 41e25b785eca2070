"""What else there is: what is used today and the options a meeting asks about, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.changes import cheaper_unproven, runner_up
from decisions.choosing import meeting, shortfall
from decisions.options import Decision, Option
from decisions.summaries import reasons
from decisions.view.values import Alternative
from decisions.wording import money, money_band, place, points

MOST = 5


def alternatives(decision: Decision, answer: Option | None) -> tuple[Alternative, ...]:
    """What is used today first, then up to four others: what would be next, what could be cheaper, what is hosted."""
    found: dict[str, Alternative] = {}
    for role, option in _asked_for(decision, answer):
        if option is not None and (answer is None or option.id != answer.id) and option.id not in found:
            found[option.id] = _line(role, option, answer, decision.task)
    return tuple(found.values())[:MOST]


def _asked_for(decision: Decision, answer: Option | None) -> list[tuple[str, Option | None]]:
    options = decision.options
    found: list[tuple[str, Option | None]] = [("what you use today", decision.status_quo)]
    if answer is None:
        return found
    others = [o for o in options if o.id != answer.id and o.quote.usd_per_month]
    meets = [o for o in meeting(options) if o.id != answer.id]
    open_ones = cheaper_unproven(answer, options)
    found.append(("next cheapest that meets", runner_up(answer, options)))
    found.append(("cheaper, not proven", open_ones[0] if open_ones else None))
    kinds = "another way to run it" if answer.kind != "deployment" else "hosted, paid by the token"
    found.append((kinds, _first([o for o in others if (o.kind == "deployment") != (answer.kind == "deployment")])))
    found.append(("same bill, another score", meets[0] if meets else None))
    missed = [o for o in others if o.verdict == "misses" and o.measurements]
    found.append(("nearest miss", min(missed, key=shortfall, default=None)))
    found += [("another candidate", o) for o in others if o.measurements]
    return found


def _first(options: Sequence[Option]) -> Option | None:
    """The first that meets, else the first unproven, else the first: they come by cost."""
    rank = {"meets": 0, "unproven": 1, "misses": 2}
    return min(options, key=lambda o: rank[o.verdict], default=None)


def _line(role: str, option: Option, answer: Option | None, task: str) -> Alternative:
    cost = option.quote.usd_per_month
    return Alternative(
        role=role,
        option=option.id,
        label=option.label,
        place=place(option.quote),
        verdict=option.verdict,
        usd_per_month=cost.value if cost else None,
        cost_text=money_band(cost),
        reason=_reason(option, answer, task),
    )


def _reason(option: Option, answer: Option | None, task: str) -> str:
    """Why it is not the answer: its open or missed lines, else what it costs more or less."""
    if option.verdict != "meets" or answer is None:
        return "; ".join(reasons(option)) or option.quote.reason
    words = ["meets every line"]
    ours, theirs = answer.quote.usd_per_month, option.quote.usd_per_month
    if ours and theirs:
        gap = theirs.value - ours.value
        words.append(f"{money(gap)} a month more" if gap > 0.005 * ours.value else "at the same bill")
    seen, mine = option.measurements.get(task), answer.measurements.get(task)
    if seen and mine:
        words.append(f"{points(seen.score - mine.score, sign=True)} of score")
    return ", ".join(words)
