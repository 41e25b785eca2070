"""Accuracy lines of the SLA against measurements."""

from __future__ import annotations

import math

from decisions.evidence import ItemScores, paired_scores, refusal
from decisions.sla import QualityLine
from decisions.verdicts import Check, judge
from decisions.wording import percent
from evals.measurements import Measurement
from evals.statistics.intervals import Interval
from evals.verdicts import (
    Verdict,
    minimum_score_from_summary,
    not_worse,
    not_worse_from_summaries,
    share_from_summaries,
    share_of_baseline,
)

CHANGE = ", change from baseline"  # ends the name of a check on the drop


def quality_checks(
    task: str,
    title: str,
    line: QualityLine,
    measurement: Measurement | None,
    baseline: Measurement | None,
    scores: ItemScores | None = None,
    usual_protocol: str = "",
) -> list[Check]:
    """One check a threshold of the line. ``usual_protocol`` is that of the other options; another one is named."""
    checks = []
    if line.minimum is not None:
        checks.append(_absolute(task, title, line.minimum, measurement, usual_protocol))
    if line.minimum_of_baseline is not None:
        name = f"{title}, share of baseline"
        checks.append(_against_baseline(task, title, name, line.minimum_of_baseline, measurement, baseline, scores))
    if line.max_drop_from_baseline is not None:
        name, target = f"{title}{CHANGE}", -line.max_drop_from_baseline
        checks.append(_against_baseline(task, title, name, target, measurement, baseline, scores, is_drop=True))
    return checks


def _absolute(task: str, title: str, target: float, seen: Measurement | None, usual_protocol: str) -> Check:
    if seen is None:
        return _unknown(task, title, target, f"not measured on {title}")
    interval = Interval(seen.low, seen.high) if seen.low is not None and seen.high is not None else None
    verdict = minimum_score_from_summary(seen.score, seen.n_items, target, interval)
    reasons = [verdict.reason] if verdict.reason else []
    if verdict.status == "misses":
        reasons.append(f"{percent(target - seen.score)} short".replace(" %", " points"))
    if usual_protocol and seen.protocol != usual_protocol:
        reasons.append(f"scored under its own protocol ({_told_apart(seen.protocol, usual_protocol)})")
    return _check(task, title, verdict, "; ".join(reasons), seen.origin)


def _against_baseline(
    task: str,
    title: str,
    name: str,
    target: float,
    seen: Measurement | None,
    baseline: Measurement | None,
    scores: ItemScores | None,
    *,
    is_drop: bool = False,
) -> Check:
    """A share of the baseline's score, or with ``is_drop`` the points between the two."""
    if seen is None:
        return _unknown(task, name, target, f"not measured on {title}")
    if baseline is None:
        return _unknown(task, name, target, "no full-precision run of the same model to compare with", seen.origin)
    if baseline is seen or baseline.quantization == seen.quantization:
        same = 0.0 if is_drop else 1.0
        status = judge("at least", target, same, same)
        itself = Verdict(status=status, target=target, seen=same, low=same, high=same, n=seen.n_items)
        return _check(task, name, itself, "it is the baseline", seen.origin)
    if why := refusal(seen, baseline):
        return _unknown(task, name, target, f"not comparable with its baseline: {why}", seen.origin)
    if baseline.score == 0 and not is_drop:
        return _unknown(task, name, target, "the baseline scores 0: a share of it means nothing", seen.origin)
    pair = paired_scores(baseline, seen, scores)
    summaries = (baseline.score, baseline.n_items), (seen.score, seen.n_items)
    if is_drop:
        verdict = not_worse(*pair[1:], -target) if pair else not_worse_from_summaries(*summaries, -target)
    elif pair and math.fsum(pair[1]) > 0:
        verdict = share_of_baseline(*pair[1:], target)
    else:
        verdict = share_from_summaries(*summaries, target)
    return _check(task, name, verdict, f"of {baseline.quantization}, {verdict.reason}", seen.origin)


def _told_apart(protocol: str, usual: str) -> str:
    """The parts of a protocol that the usual one does not share."""
    common = set(usual.split(" · "))
    return " · ".join(part for part in protocol.split(" · ") if part not in common)


def _check(task: str, name: str, verdict: Verdict, reason: str, origin: str) -> Check:
    return Check(
        name=name,
        task=task,
        unit="fraction",
        direction="at least",
        target=verdict.target,
        seen=verdict.seen,
        low=verdict.low,
        high=verdict.high,
        status=verdict.status,
        reason=reason,
        items_to_settle=verdict.items_to_settle,
        origin=origin,
    )


def _unknown(task: str, name: str, target: float, reason: str, origin: str = "") -> Check:
    nothing = Verdict(status="unproven", target=target, seen=None, low=None, high=None, n=None)
    return _check(task, name, nothing, reason, origin)
