"""Plain Python data as JSON and back, type for type: a tuple stays a tuple, 1 stays apart from True.

Anything else (an instance of a class the program wrote, say one that is equal to everything) crosses the wall only as
the name of its type, so nothing a program returns can decide how it is compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Opaque:
    """Stands for a returned object that is not plain data; equal to no plain value."""

    type_name: str


def encode(value: object) -> Any:
    """JSON for ``value``. Raises RecursionError on cycles and on very deep nesting."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}  # type: ignore[arg-type]
    if kind is list:
        return [encode(each) for each in value]  # type: ignore[attr-defined]
    if kind in (tuple, set, frozenset):
        return {kind.__name__: [encode(each) for each in value]}  # type: ignore[attr-defined]
    if kind is dict:
        return {"dict": [[encode(k), encode(v)] for k, v in value.items()]}  # type: ignore[attr-defined]
    if kind is bytes:
        return {"bytes": value.hex()}  # type: ignore[attr-defined]
    if isinstance(value, Opaque):
        return {"object": value.type_name}
    return {"object": str(kind.__name__)[:100]}


def decode(data: Any) -> object:
    """The value ``encode`` was given. Raises ValueError, TypeError or RecursionError on anything else."""
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [decode(each) for each in data]
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("not an encoded value")
    [(tag, body)] = data.items()
    if tag in ("float", "bytes", "object") and not isinstance(body, str):
        raise ValueError(f"{tag} without text")
    if tag in ("tuple", "set", "frozenset", "dict") and not isinstance(body, list):
        raise ValueError(f"{tag} without a list")
    match tag:
        case "float":
            return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[body]
        case "bytes":
            return bytes.fromhex(body)
        case "object":
            return Opaque(body)
        case "tuple":
            return tuple(decode(each) for each in body)
        case "set":
            return {decode(each) for each in body}
        case "frozenset":
            return frozenset(decode(each) for each in body)
        case "dict":
            return {decode(k): decode(v) for k, v in body}
    raise ValueError(f"unknown tag {tag!r}")
