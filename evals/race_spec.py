"""A race as it is written down: who runs in which order, for which lines, on which items."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals.models import model
from evals.plan import Cell, cell_of, chosen_items
from evals.quantizations import BASELINES, quantization
from evals.race import CHUNK, Entrant, Race
from evals.race_check import Line
from evals.statistics.sequential import check_alpha
from evals.tasks import items, task

BASELINE = BASELINES[0]


@dataclass(frozen=True, kw_only=True)
class RaceSpec:
    """``candidates`` are ``MODEL@QUANTIZATION``, cheapest first; ``weights`` what one call of each costs, any unit.

    ``limit`` items a task (None: all), drawn and ordered by ``seed``.
    """

    candidates: tuple[str, ...]
    lines: tuple[Line, ...]
    limit: int | None = None
    seed: int = 1
    alpha: float = 0.05
    chunk: int = CHUNK
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if not self.candidates:
            raise ValueError("the race has no candidate; name models and quantizations, or an order with some")
        if self.seed < 1:
            raise ValueError(f"seed of the race is {self.seed}; its items are shuffled: give 1 or more")
        if self.limit is not None and self.limit < 2:
            raise ValueError(f"limit of the race is {self.limit}; give at least 2 items or leave it out for all")

    def checked(self) -> RaceSpec:
        """The same with every name in its catalogue spelling; unknown names are answered with the nearest."""
        names = {given: variant_id(*split_id(given)) for given in self.candidates}
        weights = {names.get(given, given): weight for given, weight in self.weights.items()}
        changed = {"candidates": tuple(dict.fromkeys(names.values())), "weights": weights}
        return RaceSpec(**{**vars(self), **changed})

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of the lines, each once."""
        return tuple(dict.fromkeys(line.task for line in self.lines))

    def race(self) -> Race:
        """A fresh race, nothing answered yet."""
        entrants = [
            Entrant(id=c, baseline=variant_id(split_id(c)[0], BASELINE), weight=self.weights.get(c, 1.0))
            for c in self.candidates
        ]
        pools = {}
        for name in self.tasks:
            what = task(name)
            listed = items(what.config["metadata"]["items"])
            pools[name] = [listed[index]["id"] for index in chosen_items(what, self.limit, self.seed)]
        return Race(
            entrants, self.lines, pools, alpha=self.alpha, chunk=self.chunk, baseline_weights=dict(self.weights)
        )

    def cells(self) -> list[Cell]:
        """One for each candidate or baseline and task, in the order of the race."""
        return [
            cell_of(model(split_id(v)[0]), quantization(split_id(v)[1]), task(name), self.limit)
            for v in self.race().variants
            for name in self.tasks
        ]

    def plan(self) -> dict[str, Any]:
        """As a run stores it: what any run's plan says, and the race."""
        parts = [split_id(candidate) for candidate in self.candidates]
        return {
            "models": list(dict.fromkeys(model for model, _ in parts)),
            "quantizations": list(dict.fromkeys(label for _, label in parts)),
            "tasks": list(self.tasks),
            "limit": self.limit,
            "seed": self.seed,
            "name": "race",
            "race": asdict(self),
        }


def spec_from(plan: Mapping[str, Any]) -> RaceSpec:
    """What ``RaceSpec.plan`` stored."""
    given = dict(plan["race"])
    given["lines"] = tuple(Line(**line) for line in given["lines"])
    return RaceSpec(**{**given, "candidates": tuple(given["candidates"])})


def split_id(variant: str) -> tuple[str, str]:
    """Model and quantization of ``MODEL@QUANTIZATION``; ValueError if it is not written so."""
    name, separator, label = (part.strip() for part in variant.rpartition("@"))
    if not (name and separator and label):
        raise ValueError(f"candidate {variant!r} is not written MODEL@QUANTIZATION, such as tiny-1m@{BASELINE}")
    return name, label


def variant_id(name: str, label: str) -> str:
    """``MODEL@QUANTIZATION`` in catalogue spelling; unknown names are answered with the nearest."""
    return f"{model(name).name}@{quantization(label).label}"


def by_size(models: Sequence[str], quantizations: Sequence[str]) -> tuple[str, ...]:
    """Every variant, the smallest weights first: the order when nobody gives one by price."""
    sizes = {}
    for name in models:
        local = model(name)
        stored = local.size_bytes
        for label in quantizations:
            how = quantization(label)
            sizes[f"{local.name}@{how.label}"] = stored * how.nominal_bits
    return tuple(sorted(sizes, key=lambda variant: sizes[variant]))


def load_order(path: Path) -> tuple[tuple[str, ...], dict[str, float]]:
    """Candidates cheapest first, and weights where given, from a JSON list or lines of ``MODEL@QUANTIZATION[,weight]``.

    JSON: names, or objects with ``id`` and optionally ``weight``. ValueError names file, place and value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ValueError(
            f"{path}: cannot be read ({reason}); give the order as JSON or one candidate a line"
        ) from error
    if text.lstrip().startswith(("[", "{")):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}: is not valid JSON ({error})") from error
        rows = content.get("order") if isinstance(content, dict) else content
        if not isinstance(rows, list):
            raise ValueError(f"{path}: expected a list of candidates, or an object with the list as order")
    else:
        rows = [_row(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    order, weights = [], {}
    for place, row in enumerate(rows, 1):
        name = row.get("id") if isinstance(row, dict) else row
        if not isinstance(name, str):
            raise ValueError(f"{path}: entry {place} is {row!r}; expected MODEL@QUANTIZATION or an object with id")
        order.append(variant_id(*split_id(name)))
        weight = row.get("weight") if isinstance(row, dict) else None
        if weight is not None:
            weights[order[-1]] = _weight(weight, f"{path}: weight of {name}")
    if not order:
        raise ValueError(f"{path}: the order names no candidate; give one MODEL@QUANTIZATION a line")
    return tuple(dict.fromkeys(order)), weights


def _row(line: str) -> dict[str, Any]:
    name, _, weight = line.partition(",")
    return {"id": name.strip(), "weight": weight.strip() or None}


def _weight(given: Any, where: str) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise ValueError(f"{where} is {given!r}; give a number, 0 or more")
    return value
