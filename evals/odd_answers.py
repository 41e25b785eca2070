"""Answers that are no answers: empty, endless, or holding bytes that are no text. They are counted, never hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_ANSWER = 100_000  # characters that are kept of one
REPLACEMENT = "\ufffd"
_HALF = re.compile("[\ud800-\udfff]")
_CUT = re.compile(r"… \[cut: [\d,]+ characters\]$")


def kept_answer(text: str) -> str:
    """The answer as it is stored: half characters replaced, a runaway cut with its length named."""
    whole = _HALF.sub(REPLACEMENT, text)
    return whole if len(whole) <= LONGEST_ANSWER else f"{whole[:LONGEST_ANSWER]}… [cut: {len(whole):,} characters]"


def odd_words(answers: Iterable[str]) -> str:
    """How many stored answers are empty, runaway or not all text; "" if none."""
    empty = runaway = no_text = 0
    for answer in answers:
        empty += not answer.strip()
        runaway += bool(_CUT.search(answer[-60:]))
        no_text += REPLACEMENT in answer
    told = (
        (empty, "empty"),
        (runaway, f"runaway, cut after {LONGEST_ANSWER:,} characters"),
        (no_text, f"with bytes that are no text, shown as {REPLACEMENT}"),
    )
    return "; ".join(f"{n:,} {'answer' if n == 1 else 'answers'} {words}" for n, words in told if n)
