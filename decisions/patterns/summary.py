"""A pattern's answer as plain data, for ``--json`` and for tables."""

from __future__ import annotations

import math
from typing import Any

from decisions.patterns.asking import Answer
from decisions.patterns.bracket import Bracket, bracket_plain, bracket_sentences
from decisions.patterns.cascade import Cascade
from decisions.patterns.edge import Edge
from decisions.patterns.hybrid import Hybrid
from decisions.patterns.precision import DynamicPrecision
from decisions.patterns.sentences import (
    auroc_sentence,
    cascade_detail,
    cascade_sentence,
    claims_sentence,
    edge_detail,
    edge_sentence,
    hybrid_sentence,
    precision_sentence,
)
from decisions.scenarios import Scenario
from decisions.verdicts import Check
from evals.statistics.intervals import Interval
from pricing.quotes import Band, Quote


def sentences(answer: Answer, scenario: Scenario) -> tuple[str, str]:
    """(the sentence that answers, the one that explains it)."""
    if isinstance(answer, Cascade):
        return cascade_sentence(answer), f"{cascade_detail(answer)} {auroc_sentence(answer)}"
    if isinstance(answer, Bracket):
        return bracket_sentences(answer)
    if isinstance(answer, Hybrid):
        return hybrid_sentence(answer, scenario), "Every line is kept by the option that serves its task."
    if isinstance(answer, DynamicPrecision):
        return precision_sentence(answer), f"{cascade_detail(answer.apart)} {auroc_sentence(answer.apart)}"
    if isinstance(answer, Edge):
        return edge_sentence(answer), edge_detail(answer)
    return claims_sentence(answer), ""


def as_plain(answer: Answer, scenario: Scenario) -> dict[str, Any]:
    """Everything of the answer as JSON can hold it; figures of a worked example say so."""
    sentence, detail = sentences(answer, scenario)
    plain: dict[str, Any] = {"scenario": scenario.id, "illustrative": scenario.illustrative}
    plain |= {"sentence": sentence, "detail": detail}
    if isinstance(answer, Cascade):
        return plain | _cascade(answer)
    if isinstance(answer, Bracket):
        return plain | bracket_plain(answer)
    if isinstance(answer, Hybrid):
        fleets = [
            {"option": f.option.id, "tasks": list(f.tasks), "share": f.share, **_quote(f.quote)} for f in answer.fleets
        ]
        return plain | {
            "pattern": "hybrid",
            "verdict": answer.verdict,
            "fleets": fleets,
            "usd_per_month": _band(answer.usd_per_month),
            "checks": [_check(check) for check in answer.checks],
            "problems": list(answer.problems),
        }
    if isinstance(answer, DynamicPrecision):
        together = _quote(answer.together) if answer.together else None
        return plain | {
            "pattern": "dynamic",
            "verdict": answer.verdict,
            "is_together": answer.is_together,
            "together": together,
            "apart": _cascade(answer.apart),
            "saving_fraction": answer.saving_fraction,
            "swap_s": answer.swap_s,
            "problems": list(answer.problems),
        }
    if isinstance(answer, Edge):
        return plain | _edge(answer)
    claims = [{"text": c.claim.text, "source": c.claim.source, "says": c.says, "found": c.found} for c in answer]
    return plain | {"pattern": "example", "claims": claims}


def _cascade(answer: Cascade) -> dict[str, Any]:
    return {
        "pattern": answer.kind,
        "verdict": answer.verdict,
        "first": answer.first.id,
        "second": answer.second.id,
        "method": answer.method,
        "passed": vars(answer.passed),
        "calls": vars(answer.calls),
        "score": answer.score,
        "score_interval": _interval(answer.score_interval),
        **_quote(answer.quote),
        "alone_usd_per_month": [_band(quote.usd_per_month) for quote in answer.alone],
        "best_single": answer.best_single.id if answer.best_single else None,
        "saving_fraction": answer.saving_fraction,
        "tasks": [
            {
                "task": one.task,
                "share": one.share,
                "signal": one.signal,
                "threshold": one.threshold if one.threshold is not None and math.isfinite(one.threshold) else None,
                "items": len(one.pair),
                "passed_fraction": one.fit.passed_fraction,
                "score": one.fit.score,
                "score_interval": _interval(one.fit.score_interval),
                "auroc": one.why.auroc,
                "auroc_interval": _interval(one.why.auroc_interval),
                "rescued_fraction": one.why.rescued_fraction,
            }
            for one in answer.plans
        ],
        "checks": [_check(check) for check in answer.checks],
        "curve": [vars(point) for point in answer.curve],
        "problems": list(answer.problems),
    }


def _edge(answer: Edge) -> dict[str, Any]:
    return {
        "pattern": "edge",
        "verdict": answer.verdict,
        "option": answer.option.id,
        "fallback": answer.fallback.id if answer.fallback else None,
        "fallback_fraction": answer.fallback_fraction,
        "download_gb": answer.download_gb,
        **_quote(answer.quote),
        "devices": [
            {
                "device": place.device.name,
                "fits": place.fits,
                "needed_gib": place.needed_gib,
                "usable_gib": place.device.usable_gib,
                "tokens_per_s": _band(place.tokens_per_s),
                "answer_s": _band(place.answer_s),
                "reason": place.reason,
                "source": place.device.source,
            }
            for place in answer.places
        ],
        "checks": [_check(check) for check in answer.checks],
        "problems": list(answer.problems),
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "served_on": quote.label,
        "usd_per_month": _band(quote.usd_per_month),
        "usd_per_query": _band(quote.usd_per_query),
        "e2e_p95_s": _band(quote.e2e_p95_s),
        "parts": dict(quote.parts),
    }


def _band(band: Band | None) -> dict[str, float] | None:
    return None if band is None else vars(band)


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _check(check: Check) -> dict[str, Any]:
    return {name: value for name, value in vars(check).items() if name not in ("origin", "unit")}
