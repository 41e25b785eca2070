"""Amounts as people write them → numbers, or a message that says what is wrong with them."""

from __future__ import annotations

import math
import re
from typing import Any

CURRENCIES = "€£¥₹₩₽"
ZERO_WORDS = ("free", "gratis", "none", "zero", "n/a", "tbd", "unknown", "")


def number(field: str, value: Any, *, unit: str = "a number") -> float:
    """``value`` as a finite number: 1e6, 1_000_000, 1,000,000, $1.20. Raises ValueError naming ``field``.

    A decimal comma, another currency and words such as "free" are refused, each with what to write instead.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{field} is {value!r}; give {unit}")
    text = str(value).strip()
    if text.lower() in ZERO_WORDS:
        unpriced = ", or leave it out: no price means unpriced, never free" if "dollar" in unit else ""
        raise ValueError(f"{field} is {value!r}; give {unit}{unpriced}")
    if any(sign in text for sign in CURRENCIES) or re.search(r"\b(eur|gbp|inr|jpy)\b", text.lower()):
        convert = "prices here are US dollars: convert it and give" if "dollar" in unit else "without a currency, give"
        raise ValueError(f"{field} is {value!r}; {convert} {unit}")
    cleaned = text.removeprefix("$").replace("_", "").strip()
    groups = cleaned.split(",")
    if len(groups) > 1:
        if not (groups[0].lstrip("+-").isdigit() and all(re.fullmatch(r"\d{3}(\.\d+)?", g) for g in groups[1:])):
            raise ValueError(f"{field} is {value!r}; give {unit} with a decimal point, not a comma")
        cleaned = "".join(groups)
    try:
        amount = float(cleaned)
    except ValueError as error:
        raise ValueError(f"{field} is {value!r}; give {unit} such as 1e6 or 1.25, with a decimal point") from error
    if not math.isfinite(amount):
        raise ValueError(f"{field} is {value!r}; give a finite number")
    return amount


def within(field: str, value: Any, low: float, high: float, *, unit: str = "a number") -> float:
    """:func:`number` from ``low`` to ``high``, both allowed. Raises ValueError."""
    amount = number(field, value, unit=unit)
    if not low <= amount <= high:
        raise ValueError(f"{field} is {value!r}; give {unit} from {low:g} to {high:,g}")
    return amount
