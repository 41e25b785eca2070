"""What a report says, as plain data."""

from __future__ import annotations

from datetime import date
from typing import Any

from decisions.options import Decision
from decisions.scenarios import Scenario

Report = dict[str, Any]


def build_report(scenario: Scenario, decision: Decision, *, written: date | None = None) -> Report:
    """JSON-serialisable: title, sentence, sla, workload, options with checks, sources, caveats."""
    raise NotImplementedError
