"""What a report says, as plain data."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.version import VERSION
from decisions.answers import ask
from decisions.choosing import ordered
from decisions.fields import BadInput
from decisions.inputs import sla_to_dict, workload_to_dict
from decisions.options import Decision, Option
from decisions.scenarios import Scenario
from decisions.summaries import finite, option_summary, reasons, seen_text, why
from decisions.wording import money, money_band, percent, place, quantity, score, seconds_band
from evals.measurements import UNSANDBOXED
from pricing.offers import STALE_AFTER_DAYS

Report = dict[str, Any]
SCHEMA = 2  # 1 lacked everything in EXTRAS and the SLA's own table
EXTRAS: dict[str, Any] = {
    "people": {},
    "view": None,
    "cliff": None,
    "comparison": None,
    "patterns": [],
    "provenance": [],
    "figures": {},
}


def upgraded(report: Report) -> Report:
    """A report of an older version as this one reads it: what it did not hold is absent, not made up.

    Raises BadInput for one that is newer than this version or no report at all.
    """
    schema = report.get("schema")
    if not isinstance(schema, int) or "options" not in report:
        raise BadInput("this is no report: it lacks schema or options")
    if schema > SCHEMA:
        raise BadInput(f"this report has schema {schema}, this version reads up to {SCHEMA}; use a newer Bitbudget")
    options = [{"why": "; ".join(option.get("reasons", ())), **option} for option in report["options"]]
    return {"sla_rows": [], "illustrative": False, "app_version": "", **EXTRAS, **report, "options": options}


def build_report(
    scenario: Scenario, decision: Decision, *, written: date | None = None, **extras: Any
) -> Report:
    """JSON-serialisable: the question, the answer, every option with its checks, sources, caveats.

    Numbers are full precision; ``…_text`` fields are rounded for reading. Unknown is None. ``extras`` are parts named
    in EXTRAS, as decisions/report/findings.py makes them.
    """
    if unknown := extras.keys() - EXTRAS.keys():
        raise TypeError(f"a report has no part {', '.join(sorted(unknown))}")
    answer = decision.shown
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
        "shown": answer.id if answer else None,
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
        "options": [_option(option, scenario) for option in ordered(decision.options)],
        "facts": _facts(answer),
        "sources": _sources(decision),
        "caveats": _caveats(decision),
        "sla_rows": _sla_rows(answer, scenario) if answer else [],
        "illustrative": bool(getattr(scenario, "illustrative", False)),
        "app_version": VERSION,
        **EXTRAS,
        **extras,
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
                "note": m.note,
                "text": score(m.score, m.low, m.high),
            }
            for task, m in scores.items()
        },
        "bits_per_weight": option.bits_per_weight,
        "reasons": reasons(option),
        "why": why(option),
        "notes": list(option.notes),
    }


def _sla_rows(option: Option, scenario: Scenario) -> list[dict[str, Any]]:
    """Each line of the SLA: what was asked, the same model at full precision, and the option."""
    rows = []
    for check in option.checks:
        baseline = option.baselines.get(check.task) if check.task else None
        rows.append(
            {
                "line": check.name,
                "threshold": check.target,
                "threshold_text": f"{check.direction} {quantity(check.target, check.unit)}",
                "baseline_text": score(baseline.score, baseline.low, baseline.high) if baseline else "",
                "seen": check.seen,
                "seen_text": seen_text(check),
                "status": check.status,
                "reason": check.reason,
            }
        )
    return rows


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
    every = [m for option in options for m in option.measurements.values() if m.note]
    # what is noted of a score measured here: another model answered, code ran without a sandbox
    noted = {(m.note, m.variant) for m in every if m.origin == "measured" or m.note.startswith(UNSANDBOXED)}
    caveats += [f"{variant}: {note}." for note, variant in sorted(noted)]
    if len(origins) > 1:
        caveats.append(f"Scores of different origin stand side by side: {', '.join(sorted(origins))}.")
    protocols = {m.protocol for option in options for m in option.measurements.values() if m.task == decision.task}
    if len(protocols) > 1:
        caveats.append("API models were scored under their own prompts; they are not compared in pairs with the rest.")
    shown = [o for o in options if o.on_frontier or o is decision.choice]
    stale = [f"{o.label} ({o.quote.price_date})" for o in shown if (o.quote.price_age_days or 0) > STALE_AFTER_DAYS]
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
