"""Text of models and users made fit to print: no control characters, no turned reading direction, no piles of marks."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

LONGEST_TEXT = 4_000  # characters: more of one answer helps no reader
MOST_MARKS = 3  # combining marks on one letter
# What moves or hides other text: bidirectional overrides and isolates, zero-width characters, private use, halves.
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(value: Any) -> Any:
    """Every text inside plain data, cleaned; everything else as it is."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {key: clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [clean(part) for part in value]
    return value


def clean_text(text: str) -> str:
    """At most LONGEST_TEXT characters, without what would change how the rest of the page reads."""
    shown = text
    if not (text.isascii() and text.isprintable()):
        shown = _few_marks(_HIDDEN.sub("", _CONTROL.sub("", text)))
    return shown if len(shown) <= LONGEST_TEXT else shown[:LONGEST_TEXT] + " …"


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    out, run = [], 0
    for letter in text:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run <= MOST_MARKS:
            out.append(letter)
    return "".join(out)
