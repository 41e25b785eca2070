"""``list``: what can be named."""

from __future__ import annotations

from evals.commands.arguments import Json, say
from evals.models import named_models
from evals.quantizations import QUANTIZATIONS
from evals.tasks import tasks


def list_names(as_json: Json = False) -> None:
    """The models, quantizations and tasks that can be named."""
    known = {"models": list(named_models()), "quantizations": list(QUANTIZATIONS), "tasks": list(tasks())}
    say(known, as_json, "\n".join(f"{kind}: {', '.join(names)}" for kind, names in known.items()))
