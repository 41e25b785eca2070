"""What the back-test compares: a case, the policies that choose in it, and how a choice is judged."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.race import Entrant, Race
from evals.race_check import Line, RaceCheck
from evals.statistics.intervals import wilson

ALPHA = 0.05
CHUNK = 50
FOUR_BITS, FULL_BITS = 4.5, 16.0
HABITS = ("always 4-bit", "always 16-bit", "smallest model that fits")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A variant: its bill, what each item would score, and the score that counts as the truth, by task.

    ``forecast_top`` is the upper end of the forecast's band of its score, None without a forecast.
    """

    id: str
    baseline: str
    usd_per_month: float
    parameters_b: float
    bits: float
    scores: Mapping[str, Sequence[float]]
    truth: Mapping[str, float]
    hidden: bool
    forecast_top: float | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """Candidates in the order a race visits them, and the lines to meet."""

    name: str
    candidates: tuple[Candidate, ...]
    lines: tuple[Line, ...]
    order_seed: int


def meets(case: Case, candidate: Candidate) -> bool:
    """Whether the candidate truly keeps every line."""
    base = next(c for c in case.candidates if c.id == candidate.baseline)
    for line in case.lines:
        mine, before = candidate.truth[line.task], base.truth[line.task]
        needed = line.value if line.kind == "minimum" else line.value * before
        if mine < needed - 1e-12:
            return False
    return True


def truth(case: Case) -> Candidate | None:
    """The cheapest that truly meets."""
    return min((c for c in case.candidates if meets(case, c)), key=lambda c: c.usd_per_month, default=None)


def decided(case: Case) -> tuple[Candidate | None, float]:
    """(what forecast and race choose, the calls spent as a share of asking every candidate every item).

    What is known is judged by its interval. Of what is hidden only cheaper ones are raced, cheapest first; those whose
    whole forecast band lies under the line go last.
    """
    known = [c for c in case.candidates if not c.hidden and _proven(case, c)]
    best = min(known, key=lambda c: c.usd_per_month, default=None)
    rivals = [c for c in case.candidates if c.hidden and (best is None or c.usd_per_month < best.usd_per_month)]
    line = case.lines[0].value
    rivals.sort(key=lambda c: c.forecast_top is not None and c.forecast_top < line)
    if not rivals:
        return best, 0.0
    pools = {line.task: [str(i) for i in range(len(rivals[0].scores[line.task]))] for line in case.lines}
    for ids in pools.values():
        random.Random(case.order_seed).shuffle(ids)
    race = Race([Entrant(id=c.id, baseline=c.baseline) for c in rivals], case.lines, pools, alpha=ALPHA, chunk=CHUNK)
    by_id = {c.id: c for c in case.candidates}
    while ask := race.next():
        race.give(ask, [by_id[ask.entrant].scores[ask.task][int(item)] for item in ask.items])
    end = race.result()
    whole = len(case.candidates) * sum(map(len, pools.values()))
    return (by_id[end.decision] if end.decision else best), end.calls / whole


def _proven(case: Case, candidate: Candidate) -> bool:
    """Its published score with the interval of its number of items clears every line."""
    for line in case.lines:
        n = len(candidate.scores[line.task])
        interval = wilson(candidate.truth[line.task] * n, n)
        if interval is None or interval.low < line.value:
            return False
    return True


def full_grid(case: Case) -> Candidate | None:
    """The cheapest that the full grid proves, all items asked."""
    by_id = {c.id: c for c in case.candidates}
    for candidate in case.candidates:
        before = by_id[candidate.baseline].scores
        checks = [
            RaceCheck(line, len(candidate.scores[line.task]), ALPHA, is_baseline=candidate.id == candidate.baseline)
            for line in case.lines
        ]
        if all(c.full_status(before[c.line.task], candidate.scores[c.line.task]) == "meets" for c in checks):
            return candidate
    return None


def chosen_by_habit(case: Case, habit: str) -> Candidate:
    """What one would take without looking: the largest model at four or at sixteen bits, or the smallest model."""
    sizes = [c.parameters_b for c in case.candidates]
    if habit == "smallest model that fits":
        mine = [c for c in case.candidates if c.parameters_b == min(sizes)]
        return max(mine, key=lambda c: (c.bits, -c.usd_per_month))
    mine = [c for c in case.candidates if c.parameters_b == max(sizes)]
    wanted = FOUR_BITS if habit == "always 4-bit" else FULL_BITS
    return min(mine, key=lambda c: (abs(c.bits - wanted), c.usd_per_month))


def judged(case: Case, choice: Candidate | None, best: Candidate | None) -> dict[str, object]:
    """A choice against the truth. ``regret`` is None where the choice misses or nothing truly meets."""
    missed = choice is not None and not meets(case, choice)
    regret = None
    if choice is not None and best is not None and not missed:
        regret = choice.usd_per_month / best.usd_per_month - 1
    return {"decided": choice is not None, "missed": missed, "regret": regret, "possible": best is not None}
