"""The candidate table: baseline, acceptable trade-offs, and every candidate through each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from decisions.choosing import ordered
from decisions.limits import LINES
from decisions.options import Option
from decisions.scenarios import Scenario
from decisions.verdicts import Check, Status
from decisions.view.values import CandidateRow, CandidateTable, Cell
from decisions.wording import listed, money_band, percent, place, points, quantity, score

STRUCTURAL = ("fits", "load")  # not asked for by the SLA; they stand in the way of everything else


def candidate_table(scenario: Scenario, options: Sequence[Option]) -> CandidateTable:
    """Candidates that meet first, then unproven ones, then misses; each group as the decision ranks it by cost."""
    lines = _lines(options)
    rows = [_row(option, lines, scenario) for option in ordered(options)]
    return CandidateTable(
        baselines=_baselines(scenario, options),
        trade_offs=_trade_offs(scenario),
        lines=lines,
        rows=tuple(rows),
        sentence=_sentence(options),
    )


def _lines(options: Sequence[Option]) -> tuple[str, ...]:
    """The names of all checks, what stands in the way first."""
    names = dict.fromkeys(check.name for option in options for check in option.checks)
    return (*(n for n in STRUCTURAL if n in names), *(n for n in names if n not in STRUCTURAL))


def _row(option: Option, lines: Sequence[str], scenario: Scenario) -> CandidateRow:
    by_name = {check.name: check for check in option.checks}
    return CandidateRow(
        option=option.id,
        label=option.label,
        place=place(option.quote),
        cost_text=money_band(option.quote.usd_per_month),
        against_baseline=_against(option, scenario.task),
        cells=tuple(_cell(by_name[name]) if name in by_name else None for name in lines),
        verdict=option.verdict,
        is_status_quo=option.is_status_quo,
    )


def _cell(check: Check) -> Cell:
    seen = "" if check.name in STRUCTURAL else "not known" if check.seen is None else quantity(check.seen, check.unit)
    return Cell(line=check.name, status=check.status, seen_text=seen, reason=check.reason)


def _against(option: Option, task: str) -> str:
    """The main task's score against the model's own full-precision run."""
    seen, baseline = option.measurements.get(task), option.baselines.get(task)
    if seen is None or baseline is None:
        return ""
    return "it is the baseline" if seen is baseline else points(seen.score - baseline.score, sign=True)


def _baselines(scenario: Scenario, options: Sequence[Option]) -> tuple[str, ...]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for option in options:
        for task, m in option.baselines.items():
            if task in scenario.tasks:
                seen = f"{scenario.tasks[task]} {score(m.score, m.low, m.high)}"
                found.setdefault((m.model, m.quantization), {})[task] = seen
    models = list(scenario.models)
    order = sorted(found, key=lambda key: models.index(key[0]) if key[0] in models else 0)
    return tuple(f"{scenario.models.get(key[0], key[0])} {key[1]}: {', '.join(found[key].values())}" for key in order)


def _trade_offs(scenario: Scenario) -> tuple[str, ...]:
    """The lines of the SLA, one each."""
    found = []
    for task, line in scenario.sla.quality.items():
        name = scenario.tasks[task]
        if line.minimum is not None:
            found.append(f"{name} at least {percent(line.minimum)}")
        if line.minimum_of_baseline is not None:
            found.append(f"{name} at least {percent(line.minimum_of_baseline)} of the baseline")
        if line.max_drop_from_baseline is not None:
            found.append(f"{name} at most {points(line.max_drop_from_baseline)} below the baseline")
    for field, name, unit in LINES:
        value = getattr(scenario.sla, field)
        if value is not None:
            found.append(f"{name} at most {quantity(value, unit)}")
    return tuple(found)


def _sentence(options: Sequence[Option]) -> str:
    count = Counter(option.verdict for option in options)
    why = Counter(
        next(check.name for check in option.checks if check.status == "misses")
        for option in options
        if option.verdict == "misses"
    )
    missed = listed([f"{n} on {name}" for name, n in why.most_common(3)])
    verbs: dict[Status, tuple[str, str]] = {
        "meets": ("meets", "meet"),
        "unproven": ("is unproven", "are unproven"),
        "misses": ("misses", "miss"),
    }
    parts = [f"{count[status]} {one if count[status] == 1 else many}" for status, (one, many) in verbs.items()]
    parts[-1] += f" ({missed})" if missed else ""
    return f"Of {len(options)} candidates {listed(parts)}."
