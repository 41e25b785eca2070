"""An option as plain data for scripts, and its checks as sentences."""

from __future__ import annotations

import math
from typing import Any

from decisions.options import Option
from decisions.verdicts import Check
from decisions.wording import quantity, span


def option_summary(option: Option) -> dict[str, Any]:
    """``id``, ``verdict``, ``usd_per_month`` and the checks: what scripts ask for."""
    cost = option.quote.usd_per_month
    return dict(
        finite(
            {
                "id": option.id,
                "label": option.label,
                "verdict": option.verdict,
                "usd_per_month": cost.value if cost else None,
                "checks": [vars(check) for check in option.checks],
            }
        )
    )


def reasons(option: Option) -> list[str]:
    """Each check that is not met, in one line; one line that says so where all are."""
    if option.verdict == "meets":
        return ["meets every line"]
    return [_reason(check) for check in option.checks if check.status != "meets"]


def _reason(check: Check) -> str:
    seen = "" if check.seen is None else f" {quantity(check.seen, check.unit)}"
    more = f"; about {check.items_to_settle:,} more items would settle it" if check.items_to_settle else ""
    return f"{check.name}{seen} {check.status}: {check.reason or 'no reason given'}{more}"


def why(option: Option) -> str:
    """What stands in the way, in one cell."""
    told = [option.quote.reason] if option.quote.reason else []
    told += [check.reason or f"{check.name} not yet known" for check in option.checks if check.status != "meets"]
    return " · ".join(dict.fromkeys(told)) or "clears every line"


def seen_text(check: Check) -> str:
    """``80.8 % (79.3–82.2)`` in the check's unit; no interval where its ends read the same."""
    seen = quantity(check.seen, check.unit)
    if check.low is None or check.high is None or quantity(check.low, check.unit) == quantity(check.high, check.unit):
        return seen
    if check.unit == "fraction":
        return f"{seen} ({span(check.low, check.high)})"
    return f"{seen} ({quantity(check.low, check.unit)}–{quantity(check.high, check.unit).removeprefix('$')})"


def finite(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return value
