"""The quality lines of an SLA file, for evals: thresholds by task. Money and latency in it are left to others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from evals.names import known
from evals.race_check import Line, LineKind
from evals.tasks import task

KINDS: tuple[LineKind, ...] = get_args(LineKind)
OTHERS = ("e2e_p95_s", "ttft_p95_s", "tpot_p95_s", "usd_per_query", "usd_per_month")


def load_lines(path: Path) -> tuple[Line, ...]:
    """The quality lines in a YAML or JSON file; ValueError names file, field and value."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ValueError(f"{path}: cannot be read ({reason}); give a YAML or JSON file") from error
    except (yaml.YAMLError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise ValueError(f"{path}: line {line} is not valid YAML or JSON") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: expected fields with values, got {type(content).__name__}")
    for field in content:
        known("field of the SLA", str(field), ("quality", *OTHERS))
    return lines_from(content.get("quality") or {}, str(path))


def lines_from(quality: Any, where: str) -> tuple[Line, ...]:
    """``{task: {minimum: 0.8}}`` or ``{task: 80 %}`` as lines; ValueError if there is none."""
    if not isinstance(quality, Mapping):
        raise ValueError(f"{where}: quality is {quality!r}; expected tasks with thresholds")
    found = []
    for name, value in quality.items():
        given = value if isinstance(value, Mapping) else {"minimum": value}
        for kind, threshold in given.items():
            kind = known("threshold", str(kind), KINDS)
            if threshold is not None:
                amount = _fraction(threshold, f"{where}: quality: {name}: {kind}")
                found.append(Line(task=task(str(name)).name, kind=kind, value=amount))  # type: ignore[arg-type]
    if not found:
        example = "quality: {shop_math: {minimum: 80 %}}"
        raise ValueError(f"{where}: the SLA sets no line on quality, so there is nothing to race for; add {example}")
    return tuple(found)


def _fraction(given: object, where: str) -> float:
    text = str(given).strip()
    try:
        value = math.nan if isinstance(given, bool) else float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        hint = f' (did you mean "{value:g} %"?)' if 1 < value <= 100 else ""
        raise ValueError(f'{where} is {given!r}; give a fraction from 0 to 1 or a percentage like "75 %"{hint}')
    return value
