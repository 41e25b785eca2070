"""Models of one's own that were looked at before, so that screens can offer them: folders, files and Hub ids."""

from __future__ import annotations

import yaml

from data.files import write_atomically
from evals.home import home
from evals.models import evaluable

FILE = "models.yaml"
MOST = 50


def remembered() -> list[str]:
    """Names that can still be evaluated, the newest first."""
    path = home() / FILE
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    except yaml.YAMLError:
        return []
    return [name for name in found if isinstance(name, str) and _is_there(name)] if isinstance(found, list) else []


def remember(name: str) -> None:
    """Put a name first."""
    kept = [name, *(each for each in remembered() if each != name)][:MOST]
    write_atomically(home() / FILE, yaml.safe_dump(kept, allow_unicode=True))


def _is_there(name: str) -> bool:
    try:
        evaluable(name)
    except ValueError:
        return False
    return True
