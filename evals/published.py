"""Published scores as measurements: what other people measured, each with its source.

Reads the tables in ``data/published/`` (described in its README). Scores of one source, task, metric and number of
shots share a ``protocol``; only those may be compared as like with like.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from evals.home import ROOT
from evals.measurements import Measurement
from evals.names import known
from evals.statistics.intervals import interval_from_summary

FOLDER = ROOT / "data" / "published"
API_QUANTIZATION = "api"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a published score was read. ``terms`` is its licence, or says that none is stated."""

    id: str
    title: str
    organization: str
    year: str
    locator: str
    terms: str
    notes: str


@dataclass(frozen=True, kw_only=True)
class ApiModel:
    """A model sold by the token: the name its scores stand under, and its provider and model in the price list.

    ``snapshot`` is the version the scores belong to. ``available_until`` is the day the provider turns it off,
    None where no such day was found; ``availability_source`` says where that was read.
    """

    name: str
    pricing_provider: str
    pricing_model: str
    snapshot: str = ""
    available_until: date | None = None
    availability_source: str = ""

    def available(self, on: date) -> bool:
        """Whether it can still be bought on that day, as far as is known."""
        return self.available_until is None or on < self.available_until


@lru_cache(maxsize=1)
def sources() -> Mapping[str, Source]:
    """The sources by id."""
    return {row["source_id"]: Source(id=row.pop("source_id"), **row) for row in _rows("sources.csv")}


def source(name: str) -> Source:
    """One source. Raises UnknownName with the nearest ids."""
    return sources()[known("source", name, sources())]


@lru_cache(maxsize=1)
def published_measurements() -> tuple[Measurement, ...]:
    """Every published score: local variants first, then API models (``quantization`` "api").

    Intervals are Wilson's from the published share and item count, None where the source states no count.
    """
    local = (_measurement(row) for row in _rows("results.csv"))
    rented = (_api_measurement(row) for row in _rows("api_models.csv"))
    return (*local, *rented)


@lru_cache(maxsize=1)
def api_models() -> tuple[ApiModel, ...]:
    """The API models with published scores, in the order of the table; retired ones included."""
    found = {
        row["model"]: ApiModel(
            name=row["model"],
            pricing_provider=row["pricing_provider"],
            pricing_model=row["pricing_model"],
            snapshot=row["snapshot"],
            available_until=date.fromisoformat(row["available_until"]) if row["available_until"] else None,
            availability_source=row["availability_source"],
        )
        for row in _rows("api_models.csv")
    }
    return tuple(found.values())


def _measurement(row: Mapping[str, str]) -> Measurement:
    notes = [row["note"]] if row["note"] else []
    if row["bits_basis"] == "nominal":
        notes.append("bits as named, scales not counted")
    return Measurement(
        model=row["model"],
        quantization=row["quantization"],
        method=row["method"],
        bits_per_weight=float(row["bits_per_weight"]) if row["bits_per_weight"] else None,
        weight_bytes=int(row["weight_bytes"]) if row["weight_bytes"] else None,
        baseline=row["baseline"],
        note="; ".join(notes),
        **_common(row),  # type: ignore[arg-type]
    )


def _api_measurement(row: Mapping[str, str]) -> Measurement:
    prompting = "prompted by its own harness, not as the local models were"
    return Measurement(
        model=row["model"],
        quantization=API_QUANTIZATION,
        method="API",
        note="; ".join(part for part in (row["snapshot"], row["note"], prompting) if part),
        **_common(row),  # type: ignore[arg-type]
    )


def _common(row: Mapping[str, str]) -> dict[str, object]:
    origin = sources()[row["source_id"]]
    score = float(row["score"])
    n_items = int(row["n_items"]) if row["n_items"] else None
    interval = interval_from_summary(score, n_items) if n_items else None
    shots = f"{row['shots']}-shot" if row["shots"] else "shots not stated"
    return {
        "task": row["task"],
        "task_group": row["task_group"],
        "metric": row["metric"],
        "score": score,
        "n_items": n_items,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "origin": "published",
        "protocol": f"{origin.id} · {row['task']} · {row['metric']} · {shots}",
        "source": origin.id,
        "source_title": origin.title,
        "source_locator": origin.locator,
        "date": origin.year,
    }


def _rows(name: str, folder: Path = FOLDER) -> Iterator[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
