"""Why a file of another tool is not taken."""

from __future__ import annotations


class Refused(ValueError):
    """The file, or a field in it, cannot be used; the message says which and what would help."""


class NeedsQuantization(Refused):
    """The file does not say which quantization was run."""


def shortened(text: str, most: int) -> str:
    """At most that many characters, the cut marked."""
    return text if len(text) <= most else text[: most - 1] + "…"
