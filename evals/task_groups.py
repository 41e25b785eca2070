"""The group of any task: a shipped one's own, a well-known benchmark's by its name, otherwise ``other``."""

from __future__ import annotations

from evals.forecast.cells import group_of
from evals.tasks import tasks

OTHER = "other"


def group_of_task(name: str, given: str = "") -> str:
    """``given`` wins; ``gsm8k`` → math, ``humaneval`` → code, ``mmlu`` → knowledge."""
    shipped = tasks().get(name)
    return given or (shipped.group if shipped else group_of(name) or OTHER)
