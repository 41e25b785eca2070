"""One line of an SLA against one candidate, item by item until it is settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evals.statistics.intervals import wilson
from evals.statistics.sequential import BettingTest, confidence_sequence, ratio_sequence
from evals.verdicts import Verdict, minimum_score, not_worse, share_of_baseline

LineKind = Literal["minimum", "minimum_of_baseline", "max_drop_from_baseline"]
CheckStatus = Literal["meets", "misses", "unproven", "open"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A threshold on a task: at least this score, this share of the baseline, or this little below it (fractions)."""

    task: str
    kind: LineKind
    value: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and 0.0 <= self.value <= 1.0):
            raise ValueError(f"{self.kind} of {self.task} is {self.value}; give a fraction from 0 to 1")

    @property
    def paired(self) -> bool:
        """Whether the baseline's items are needed."""
        return self.kind != "minimum"

    @property
    def target(self) -> float:
        """The threshold in the unit that is shown: a score, a share, or a difference (−0.02 for two points)."""
        return -self.value if self.kind == "max_drop_from_baseline" else self.value


@dataclass(frozen=True, kw_only=True)
class CheckStanding:
    """How far one check is; ``seen``, ``low``, ``high`` and ``target`` in the line's own unit."""

    task: str
    kind: LineKind
    target: float
    status: CheckStatus
    items: int
    seen: float | None
    low: float | None
    high: float | None
    reason: str = ""


class RaceCheck:
    """Collects items of one candidate (and its baseline) for one line and settles as early as it is proven.

    ``rivals`` is how many candidates race: the chance of taking one for *meets* by mistake is shared among them.
    ``lines`` is how many lines a candidate has: the chance of a false *misses* is shared among those.
    """

    def __init__(
        self, line: Line, pool: int, alpha: float, *, is_baseline: bool = False, rivals: int = 1, lines: int = 1
    ) -> None:
        self.line, self._pool, self._alpha = line, pool, alpha
        self._alpha_meets, self._alpha_misses = alpha / (2 * rivals), alpha / (2 * lines)
        self._before: list[float] = []
        self._after: list[float] = []
        self._binary = True
        self._verdict: Verdict | None = None
        self.reason = ""
        low, threshold = {
            "minimum": (0.0, line.value),
            "minimum_of_baseline": (-line.value, 0.0),
            "max_drop_from_baseline": (-1.0, -line.value),
        }[line.kind]
        self._low, self._threshold = low, threshold
        self.status: CheckStatus = "open"
        if is_baseline and line.paired:
            self.status, self.reason = "meets", "it is the baseline"
        elif threshold <= low:
            self.status, self.reason = "meets", "every score clears this line"
        else:
            self._above = BettingTest(threshold, side="above", low=low)
            self._below = BettingTest(threshold, side="below", low=low)
            self._hopeless = self._pool_test()

    @property
    def n(self) -> int:
        """Items seen."""
        return len(self._after)

    @property
    def margin(self) -> float:
        """Mean so far over the line, in the unit that is bet on; 0 before the first item."""
        values = self._values(self._before, self._after)
        return math.fsum(values) / len(values) - self._threshold if values else 0.0

    def add(self, before: Sequence[float], after: Sequence[float]) -> None:
        """Take further items; ``before`` is the baseline's score of each, ignored by a plain minimum."""
        self._before.extend(before)
        self._after.extend(after)
        values = self._values(before, after)
        self._above.add(values)
        self._below.add(values)
        if self._binary and any(score not in (0.0, 1.0) for score in after):
            self._binary = False
            self._hopeless = self._pool_test()
            self._hopeless.add(self._values(self._before, self._after))
        else:
            self._hopeless.add(values)
        self._settle()

    def standing(self) -> CheckStanding:
        """Status and interval now."""
        seen, low, high = self._shown()
        return CheckStanding(
            task=self.line.task,
            kind=self.line.kind,
            target=self.line.target,
            status=self.status,
            items=self.n,
            seen=seen,
            low=low,
            high=high,
            reason=self.reason,
        )

    def full_status(self, before: Sequence[float], after: Sequence[float]) -> CheckStatus:
        """What the full grid says: the verdict on all items at once."""
        return self.status if self.status != "open" else self._judged(before, after).status

    def _settle(self) -> None:
        if self._above.proves(self._alpha_meets):
            self.status, self.reason = "meets", f"proven after {self.n} items"
        elif self._below.proves(self._alpha_misses):
            self.status, self.reason = "misses", f"proven after {self.n} items"
        elif self.n >= self._pool:
            self._verdict = self._judged(self._before, self._after)
            self.status = self._verdict.status
            self.reason = "; ".join(
                part for part in (f"all {self.n} items seen", self._verdict.reason, self._verdict.settle_words) if part
            )
        elif self._hopeless.proves(self._alpha / 2):
            more = self._judged(self._before, self._after).items_to_settle
            enough = f"; about {self.n + more:,} in all would settle it" if more else ""
            self.status, self.reason = "unproven", f"all {self._pool} items would not prove it{enough}"

    def _values(self, before: Sequence[float], after: Sequence[float]) -> list[float]:
        if not self.line.paired:
            return list(after)
        share = self.line.value if self.line.kind == "minimum_of_baseline" else 1.0
        return [y - share * x for x, y in zip(before, after, strict=True)]

    def _pool_test(self) -> BettingTest:
        """Shows that the pool's mean lies under what a full run would need to say *meets*."""
        needed = self._threshold
        if self.line.kind == "minimum" and self._binary:
            needed = right_needed(self.line.value, self._pool, 1.0 - self._alpha) / self._pool
        return BettingTest(needed, side="below", low=self._low, pool=self._pool)

    def _judged(self, before: Sequence[float], after: Sequence[float]) -> Verdict:
        confidence = 1.0 - self._alpha
        if self.line.kind == "minimum":
            return minimum_score(after, self.line.value, confidence)
        judge = share_of_baseline if self.line.kind == "minimum_of_baseline" else not_worse
        return judge(before, after, self.line.value, confidence)

    def _shown(self) -> tuple[float | None, float | None, float | None]:
        if self._verdict:
            return self._verdict.seen, self._verdict.low, self._verdict.high
        if not self._after:
            return None, None, None
        before = tuple(self._before) if self.line.paired else ()
        return _sequence(self.line.kind, 2 * self._alpha_misses, self._alpha_meets, before, tuple(self._after))


@lru_cache(maxsize=2048)
def right_needed(target: float, n: int, confidence: float) -> int:
    """The fewest right answers of n whose Wilson interval clears the target; n where none does."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        interval = wilson(middle, n, confidence)
        low, high = (low, middle) if interval and interval.low >= target else (middle + 1, high)
    return low


@lru_cache(maxsize=4096)
def _sequence(
    kind: LineKind, alpha: float, lower_alpha: float, before: tuple[float, ...], after: tuple[float, ...]
) -> tuple[float | None, float | None, float | None]:
    """What was seen and the interval valid at every look, in the unit of the line."""
    mean = math.fsum(after) / len(after)
    if kind == "minimum":
        interval = confidence_sequence(after, alpha, lower_alpha=lower_alpha)
        return mean, interval.low, interval.high
    base = math.fsum(before) / len(before)
    if kind == "minimum_of_baseline":
        interval = ratio_sequence(before, after, alpha, lower_alpha)
        if base == 0.0 or not math.isfinite(interval.high):
            return None, None, None
        return mean / base, interval.low, interval.high
    differences = [y - x for x, y in zip(before, after, strict=True)]
    interval = confidence_sequence(differences, alpha, lower_alpha=lower_alpha, low=-1.0)
    return mean - base, interval.low, interval.high
