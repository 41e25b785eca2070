"""What a report holds beyond the decision: the cliff, a comparison, items, charts, and how each score was made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from decisions.charts.cliff import cliff_chart
from decisions.charts.decide import decide_chart
from decisions.charts.palette import LIGHT
from decisions.cliff import TOLERANCE, CliffRow
from decisions.cliff_words import cliff_sentences
from decisions.comparison import Comparison
from decisions.options import Decision
from decisions.scenarios import Scenario
from decisions.wording import points
from evals.measurements import Measurement
from evals.results import ItemText

ITEMS_SHOWN = 3
LONGEST_ANSWER = 400  # characters of a model's answer that are printed


def figures(scenario: Scenario, decision: Decision, rows: Sequence[CliffRow]) -> dict[str, Any]:
    """The app's own charts as plain Plotly data, by name; none that would be empty."""
    line = scenario.sla.quality.get(decision.task)
    drawn = {
        "accuracy_cost": decide_chart(
            decision,
            LIGHT,
            line=line.minimum if line else None,
            budget_usd=scenario.sla.usd_per_month,
            task_title=scenario.tasks[decision.task],
        )
    }
    if any(row.lost is not None and not row.is_baseline for row in rows):
        drawn["cliff"] = cliff_chart(
            rows, LIGHT, tolerance=TOLERANCE, titles=scenario.tasks, models=scenario.models
        )
    return {name: plain_figure(figure) for name, figure in drawn.items() if figure.data}


def plain_figure(figure: go.Figure) -> dict[str, Any]:
    """A figure as JSON data without Plotly's default template."""
    figure.update_layout(template=None)
    return dict(json.loads(str(figure.to_json())))


def cliff_part(scenario: Scenario, rows: Sequence[CliffRow]) -> dict[str, Any] | None:
    """The sentence of the Cliff page, and each variant's loss on each task."""
    shown = [row for row in rows if row.lost is not None and not row.is_baseline]
    if not shown:
        return None
    titles = {**scenario.models, **scenario.tasks}
    return {
        "sentence": " ".join(cliff_sentences(rows, titles, scenario.status_quo.partition("@")[0])),
        "rows": [
            {
                "task": scenario.tasks.get(row.task, row.task),
                "model": scenario.models.get(row.model, row.model),
                "quantization": row.quantization,
                "method": row.method,
                "bits_per_weight": row.bits_per_weight,
                "change": None if row.lost is None else -row.lost,
                "change_text": "" if row.lost is None else points(-row.lost, sign=True),
                "interval_text": ""
                if row.low is None or row.high is None
                else f"{points(-row.high, sign=True)} to {points(-row.low, sign=True)}",
                "n_items": row.n_items,
                "paired": row.paired,
                "zone": row.zone,
                "origin": row.origin,
            }
            for row in shown
        ],
    }


def comparison_part(
    comparison: Comparison | None, texts: Mapping[tuple[str, str], tuple[ItemText | None, ItemText | None]]
) -> dict[str, Any] | None:
    """Two options side by side; ``texts`` maps (task, item) to what each of them answered."""
    if comparison is None:
        return None
    items = []
    for flips in comparison.flips:
        for kind, ids in (("broken", flips.broken), ("fixed", flips.fixed)):
            for item in ids[:ITEMS_SHOWN]:
                ours, theirs = texts.get((flips.task, item), (None, None))
                asked = ours or theirs
                if asked:
                    items.append(
                        {
                            "task": flips.title,
                            "kind": kind,
                            "prompt": asked.prompt[-LONGEST_ANSWER:],
                            "expected": asked.expected[:LONGEST_ANSWER],
                            "first": ours.output[:LONGEST_ANSWER] if ours else "",
                            "second": theirs.output[:LONGEST_ANSWER] if theirs else "",
                        }
                    )
    return {
        "sentence": comparison.sentence,
        "first": comparison.first.label,
        "second": comparison.second.label,
        "rows": [
            {
                "group": row.group,
                "name": row.name,
                "first_text": row.first_text,
                "second_text": row.second_text,
                "difference": row.difference,
                "difference_text": row.difference_text,
                "winner": row.winner,
                "note": row.note,
            }
            for row in comparison.rows
        ],
        "flips": [
            {
                "task": flips.title,
                "broken": len(flips.broken),
                "fixed": len(flips.fixed),
                "same": flips.both_right + flips.both_wrong,
                "p_mcnemar": flips.p_mcnemar,
            }
            for flips in comparison.flips
        ],
        "items": items,
        "break_even": comparison.break_even.sentence if comparison.break_even else "",
    }


def provenance(
    decision: Decision, measurements: Sequence[Measurement], runs: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row a score that an option rests on; ``runs`` maps a run to what it was made with."""
    used = {(o.model, o.quantization) for o in decision.options}
    rows = []
    for m in measurements:
        if (m.model, m.quantization) not in used and m.origin != "published":
            continue
        made = runs.get(m.run, {})
        packages = ", ".join(f"{name} {version}" for name, version in (made.get("packages") or {}).items() if version)
        rows.append(
            {
                "model": m.model,
                "quantization": m.quantization,
                "method": m.method,
                "task": m.task,
                "metric": m.metric,
                "score": m.score,
                "n_items": m.n_items,
                "low": m.low,
                "high": m.high,
                "origin": m.origin,
                "protocol": m.protocol,
                "source": m.source_title or m.source,
                "locator": m.source_locator,
                "date": m.date,
                "run": m.run,
                "hardware": m.hardware,
                "packages": packages,
                "seed": made.get("seed"),
                "task_hash": (made.get("task_hashes") or {}).get(m.task, ""),
            }
        )
    return rows
