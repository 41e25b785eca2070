"""Reading hand-written YAML and JSON: a complaint names file, field and value, and what would be valid."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

REQUIRED: Any = object()


class BadInput(ValueError):
    """A file, field or name that cannot be used; the message is one line and says what would be."""


def nearest(given: str, valid: Iterable[str]) -> str:
    """``did you mean a or b?``, or the list to choose from."""
    folded = {name.casefold(): name for name in valid}
    close = get_close_matches(str(given).casefold(), folded, n=2, cutoff=0.4)
    if close:
        return f"did you mean {' or '.join(folded[name] for name in close)}?"
    return f"choose from {', '.join(list(folded.values())[:12])}" if folded else "nothing to choose from"


def one_of(kind: str, given: object, valid: Iterable[str], where: str) -> str:
    """``given`` if it is valid (case ignored), in its valid spelling."""
    names = list(valid)
    for name in names:
        if name.casefold() == str(given).casefold():
            return name
    raise BadInput(f"{where}: {kind} {given!r} is not known; {nearest(str(given), names)}")


def read_mapping(path: Path) -> Mapping[str, Any]:
    """The mapping at the top of a YAML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadInput(f"{path}: cannot be read ({reason}); give a YAML or JSON file") from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, where: str) -> Mapping[str, Any]:
    """YAML (of which JSON is a part) holding a mapping."""
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", getattr(error, "lineno", 1) - 1) + 1
        raise BadInput(f"{where}: line {line} is not valid YAML or JSON") from error
    if not isinstance(value, Mapping):
        raise BadInput(f"{where}: expected fields with values, got {type(value).__name__}")
    return value


class Fields:
    """The fields of one mapping, taken one by one; ``done`` complains of what nobody asked for."""

    def __init__(self, values: Mapping[str, Any] | object, where: str) -> None:
        if not isinstance(values, Mapping):
            raise BadInput(f"{where}: expected fields with values, got {values!r}")
        self.values = {str(name): value for name, value in values.items()}
        self.where = where
        self.asked: list[str] = []

    def take(self, name: str, default: Any = REQUIRED) -> Any:
        """The raw value; a field left empty counts as absent."""
        self.asked.append(name)
        value = self.values.get(name)
        if value is None:
            if default is REQUIRED:
                raise BadInput(f"{self.where}: {name} is missing")
            return default
        return value

    def text(self, name: str, default: Any = REQUIRED) -> Any:
        """A word or sentence."""
        value = self.take(name, default)
        if value is not default and not isinstance(value, str | int | float):
            raise BadInput(f"{self.where}: {name} is {value!r}; expected text")
        return value if value is default else str(value)

    def number(self, name: str, low: float, high: float, default: Any = REQUIRED, *, whole: bool = False) -> Any:
        """A finite number from ``low`` to ``high``; ``1_000_000`` and ``$2,000`` are read as such."""
        value = self.take(name, default)
        if value is default:
            return default
        parsed = _parse_number(value)
        if parsed is None or not low <= parsed <= high or (whole and parsed != int(parsed)):
            kind = "a whole number" if whole else "a number"
            raise BadInput(f"{self.where}: {name} is {value!r}; give {kind} from {low:,g} to {high:,g}")
        return int(parsed) if whole else parsed

    def fraction(self, name: str, default: Any = REQUIRED) -> Any:
        """A share as 0.75 or "75 %"."""
        value = self.take(name, default)
        if value is default:
            return default
        percent = isinstance(value, str) and value.strip().endswith("%")
        parsed = _parse_number(str(value).strip().rstrip("%") if percent else value)
        if parsed is not None and percent:
            parsed /= 100
        if parsed is None or not 0 <= parsed <= 1:
            hint = (
                f' (did you mean "{parsed:g} %"?)' if parsed is not None and 1 < parsed <= 100 and not percent else ""
            )
            raise BadInput(
                f'{self.where}: {name} is {value!r}; give a fraction from 0 to 1 or a percentage like "75 %"{hint}'
            )
        return parsed

    def names(self, name: str, default: Any = REQUIRED) -> Any:
        """A list of texts."""
        value = self.take(name, default)
        if value is default:
            return default
        if not isinstance(value, list) or not all(isinstance(part, str | int | float) for part in value):
            raise BadInput(f"{self.where}: {name} is {value!r}; expected a list of names")
        return tuple(str(part) for part in value)

    def labels(self, name: str, default: Any = REQUIRED) -> Any:
        """Names with their short labels, or a plain list of names labelled by themselves."""
        value = self.take(name, default)
        if value is default:
            return default
        if isinstance(value, list):
            return {str(part): str(part) for part in value}
        if not isinstance(value, Mapping):
            raise BadInput(f"{self.where}: {name} is {value!r}; expected names with labels")
        return {str(key): str(label) for key, label in value.items()}

    def section(self, name: str, default: Any = REQUIRED) -> Fields:
        """A mapping inside this one."""
        return Fields(self.take(name, default), f"{self.where}: {name}")

    def sections(self, name: str) -> list[Fields]:
        """A list of mappings, none where it is left out."""
        value = self.take(name, [])
        if not isinstance(value, list):
            raise BadInput(f"{self.where}: {name} is {value!r}; expected a list of fields with values")
        return [Fields(part, f"{self.where}: {name} {i + 1}") for i, part in enumerate(value)]

    def done(self) -> None:
        """Complain of the first field nobody asked for."""
        for name in self.values:
            if name not in self.asked:
                raise BadInput(f"{self.where}: unknown field {name!r}; {nearest(name, self.asked)}")


def _parse_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        parsed = float(value.replace(",", "").replace("_", "").replace("$", "") if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return parsed if math.isfinite(parsed) else None
