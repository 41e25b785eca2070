"""Text of models and users made fit to print: what would act on other text is shown by its code, as [U+202E]."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

LONGEST_TEXT = 4_000  # characters: more of one answer helps no reader
MOST_MARKS = 3  # combining marks on one letter
# What moves or hides other text: bidirectional overrides and isolates, zero-width characters, private use, halves.
# Control characters too, among them the escape that begins a terminal's colour code.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff\ud800-\udfff\ufffe\uffff]"
)


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
    shown = visible(text)
    return shown if len(shown) <= LONGEST_TEXT else shown[:LONGEST_TEXT] + " …"


def visible(text: str) -> str:
    """The text with the codes of characters that nobody sees and that move or hide others."""
    if text.isascii() and text.isprintable():
        return text
    return _few_marks(_UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n")))


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    out, run = [], 0
    for letter in text:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run <= MOST_MARKS:
            out.append(letter)
    return "".join(out)
