"""The race: candidates cheapest first, each asked only until its checks are settled. Pure: no files, no models.

Whoever holds a race asks ``next()`` for the items wanted and hands their scores to ``give()``, in any process and as
often as needed: the same scores in the same order lead to the same race, so a race killed half-way is played again
from what is stored. How often it may err, for a given α:

- A check *meets* or *misses* early only if a betting test proves it, valid at every look, about all traffic. That any
  candidate truly below a line is so taken for one that meets has a chance of at most α/2 over the whole race (each of
  m candidates gets α/2m); that the true answer is so dropped has one of at most α/2 (each of its k lines gets α/2k).
- A check that has seen every item gets the verdict of the full grid: the interval at confidence 1 − α.
- A check is given up as *unproven* when a test without replacement shows, at α/2, that even all items of the pool
  would not prove that it meets. That says nothing about the candidate; it only can no longer be the answer here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.race_check import CheckStanding, Line, RaceCheck
from evals.statistics.sequential import check_alpha

EntrantStatus = Literal["meets", "misses", "unproven", "open", "waiting", "dropped"]
RaceState = Literal["running", "meets", "none_meets", "unproven"]
CHUNK = 20


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A candidate, or a baseline. ``baseline`` is the id it is judged against; ``weight`` what one call costs."""

    id: str
    baseline: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ValueError(f"weight of {self.id} is {self.weight}; give what one call costs, 0 or more")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Items that the race wants answered next, in this order."""

    entrant: str
    task: str
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntrantStanding:
    """One candidate: calls made for it, its deciding check's interval, and every check."""

    id: str
    status: EntrantStatus
    items: int
    weight: float
    low: float | None
    high: float | None
    reason: str
    checks: tuple[CheckStanding, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Where the race is, without intervals. ``cost_fraction`` is the weighted calls over those of the full grid.

    ``decision`` is the cheapest candidate that meets every line, None while running or where none does;
    ``calls`` count the items of candidates and baselines, each once.
    """

    state: RaceState
    decision: str | None
    calls: int
    full_grid_calls: int
    cost_fraction: float
    statuses: Mapping[str, EntrantStatus]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The result so far and every candidate with its interval; ``baselines`` are the calls made for each."""

    result: Result
    candidates: tuple[EntrantStanding, ...]
    baselines: Mapping[str, int]


class Race:
    """``entrants`` in the order they are visited; ``pools`` lists each task's items in random order."""

    def __init__(
        self,
        entrants: Sequence[Entrant],
        lines: Sequence[Line],
        pools: Mapping[str, Sequence[str]],
        *,
        alpha: float = 0.05,
        chunk: int = CHUNK,
        baseline_weights: Mapping[str, float] | None = None,
    ) -> None:
        check_alpha(alpha)
        if not entrants or not lines:
            missing = "candidate" if not entrants else "line on quality"
            raise ValueError(f"the race has no {missing}; give at least one")
        if chunk < 1:
            raise ValueError(f"chunk is {chunk}; give at least 1 item a look")
        empty = [line.task for line in lines if not pools.get(line.task)]
        if empty:
            raise ValueError(f"the pool of {empty[0]} has no items; choose a task with items")
        self.entrants, self.lines, self.chunk = tuple(entrants), tuple(lines), chunk
        self._pools = {task: tuple(pools[task]) for task in dict.fromkeys(line.task for line in lines)}
        self._seen: dict[tuple[str, str], list[float]] = {}
        self._failed: dict[str, str] = {}
        self._checks = {
            e.id: [
                RaceCheck(
                    line,
                    len(pools[line.task]),
                    alpha,
                    is_baseline=e.id == e.baseline,
                    rivals=len(entrants),
                    lines=len(lines),
                )
                for line in lines
            ]
            for e in self.entrants
        }
        paired = any(line.paired for line in lines)
        ids = {e.id for e in self.entrants}
        self._baselines = tuple(dict.fromkeys(e.baseline for e in self.entrants if paired and e.baseline not in ids))
        given = baseline_weights or {}
        dearest = {b: max(e.weight for e in self.entrants if e.baseline == b) for b in self._baselines}
        self._weights = {e.id: e.weight for e in self.entrants} | {b: given.get(b, dearest[b]) for b in self._baselines}

    @property
    def variants(self) -> tuple[str, ...]:
        """Candidates and the baselines they need."""
        return (*(e.id for e in self.entrants), *self._baselines)

    def next(self) -> Ask | None:
        """The items wanted next; None once the decision is settled."""
        for entrant in self.entrants:
            status = self._advanced(entrant)
            if status == "meets":
                return None
            if status in ("open", "waiting"):
                return self._ask(entrant)
        return None

    def give(self, ask: Ask, scores: Sequence[float]) -> None:
        """Hand over the scores of what was asked."""
        if len(scores) != len(ask.items):
            raise ValueError(f"{len(scores)} scores for {len(ask.items)} items of {ask.entrant} on {ask.task}")
        self._seen.setdefault((ask.entrant, ask.task), []).extend(float(score) for score in scores)

    def fail(self, variant: str, reason: str) -> None:
        """A variant that cannot be evaluated: it, and whoever needs it as baseline, stays unproven."""
        self._failed[variant] = reason

    def played(self, stored: Mapping[tuple[str, str], Mapping[str, float]]) -> Ask | None:
        """Play as far as stored scores, by (variant, task) and item, reach; the first ask that they cannot answer."""
        while ask := self.next():
            there = stored.get((ask.entrant, ask.task), {})
            if any(item not in there for item in ask.items):
                return ask
            self.give(ask, [there[item] for item in ask.items])
        return None

    def asked(self) -> dict[tuple[str, str], int]:
        """Items given so far, by variant and task."""
        return {key: len(scores) for key, scores in self._seen.items()}

    def result(self) -> Result:
        """The decision so far and what it took."""
        statuses: dict[str, EntrantStatus] = {}
        decision = None
        for entrant in self.entrants:
            statuses[entrant.id] = "dropped" if decision else self._advanced(entrant)
            decision = entrant.id if statuses[entrant.id] == "meets" else decision
        state: RaceState = "unproven" if "unproven" in statuses.values() else "none_meets"
        if decision is None and {"open", "waiting"} & set(statuses.values()):
            state = "running"
        per_variant = sum(len(pool) for pool in self._pools.values())
        calls = {variant: self._calls(variant) for variant in self.variants}
        spent = math.fsum(self._weights[v] * n for v, n in calls.items())
        whole = math.fsum(self._weights[v] for v in self.variants) * per_variant
        return Result(
            state="meets" if decision else state,
            decision=decision,
            calls=sum(calls.values()),
            full_grid_calls=len(self.variants) * per_variant,
            cost_fraction=spent / whole if whole else 0.0,
            statuses=statuses,
        )

    def standing(self) -> Standing:
        """The result with everyone's interval."""
        result = self.result()
        candidates = tuple(self._standing_of(entrant, result.statuses[entrant.id]) for entrant in self.entrants)
        return Standing(result=result, candidates=candidates, baselines={b: self._calls(b) for b in self._baselines})

    def _calls(self, variant: str) -> int:
        return sum(len(self._seen.get((variant, task), ())) for task in self._pools)

    def _advanced(self, entrant: Entrant) -> EntrantStatus:
        """Feed the entrant's open checks with all that was seen, and sum them up."""
        checks = self._checks[entrant.id]
        if self._reason_failed(entrant):
            return "unproven"
        for check in checks:
            self._feed(entrant, check)
        return entrant_status([check.status for check in checks], begun=self._calls(entrant.id) > 0)

    def _feed(self, entrant: Entrant, check: RaceCheck) -> None:
        after = self._seen.get((entrant.id, check.line.task), [])
        before = self._seen.get((entrant.baseline, check.line.task), []) if check.line.paired else after
        reach = min(len(after), len(before))
        while check.status == "open" and check.n < reach:
            upto = min(reach, check.n + self.chunk)
            check.add(before[check.n : upto], after[check.n : upto])

    def _ask(self, entrant: Entrant) -> Ask:
        checks = [check for check in self._checks[entrant.id] if check.status == "open"]
        check = min(checks, key=lambda c: (c.n > 0, c.margin))  # the likeliest miss ends the candidate soonest
        pool = self._pools[check.line.task]
        upto = min(len(pool), check.n + self.chunk)
        for variant in (entrant.baseline, entrant.id) if check.line.paired else (entrant.id,):
            there = len(self._seen.get((variant, check.line.task), ()))
            if there < upto:
                return Ask(entrant=variant, task=check.line.task, items=pool[there:upto])
        raise AssertionError("an open check has items left to ask for")

    def _reason_failed(self, entrant: Entrant) -> str:
        needs = [entrant.id, *([entrant.baseline] if any(line.paired for line in self.lines) else [])]
        return next((f"{v}: {self._failed[v]}" for v in needs if v in self._failed), "")

    def _standing_of(self, entrant: Entrant, status: EntrantStatus) -> EntrantStanding:
        checks = tuple(check.standing() for check in self._checks[entrant.id])
        deciding = _deciding(checks)
        reason = self._reason_failed(entrant) or {"dropped": "a cheaper one meets"}.get(status, deciding.reason)
        return EntrantStanding(
            id=entrant.id,
            status=status,
            items=self._calls(entrant.id),
            weight=entrant.weight,
            low=deciding.low,
            high=deciding.high,
            reason=reason,
            checks=checks,
        )


def entrant_status(checks: Iterable[str], *, begun: bool) -> EntrantStatus:
    """One miss is a miss; one check that cannot be proven here ends it as unproven; all must meet."""
    statuses = list(checks)
    for ended in ("misses", "unproven"):
        if ended in statuses:
            return "misses" if ended == "misses" else "unproven"
    if all(status == "meets" for status in statuses):
        return "meets"
    return "open" if begun else "waiting"


def _deciding(checks: Sequence[CheckStanding]) -> CheckStanding:
    """The check that says most: a miss, one given up, then an open one nearest to its line."""
    order = {"misses": 0, "unproven": 1, "open": 2, "meets": 3}
    return min(checks, key=lambda c: (order[c.status], c.seen is None, abs((c.seen or 0.0) - c.target)))
