"""Who may do what on a team's server, as ``roles.yaml`` in the product's home says.

``editors`` may change things; ``viewers``, if given, are the only others who may look. An entry is an address or
``@company.com`` for everybody there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from decisions.fields import BadInput, Fields, read_mapping

Role = Literal["editor", "viewer", "stranger"]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """``viewers`` None: everybody who signs in may look."""

    editors: tuple[str, ...] = ()
    viewers: tuple[str, ...] | None = None

    def of(self, email: str) -> Role:
        """The role of an address, letters' case ignored; "" is nobody."""
        if not email:
            return "stranger"
        if _listed(email, self.editors):
            return "editor"
        return "viewer" if self.viewers is None or _listed(email, self.viewers) else "stranger"


def team_mode(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this server has more than one user: ``BITBUDGET_TEAM=on``."""
    return environment.get("BITBUDGET_TEAM", "").lower() in ("on", "1", "yes", "true")


def read_roles(file: Path) -> Roles:
    """Nobody edits where the file is missing. Raises BadInput naming file and field."""
    if not file.exists():
        return Roles()
    fields = Fields(read_mapping(file), str(file))
    roles = Roles(editors=fields.names("editors", ()), viewers=fields.names("viewers", None))
    fields.done()
    for entry in (*roles.editors, *(roles.viewers or ())):
        if "@" not in entry:
            raise BadInput(f"{file}: {entry!r} is no address; write anna@company.com or @company.com")
    return roles


def audit(file: Path, *, who: str, action: str, subject: str, outcome: str) -> None:
    """Append one line of JSON: when, who, what, on what, done or refused."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who,
        "action": action,
        "subject": subject[:200],
        "outcome": outcome,
    }
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def _listed(email: str, entries: Iterable[str]) -> bool:
    given: Any = email.casefold()
    return any(given == entry or (entry[:1] == "@" and given.endswith(entry)) for entry in map(str.casefold, entries))
