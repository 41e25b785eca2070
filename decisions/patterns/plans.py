"""The threshold of each task of a cascade or router, and what it is worth on items it was not chosen on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from decisions.fields import BadInput, one_of
from decisions.options import Option
from decisions.patterns.discrimination import Discrimination, discrimination
from decisions.patterns.items import SIGNALS, StagePair, stage_pair, usual_signal
from decisions.patterns.results import ItemResults
from decisions.patterns.thresholds import (
    KEEP_ALL,
    CrossFit,
    Line,
    cross_fit,
    guaranteed,
    lines_of,
    plain,
)
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status, judge
from decisions.wording import percent, points
from evals.statistics.confidence import AGREEMENT
from evals.statistics.intervals import Interval, t_quantile
from evals.statistics.power import items_to_settle

Method = Literal["guarantee", "cross-fit"]
METHODS: tuple[Method, ...] = ("guarantee", "cross-fit")
PROMPT_LENGTH = "prompt_length"
MARGIN = 0.02  # points a task without a line of its own may lose against the second stage


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One task: its threshold (None where none is proven; everything is then passed on), and its cross-fitted worth."""

    task: str
    title: str
    share: float
    signal: str
    pair: StagePair
    threshold: float | None
    fit: CrossFit
    why: Discrimination
    checks: tuple[Check, ...]

    @property
    def never_passes(self) -> bool:
        """True where the first stage alone keeps the line."""
        return self.threshold == KEEP_ALL


def pairs(
    scenario: Scenario, first: Option, second: Option, results: ItemResults, shares: Mapping[str, float], signal: str
) -> tuple[tuple[StagePair, str], ...]:
    """The items of every task with traffic, each with the signal used. Raises BadInput as ``stage_pair`` does."""
    found = []
    for task in (task for task in scenario.tasks if shares[task] > 0):
        used, values = _signal(first, results, task, signal)
        base = first.baselines.get(task) or second.baselines.get(task)
        line = scenario.sla.quality.get(task)
        refers = line and (line.minimum_of_baseline is not None or line.max_drop_from_baseline is not None)
        baseline = results.of(second, task) if not line else None
        if refers and base:
            baseline = results.scores(base.model, base.quantization, task)
        pair = stage_pair(
            task,
            weak=results.of(first, task),
            strong=results.of(second, task),
            signal=values,
            names=(first.label, second.label),
            baseline=baseline,
        )
        found.append((pair, used))
    return tuple(found)


def _signal(first: Option, results: ItemResults, task: str, wanted: str) -> tuple[str, Mapping[str, float]]:
    """(name, value by item); larger where the first stage should be kept."""
    if wanted == PROMPT_LENGTH:
        return wanted, {item: -size for item, size in results.prompt_lengths(task).items()}
    seen = results.confidences(first.model, first.quantization, task)
    used = one_of("signal", wanted, SIGNALS, "confidence") if wanted else usual_signal(seen)
    if used == AGREEMENT and not any(AGREEMENT in values for values in seen.values()):
        raise BadInput(
            f"{first.label} has no further answers on {task} to agree with; measure it with `python -m evals run "
            "--self-consistency 5` (written answers only), or choose another signal"
        )
    return used, {item: values[used] for item, values in seen.items() if used in values}


def plan(
    scenario: Scenario,
    pair: StagePair,
    signal: str,
    share: float,
    second: str,
    *,
    method: Method = "guarantee",
    alpha: float = 0.05,
) -> TaskPlan:
    """The threshold of one task at error ``alpha``, for its lines (none: at most two points below the second stage)."""
    title = scenario.tasks[pair.task]
    line = scenario.sla.quality.get(pair.task)
    lines = lines_of(title, line) if line else ()
    if not lines:
        lines = (Line(name=f"{title}, against {second}", target=-MARGIN, share=1.0),)
    rule = partial(guaranteed, lines=lines, alpha=alpha) if method == "guarantee" else partial(plain, lines=lines)
    threshold = rule(pair)
    fit = cross_fit(pair, rule)
    return TaskPlan(
        task=pair.task,
        title=title,
        share=share,
        signal=signal,
        pair=pair,
        threshold=threshold,
        fit=fit,
        why=discrimination(pair),
        checks=tuple(_check(pair, one, fit, threshold, method, alpha / len(lines)) for one in lines),
    )


def _check(
    pair: StagePair, line: Line, fit: CrossFit, threshold: float | None, method: Method, alpha: float
) -> Check:
    """Proven by the threshold's own test, or judged by the cross-fitted interval."""
    values = line.values(fit.scores, pair)
    interval = _t_interval(values) if line.share else fit.score_interval
    base = np.mean(pair.baseline) if line.share and line.target == 0 and pair.baseline is not None else None
    scale = float(base) if base else 1.0  # a share of the baseline is shown as one
    shift = line.share if base else 0.0
    seen, target = float(values.mean()) / scale + shift, line.target / scale + shift
    low = interval.low / scale + shift if interval else None
    high = interval.high / scale + shift if interval else None
    status: Status
    if method == "guarantee" and threshold is not None:
        status, reason = "meets", f"proven on {len(pair)} items at {percent(1 - alpha)}: threshold chosen by that test"
        low = max(low, target) if low is not None else target
        seen, high = max(seen, low), max(high or seen, seen, low)
    else:
        status = judge("at least", target, low, high)
        if method == "guarantee":
            status = "misses" if status == "misses" else "unproven"
            reason = f"not even passing everything on is proven to keep it on {len(pair)} items"
        else:
            reason = f"cross-fitted on {len(pair)} items, without a guarantee"
        if status == "misses":
            reason = f"{points(target - seen)} short; {reason}"
    more = items_to_settle(seen, target, len(pair)) if status == "unproven" and not line.share else None
    return Check(
        name=line.name,
        task=pair.task,
        unit="fraction",
        direction="at least",
        target=target,
        seen=seen,
        low=low,
        high=high,
        status=status,
        reason=reason,
        items_to_settle=more,
        origin="measured",
    )


def _t_interval(values: np.ndarray) -> Interval | None:
    if len(values) < 2:
        return None
    half = t_quantile(0.95, len(values) - 1) * float(values.std(ddof=1)) / len(values) ** 0.5
    return Interval(float(values.mean()) - half, float(values.mean()) + half)
