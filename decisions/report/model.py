"""What a report says, as plain data."""

from __future__ import annotations

from datetime import date
from typing import Any

from decisions.answers import ask
from decisions.inputs import sla_to_dict, workload_to_dict
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.summaries import finite, option_summary, reasons
from decisions.wording import money, money_band, percent, place, score, seconds_band
from pricing.offers import STALE_AFTER_DAYS

Report = dict[str, Any]
SCHEMA = 1


def build_report(scenario: Scenario, decision: Decision, *, written: date | None = None) -> Report:
    """JSON-serialisable: the question, the answer, every option with its checks, sources, caveats.

    Numbers are full precision; ``…_text`` fields are rounded for reading. Unknown is None.
    """
    answer = decision.choice or decision.nearest
    report = {
        "schema": SCHEMA,
        "title": scenario.title,
        "question": scenario.question,
        "scenario": scenario.id,
        "written": (written or date.today()).isoformat(),
        "prices_as_of": scenario.as_of.isoformat(),
        "status": decision.status,
        "choice": decision.choice.id if decision.choice else None,
        "nearest": decision.nearest.id if decision.nearest else None,
        "status_quo": decision.status_quo.id if decision.status_quo else None,
        "sentence": decision.sentence,
        "detail": decision.detail,
        "asked": ask(scenario),
        "saving_usd_per_month": decision.saving_usd_per_month,
        "would_change": list(decision.would_change),
        "sla": sla_to_dict(scenario.sla),
        "workload": workload_to_dict(scenario.workload),
        "tasks": dict(scenario.tasks),
        "task": decision.task,
        "answer": _parts(answer) if answer else None,
        "options": [_option(option, scenario) for option in decision.options],
        "facts": _facts(answer),
        "sources": _sources(decision),
        "caveats": _caveats(decision),
    }
    return dict(finite(report))


def _option(option: Option, scenario: Scenario) -> dict[str, Any]:
    quote = option.quote
    bands = {
        name: {"value": band.value, "low": band.low, "high": band.high} if band else None
        for name in ("usd_per_month", "usd_per_query", "ttft_p95_s", "tpot_p95_s", "e2e_p95_s")
        for band in (getattr(quote, name),)
    }
    scores = {task: m for task, m in option.measurements.items() if task in scenario.tasks}
    return {
        **option_summary(option),
        "kind": option.kind,
        "model": option.model,
        "quantization": option.quantization,
        "method": option.method,
        "where": place(quote),
        "provider": quote.provider,
        "replicas": quote.replicas,
        "usd_per_month_text": money_band(quote.usd_per_month),
        "e2e_p95_s_text": seconds_band(quote.e2e_p95_s),
        "bands": bands,
        "memory_gib": quote.memory_gib,
        "price_date": quote.price_date,
        "on_frontier": option.on_frontier,
        "frontier_fraction": option.frontier_fraction,
        "is_status_quo": option.is_status_quo,
        "scores": {
            task: {
                "score": m.score,
                "low": m.low,
                "high": m.high,
                "n_items": m.n_items,
                "origin": m.origin,
                "protocol": m.protocol,
                "source": m.source,
                "text": score(m.score, m.low, m.high),
            }
            for task, m in scores.items()
        },
        "bits_per_weight": next((m.bits_per_weight for m in scores.values() if m.bits_per_weight), None),
        "reasons": reasons(option),
        "notes": list(option.notes),
    }


def _parts(option: Option) -> dict[str, Any]:
    return {
        "id": option.id,
        "label": option.label,
        "parts": [
            {"name": name.replace("_", " "), "usd_per_month": value, "text": money(value)}
            for name, value in option.quote.parts.items()
            if value
        ],
    }


def _facts(option: Option | None) -> list[dict[str, str]]:
    return [vars(fact) for fact in option.quote.facts] if option else []


def _sources(decision: Decision) -> list[dict[str, str]]:
    """Where scores and prices were read, once each."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for option in decision.options:
        for m in option.measurements.values():
            found.setdefault(
                (m.origin, m.source),
                {
                    "kind": f"scores, {m.origin}",
                    "name": m.source_title or m.source or "not named",
                    "locator": m.source_locator,
                    "date": m.date,
                },
            )
        quote = option.quote
        if quote.price_source:
            found.setdefault(
                ("price", quote.price_source),
                {
                    "kind": "your own price" if quote.price_is_override else "prices",
                    "name": quote.price_source,
                    "locator": quote.offer,
                    "date": quote.price_date,
                },
            )
    return list(found.values())


def _caveats(decision: Decision) -> list[str]:
    options = decision.options
    caveats = []
    origins = {m.origin for option in options for m in option.measurements.values()}
    if "illustrative" in origins:
        caveats.append("Illustrative: these numbers are a worked example, not measurements.")
    if len(origins) > 1:
        caveats.append(f"Scores of different origin stand side by side: {', '.join(sorted(origins))}.")
    protocols = {m.protocol for option in options for m in option.measurements.values() if m.task == decision.task}
    if len(protocols) > 1:
        caveats.append("API models were scored under their own prompts; they are not compared in pairs with the rest.")
    shown = [o for o in options if o.on_frontier or o is decision.choice]
    stale = [o.label for o in shown if (o.quote.price_age_days or 0) > STALE_AFTER_DAYS]
    if stale:
        caveats.append(f"Prices older than {STALE_AFTER_DAYS} days: {', '.join(stale)}.")
    if any(o.quote.price_is_override for o in options):
        caveats.append("Some prices are your own and replace the shipped ones.")
    outside = [o.label for o in shown if o.quote.outside_calibration]
    if outside:
        caveats.append(f"Speed predicted outside what the model was checked on: {', '.join(outside)}.")
    unpriced = sum(o.quote.usd_per_month is None for o in options)
    if unpriced:
        caveats.append(f"{unpriced} of {len(options)} options {'has' if unpriced == 1 else 'have'} no price.")
    share = decision.choice.frontier_fraction if decision.choice else None
    if share is not None and share < 0.5:
        beaten = f"On cost and score alone the answer is beaten in {percent(1 - share, 0)} of resamples"
        caveats.append(f"{beaten}, by options not proven to meet the other lines.")
    return caveats
