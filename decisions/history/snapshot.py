"""A scenario with the decision it led to, as it was known then: one file that can be kept, sent and opened again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from decisions.fields import BadInput, Fields
from decisions.options import Decision
from decisions.report.model import Report, build_report
from decisions.scenarios import Scenario, scenario_from, scenario_to_dict

FORMAT = 1
LARGEST_BYTES = 20_000_000
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_ID = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """``report`` is plain data: the answer, every option with its price and scores, and their sources, as of then.

    ``id`` follows from name, time and content, so the same file imported twice is one entry.
    """

    id: str
    name: str
    written: datetime
    scenario: Scenario
    report: Report

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not self.name.strip():
            raise BadInput(f"name is {self.name!r}; give 1 to 80 printable characters")
        if not _ID.fullmatch(self.id):
            raise BadInput(f"id of decision {self.name!r} is {self.id!r}; it takes small letters, digits and hyphens")


def snapshot(name: str, scenario: Scenario, decision: Decision, written: datetime) -> Snapshot:
    """The decision as it stands. Raises BadInput for a name that cannot be shown."""
    return _snapshot(name.strip(), written, scenario, build_report(scenario, decision, written=written.date()))


def renamed(one: Snapshot, name: str, written: datetime) -> Snapshot:
    """A copy under another name."""
    return _snapshot(name.strip(), written, one.scenario, one.report)


def _snapshot(name: str, written: datetime, scenario: Scenario, report: Report) -> Snapshot:
    said = json.dumps([name, written.isoformat(), scenario_to_dict(scenario), report], sort_keys=True)
    return Snapshot(
        id=f"{slug(name)[:40].strip('-') or 'decision'}-{hashlib.sha256(said.encode()).hexdigest()[:8]}",
        name=name,
        written=written,
        scenario=scenario,
        report=report,
    )


def slug(text: str) -> str:
    """Small letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def to_text(one: Snapshot) -> str:
    """One JSON file that ``from_text`` reads back."""
    plain = {
        "bitbudget_decision": FORMAT,
        "id": one.id,
        "name": one.name,
        "written": one.written.isoformat(),
        "scenario": scenario_to_dict(one.scenario),
        "report": one.report,
    }
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def from_text(text: str, where: str) -> Snapshot:
    """A snapshot from its file. Raises BadInput naming file and field; nothing is half read."""
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise BadInput(f"{where}: larger than {LARGEST_BYTES // 1_000_000} MB; a saved decision is far smaller")
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: not valid JSON; export the decision again") from error
    if not isinstance(plain, dict) or "bitbudget_decision" not in plain:
        raise BadInput(f"{where}: not a saved decision; it lacks the field 'bitbudget_decision'")
    fields = Fields(plain, where)
    if fields.take("bitbudget_decision") != FORMAT:
        raise BadInput(f"{where}: bitbudget_decision is {plain['bitbudget_decision']!r}; this version reads {FORMAT}")
    written, report = fields.text("written"), fields.take("report")
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadInput(f"{where}: written is {written!r}; expected a time like 2026-11-21T10:00:00+00:00") from error
    if not isinstance(report, dict) or not isinstance(report.get("options"), list) or "sentence" not in report:
        raise BadInput(f"{where}: report holds no decision; export it again")
    scenario = scenario_from(Fields(_mapping(fields.take("scenario"), where), f"{where}: scenario"))
    one = Snapshot(id=fields.text("id"), name=fields.text("name"), written=at, scenario=scenario, report=report)
    fields.done()
    return one


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{where}: scenario is {type(value).__name__}; expected fields with values")
    return value
