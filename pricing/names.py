"""Names as people write them → names as the tables spell them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping


class UnknownName(ValueError):
    """A name that no table knows; the message carries the nearest valid ones."""


def folded(name: str) -> str:
    """Lower case, organisation prefix dropped, spaces and underscores as hyphens."""
    return re.sub(r"[\s_]+", "-", name.strip().rsplit("/", 1)[-1].lower())


def index(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Folded name or alias → canonical name. Raises ValueError where two entries claim one name."""
    found: dict[str, str] = {}
    for canonical, aliases in entries:
        for name in (canonical, *aliases):
            key = folded(name)
            if found.setdefault(key, canonical) != canonical:
                raise ValueError(f"the name {name!r} belongs to both {found[key]} and {canonical}")
    return found


def resolve(name: str, known: Mapping[str, str], *, what: str, hint: str = "") -> str:
    """Canonical name of ``name``. Raises UnknownName with the nearest valid names."""
    key = folded(name) if isinstance(name, str) else ""
    if key in known:
        return known[key]
    near = difflib.get_close_matches(key, known, n=8, cutoff=0.5)
    nearest = list(dict.fromkeys(known[match] for match in near))[:3]
    advice = f"nearest: {', '.join(nearest)}" if nearest else f"known: {', '.join(sorted(set(known.values()))[:8])} …"
    raise UnknownName(f"unknown {what} {name!r}; {advice}{hint}")
