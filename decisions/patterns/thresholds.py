"""From which confidence on the first stage's answer is kept: chosen with a guarantee, or cross-fitted.

An item is passed on where its signal is below the threshold. Learn-then-Test (Angelopoulos and others 2021, arXiv
2110.01052) with a fixed sequence: thresholds are walked from "pass everything on" downwards, one item after the
other; at each, an e-value tests the claim that the line is broken, and the walk ends where it cannot be refuted. The
walk meets the first broken threshold before any other, so the chance to end on a broken one is at most α, without a
price for the many thresholds. The e-value is the betting capital of ``evals.statistics.sequential`` after all items:
mean over its grid of bets of Π(1 + λ(x − m)), whose mean is at most 1 under the claim. Right-or-wrong scores against an
absolute line have an exact binomial tail instead, which is sharper. A tenth of α first asks whether the first stage
keeps the line alone, which the walk would not see behind a second stage that breaks it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decisions.patterns.items import Floats, StagePair
from decisions.quality import CHANGE
from decisions.sla import QualityLine
from evals.statistics.intervals import Interval, score_interval
from evals.statistics.sequential import BOLDEST, GRID, check_alpha

FOLDS = 5
SHUFFLES = 10
SEED = 20261121
ALONE = 0.1  # share of the error spent on "the first stage alone keeps the line"
PASS_ALL, KEEP_ALL = math.inf, -math.inf


@dataclass(frozen=True, kw_only=True)
class Line:
    """One promise on a task, on values in ``low``..``high`` whose mean must lie above ``target``.

    ``share`` times the baseline's score is taken off each item's score: 0 for an absolute line.
    """

    name: str
    target: float
    share: float = 0.0

    @property
    def low(self) -> float:
        """The least value an item can have."""
        return -self.share

    def values(self, scores: Floats, pair: StagePair) -> Floats:
        """The values whose mean is promised."""
        if not self.share:
            return scores
        if pair.baseline is None:
            raise ValueError(f"{self.name} refers to a baseline that was not measured on these items")
        return np.asarray(scores - self.share * pair.baseline)


def lines_of(title: str, line: QualityLine) -> tuple[Line, ...]:
    """The promises of an SLA's line."""
    found = []
    if line.minimum is not None:
        found.append(Line(name=title, target=line.minimum))
    if line.minimum_of_baseline is not None:
        found.append(Line(name=f"{title}, share of baseline", target=0.0, share=line.minimum_of_baseline))
    if line.max_drop_from_baseline is not None:
        found.append(Line(name=f"{title}{CHANGE}", target=-line.max_drop_from_baseline, share=1.0))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What every threshold would do on the items at hand: arrays from "pass all on" to "keep all".

    ``thresholds[0]`` is infinite. These scores are in-sample: they draw the curve and are never quoted as a result.
    """

    thresholds: Floats
    passed_fraction: Floats
    score: Floats


def walk(pair: StagePair) -> Walk:
    """Every threshold that tells items apart."""
    order, ends = _order(pair)
    gained = np.concatenate(([0.0], np.cumsum((pair.weak - pair.strong)[order])))[ends]
    n = len(pair)
    return Walk(
        thresholds=np.concatenate(([PASS_ALL], pair.signal[order][ends[1:] - 1])),
        passed_fraction=1 - ends / n,
        score=(pair.strong.sum() + gained) / n,
    )


def e_values(pair: StagePair, line: Line) -> Floats:
    """The log of the e-value against "the line is broken" at each threshold of :func:`walk`."""
    order, ends = _order(pair)
    strong, weak = (_log_gains(line.values(scores, pair), line)[order] for scores in (pair.strong, pair.weak))
    steps = np.concatenate((strong.sum(axis=0, keepdims=True), weak - strong))
    logs = np.cumsum(steps, axis=0)[ends]
    peak = logs.max(axis=1)
    return np.asarray(peak + np.log(np.exp(logs - peak[:, None]).mean(axis=1)))


def proven(pair: StagePair, line: Line, alpha: float) -> NDArray[np.bool_]:
    """At each threshold of :func:`walk`, whether the claim that the line is broken is refuted at ``alpha``."""
    binary = np.isin(np.concatenate((pair.weak, pair.strong)), (0.0, 1.0)).all()
    if line.share or not binary:
        return e_values(pair, line) >= -math.log(check_alpha(alpha))
    from scipy.special import bdtrc  # imported here: the page does not pay for it before it is asked

    right = np.round(walk(pair).score * len(pair))
    tail = np.where(right > 0, bdtrc(np.maximum(right - 1, 0), len(pair), line.target), 1.0)
    return np.asarray(tail <= check_alpha(alpha))


def guaranteed(pair: StagePair, lines: tuple[Line, ...], alpha: float = 0.05) -> float | None:
    """The lowest threshold proven to keep every line with chance 1 − α; None where neither end is proven to."""
    each = alpha / len(lines)
    if all(proven(pair, line, ALONE * each)[-1] for line in lines):
        return KEEP_ALL
    kept = np.ones(len(walk(pair).thresholds), bool)
    for line in lines:
        kept &= proven(pair, line, (1 - ALONE) * each)
    last = int(np.argmin(kept)) - 1 if not kept.all() else len(kept) - 1
    return None if last < 0 else _threshold(pair, last)


def plain(pair: StagePair, lines: tuple[Line, ...]) -> float:
    """The lowest threshold whose mean on these items clears every line; "pass all on" where none does.

    Optimistic on the items it was chosen on: only to be cross-fitted.
    """
    order, ends = _order(pair)
    kept = np.ones(len(ends), bool)
    for line in lines:
        strong, weak = (line.values(scores, pair)[order] for scores in (pair.strong, pair.weak))
        means = np.cumsum(np.concatenate(([strong.sum()], weak - strong)))[ends] / len(pair)
        kept &= means >= line.target
    return _threshold(pair, int(np.flatnonzero(kept)[-1])) if kept.any() else PASS_ALL


@dataclass(frozen=True, kw_only=True)
class CrossFit:
    """Every item under a threshold chosen on other items: what the rule is worth on new traffic.

    ``scores`` and ``passed`` (1 where passed on) are one value an item, averaged over the shuffles; ``thresholds``
    those of all folds.
    """

    scores: Floats
    passed: Floats
    thresholds: tuple[float, ...]

    @property
    def score(self) -> float:
        """Mean score."""
        return float(self.scores.mean())

    @property
    def passed_fraction(self) -> float:
        """Share passed on."""
        return float(self.passed.mean())

    @property
    def score_interval(self) -> Interval | None:
        """95 % interval of the score."""
        return _interval(self.scores)

    @property
    def passed_interval(self) -> Interval | None:
        """95 % interval of the share passed on."""
        return _interval(self.passed)


def cross_fit(
    pair: StagePair,
    rule: Callable[[StagePair], float | None],
    *,
    folds: int = FOLDS,
    shuffles: int = SHUFFLES,
    seed: int = SEED,
) -> CrossFit:
    """Choose by ``rule`` on all folds but one, score that one, over several shuffles. No choice passes all on."""
    n, draw = len(pair), np.random.default_rng(seed)
    scores, passed, found = np.zeros(n), np.zeros(n), []
    for _ in range(shuffles):
        for part in np.array_split(draw.permutation(n), folds):
            rest = np.setdiff1d(np.arange(n), part)
            chosen = rule(pair.subset(rest))
            threshold = PASS_ALL if chosen is None else chosen
            found.append(threshold)
            below = pair.signal[part] < threshold
            passed[part] += below
            scores[part] += np.where(below, pair.strong[part], pair.weak[part])
    return CrossFit(scores=np.clip(scores / shuffles, 0.0, 1.0), passed=passed / shuffles, thresholds=tuple(found))


def _interval(values: Floats) -> Interval | None:
    """Wilson's where every item came out the same in all shuffles, else the t interval of the mean."""
    rounded = np.where(np.abs(values - np.round(values)) < 1e-9, np.round(values), values)
    return score_interval(rounded.tolist())


def _order(pair: StagePair) -> tuple[np.ndarray, np.ndarray]:
    """Items from the surest down, and how many are kept at each threshold (0 first); equal signals go together."""
    order = np.argsort(-pair.signal, kind="stable")
    ranked = pair.signal[order]
    last_of_ties = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1
    return order, np.concatenate(([0], last_of_ties))


def _threshold(pair: StagePair, place: int) -> float:
    """The threshold at a place of the walk; where everything is kept, one below every signal."""
    found = walk(pair).thresholds
    return KEEP_ALL if place == len(found) - 1 else float(found[place])


def _log_gains(values: Floats, line: Line) -> Floats:
    """log(1 + λ(x − m)) of each item and bet."""
    room = line.target - line.low
    if room <= 0:  # every score clears such a line: one bet of certain gain says so
        return np.full((len(values), len(GRID)), math.log(2.0))
    return np.asarray(np.log1p(np.multiply.outer((values - line.target) * BOLDEST / room, GRID)))
