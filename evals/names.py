"""Names a user typed, answered with the nearest valid one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UnknownName(ValueError):
    """A name that is not on its list."""


def known(kind: str, given: str, valid: Iterable[str]) -> str:
    """The valid spelling of ``given`` (case ignored); otherwise ``UnknownName`` with the nearest ones."""
    names = list(valid)
    by_folded = {name.casefold(): name for name in names}
    if given.casefold() in by_folded:
        return by_folded[given.casefold()]
    near = get_close_matches(given.casefold(), by_folded, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(by_folded[n] for n in near)}?" if near else f"choose from {', '.join(names)}"
    raise UnknownName(f"unknown {kind} {given!r}: {hint}")
