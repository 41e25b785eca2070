"""One score of one variant on one task, and where it came from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Literal

Origin = Literal["measured", "imported", "published", "forecast", "illustrative"]
ORIGINS: tuple[Origin, ...] = ("measured", "imported", "published", "forecast", "illustrative")
UNSANDBOXED = "Unsandboxed"  # a note that begins so is shown wherever the score is


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Variant × task × metric → score.

    ``score``, ``low`` and ``high`` are fractions, higher is better; ``low``–``high`` is the 95 % interval, None
    where n is unknown or below 2. ``protocol`` names what must agree for two measurements to be compared:
    task version, prompt, shots, chat template, generation settings, scorer version.
    ``baseline`` names the quantization of the same model it is judged against ("" if the source has none).
    ``limit`` is the limit on items that an imported file states ("" for none). ``archived`` names the file that holds
    the items ("" while the store does).
    """

    model: str
    quantization: str
    task: str
    task_group: str
    metric: str
    score: float
    n_items: int | None
    low: float | None
    high: float | None
    origin: Origin
    protocol: str
    method: str = ""
    bits_per_weight: float | None = None
    weight_bytes: int | None = None
    baseline: str = ""
    source: str = ""
    source_title: str = ""
    source_locator: str = ""
    date: str = ""
    run: str = ""
    hardware: str = ""
    note: str = ""
    seconds: float | None = None
    limit: str = ""
    archived: str = ""

    def __post_init__(self) -> None:
        for name, value in (("score", self.score), ("low", self.low), ("high", self.high)):
            if value is not None and not -1e-9 <= value <= 1 + 1e-9:  # no number is not between them either
                raise ValueError(
                    f"{name} of {self.model} {self.quantization} on {self.task} is {value}; expected 0 to 1"
                )
        if self.n_items is not None and self.n_items < 1:
            raise ValueError(
                f"n_items of {self.model} {self.quantization} on {self.task} is {self.n_items}; expected ≥ 1"
            )
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.model} {self.quantization} on {self.task} has half an interval")
        if self.origin not in ORIGINS:
            raise ValueError(f"origin {self.origin!r} is not one of {', '.join(ORIGINS)}")

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Measurement:
        """As the constructor, given a value for every field, in a third of its time: an overview may hold ten thousand.

        Keeps ``fields``. Raises TypeError if one is missing or of no field, ValueError as the constructor does.
        """
        if fields.keys() != cls.__dataclass_fields__.keys():
            wrong = sorted(fields.keys() ^ cls.__dataclass_fields__.keys())
            raise TypeError(f"not the fields of a measurement: {', '.join(wrong)}")
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", fields)
        made.__post_init__()
        return made

    @property
    def variant(self) -> str:
        """``model @ quantization``."""
        return f"{self.model} @ {self.quantization}"


def items_differ(first: Measurement, second: Measurement) -> str:
    """How the items of two imported scores differ, with both values; "" where they do not or one was measured here."""
    if not first.origin == second.origin == "imported":
        return ""
    counted = [("" if m.n_items is None else f"{m.n_items:,} items") for m in (first, second)]
    if first.limit != second.limit:
        limits = [f"limit {m.limit}" if m.limit else "no limit" for m in (first, second)]
        one, two = (", ".join(part for part in both if part) for both in zip(limits, counted, strict=True))
        return f"limit differs ({one}, against {two})"
    if first.n_items is None or second.n_items is None or first.n_items == second.n_items:
        return ""
    return f"number of items differs ({first.n_items:,} against {second.n_items:,})"


def unsandboxed_note(items_unsandboxed: int) -> str:
    """The stamp on a score for which model-written code ran without a sandbox; "" if none did."""
    return f"{UNSANDBOXED}: the code of {items_unsandboxed} answers ran without a sandbox" if items_unsandboxed else ""


def archived_note(file: str) -> str:
    """Where the items of a score are, and how they come back; "" while the store has them."""
    return f"items archived in {file}; bring them back with: {restore_command(file)}" if file else ""


def restore_command(file: str) -> str:
    """How archived items come back."""
    return f"python -m evals archive --restore {shlex.quote(file)}"
