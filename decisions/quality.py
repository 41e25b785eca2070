"""Accuracy lines of the SLA against measurements."""

from __future__ import annotations

import math

from decisions.evidence import ItemScores, differences, paired_scores
from decisions.sla import QualityLine
from decisions.verdicts import Check, judge
from decisions.wording import percent
from evals.measurements import Measurement
from evals.statistics.intervals import ratio_interval_from_summaries
from evals.statistics.pairs import compare_pairs, ratio_interval
from evals.statistics.power import items_for_margin, items_to_settle


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
        checks.append(_of_baseline(task, title, line.minimum_of_baseline, measurement, baseline, scores))
    return checks


def _absolute(task: str, title: str, target: float, seen: Measurement | None, usual_protocol: str) -> Check:
    if seen is None:
        return _unknown(task, title, target, f"not measured on {title}")
    status = judge("at least", target, seen.low, seen.high)
    reasons = []
    settle = None
    if seen.low is None:
        reasons.append("the source does not say on how many items: no interval")
    elif status == "unproven":
        settle = items_to_settle(seen.score, target, seen.n_items or 0)
        reasons.append("the interval reaches over the line")
    elif status == "misses":
        reasons.append(f"{percent(target - seen.score)} short".replace(" %", " points"))
    if usual_protocol and seen.protocol != usual_protocol:
        reasons.append(f"scored under its own protocol ({_told_apart(seen.protocol, usual_protocol)})")
    return Check(
        name=title,
        task=task,
        unit="fraction",
        direction="at least",
        target=target,
        seen=seen.score,
        low=seen.low,
        high=seen.high,
        status=status,
        reason="; ".join(reasons),
        items_to_settle=settle,
        origin=seen.origin,
    )


def _of_baseline(
    task: str,
    title: str,
    target: float,
    seen: Measurement | None,
    baseline: Measurement | None,
    scores: ItemScores | None,
) -> Check:
    name = f"{title}, share of baseline"
    if seen is None:
        return _unknown(task, name, target, f"not measured on {title}")
    if baseline is None:
        return _unknown(task, name, target, "no full-precision run of the same model to compare with", seen.origin)
    if baseline is seen or baseline.quantization == seen.quantization:
        status = judge("at least", target, 1.0, 1.0)
        return Check(
            name=name,
            task=task,
            unit="fraction",
            direction="at least",
            target=target,
            seen=1.0,
            low=1.0,
            high=1.0,
            status=status,
            reason="it is the baseline",
            origin=seen.origin,
        )
    odd = differences(seen, baseline)
    if odd:
        return _unknown(
            task, name, target, f"not comparable with its baseline: another {' and '.join(odd)}", seen.origin
        )
    if baseline.score == 0:
        return _unknown(task, name, target, "the baseline scores 0: a share of it means nothing", seen.origin)
    pair = paired_scores(baseline, seen, scores)
    if pair and math.fsum(pair[1]) > 0:
        _, before, after = pair
        interval, value, how = (
            ratio_interval(before, after),
            math.fsum(after) / math.fsum(before),
            "paired, item by item",
        )
    elif seen.n_items and baseline.n_items:
        interval = ratio_interval_from_summaries((baseline.score, baseline.n_items), (seen.score, seen.n_items))
        value, how = seen.score / baseline.score, "unpaired: no item scores"
    else:
        interval, value, how = (
            None,
            seen.score / baseline.score,
            "the source does not say on how many items: no interval",
        )
    bounded = interval is not None and math.isfinite(interval.high)
    low, high = (interval.low, interval.high) if interval and bounded else (None, None)
    status = judge("at least", target, interval.low if interval else None, interval.high if interval else None)
    settle = _items_for_share(target, seen, baseline, pair) if status == "unproven" else None
    return Check(
        name=name,
        task=task,
        unit="fraction",
        direction="at least",
        target=target,
        seen=value,
        low=low,
        high=high,
        status=status,
        reason=f"of {baseline.quantization}, {how}",
        items_to_settle=settle,
        origin=seen.origin,
    )


def _items_for_share(
    target: float, seen: Measurement, baseline: Measurement, pair: tuple[list[str], list[float], list[float]] | None
) -> int | None:
    if not pair:
        return items_to_settle(seen.score, min(1.0, target * baseline.score), seen.n_items or 0)
    flips = compare_pairs(pair[1], pair[2])
    margin = (1 - target) * baseline.score
    gap = margin + flips.difference
    if abs(gap) < 1e-9 or flips.flips_fraction == 0:
        return None
    margin = gap - flips.difference if gap > 0 else -gap - flips.difference  # mirrored: items to show the miss
    if not 0 < margin <= 1:
        return None
    total = items_for_margin(max(flips.flips_fraction, abs(flips.difference)), margin, flips.difference, 0.975, 0.5)
    return max(0, total - flips.n)


def _told_apart(protocol: str, usual: str) -> str:
    """The parts of a protocol that the usual one does not share."""
    common = set(usual.split(" · "))
    return " · ".join(part for part in protocol.split(" · ") if part not in common)


def _unknown(task: str, name: str, target: float, reason: str, origin: str = "") -> Check:
    return Check(
        name=name,
        task=task,
        unit="fraction",
        direction="at least",
        target=target,
        seen=None,
        low=None,
        high=None,
        status="unproven",
        reason=reason,
        origin=origin,
    )
