"""An SLA and a workload as files: ``sla.yaml`` and ``workload.yaml`` (YAML or JSON)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from decisions.fields import BadInput, Fields, read_mapping
from decisions.sla import QualityLine, Sla
from pricing.workload import Workload

LIMITS = ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s", "usd_per_query", "usd_per_month")


def load_sla(path: Path) -> Sla:
    """The SLA in a file. Raises BadInput."""
    return sla_from(Fields(read_mapping(path), str(path)))


def load_workload(path: Path) -> Workload:
    """The workload in a file. Raises BadInput."""
    return workload_from(Fields(read_mapping(path), str(path)))


def sla_from(fields: Fields) -> Sla:
    """``quality: {MMLU: {minimum: 0.75}}``; a bare value (``MMLU: 75 %``) is the minimum."""
    section = fields.section("quality", {})
    quality = {task: _line(section, task) for task in section.values}
    limits = {name: fields.number(name, 1e-12, 1e12, None) for name in LIMITS}
    fields.done()
    return Sla(quality=quality, **limits)


def _line(section: Fields, task: str) -> QualityLine:
    value = section.values[task]
    bare = not isinstance(value, dict)
    line = Fields({"minimum": value} if bare else value, section.where if bare else f"{section.where}: {task}")
    if bare:
        line.where = f"{section.where}: {task}"
    result = QualityLine(
        minimum=line.fraction("minimum", None),
        minimum_of_baseline=line.fraction("minimum_of_baseline", None),
        max_drop_from_baseline=line.fraction("max_drop_from_baseline", None),
    )
    line.done()
    if result == QualityLine():
        known = "minimum, minimum_of_baseline or max_drop_from_baseline"
        raise BadInput(f"{line.where}: give {known}, for example minimum: 75 %")
    return result


def workload_from(fields: Fields) -> Workload:
    """Every field of Workload by its own name; what is left out keeps its default."""
    usual = Workload()
    result = Workload(
        requests_per_month=fields.number("requests_per_month", 1, 1e12, usual.requests_per_month),
        prompt_tokens=fields.number("prompt_tokens", 1, 2_000_000, usual.prompt_tokens, whole=True),
        output_tokens=fields.number("output_tokens", 1, 200_000, usual.output_tokens, whole=True),
        cached_fraction=fields.fraction("cached_fraction", usual.cached_fraction),
        peak_to_mean=fields.number("peak_to_mean", 1, 100, usual.peak_to_mean),
        hours_per_month=fields.number("hours_per_month", 1, 744, usual.hours_per_month),
    )
    fields.done()
    return result


def sla_to_dict(sla: Sla) -> dict[str, Any]:
    """Plain data that ``sla_from`` reads back; thresholds not asked for are left out."""
    quality = {
        task: {name: value for name, value in asdict(line).items() if value is not None}
        for task, line in sla.quality.items()
    }
    limits = {name: getattr(sla, name) for name in LIMITS if getattr(sla, name) is not None}
    return {"quality": {task: line for task, line in quality.items() if line}, **limits}


def workload_to_dict(workload: Workload) -> dict[str, Any]:
    """Plain data that ``workload_from`` reads back."""
    return asdict(workload)
