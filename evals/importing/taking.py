"""Reading and keeping in one step: what the command and the page call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evals.importing.discovery import RefusedFile, read_paths
from evals.importing.imported import ImportedRun
from evals.importing.keeping import imported_run, keep
from evals.importing.labels import known_label
from evals.store import Store, shared_store

AGAIN = "already imported"
NO_HARDWARE = (
    "the report does not say on which hardware; say it with --hardware '1x H100', and it can decide on latency there"
)


@dataclass(frozen=True, kw_only=True)
class TakenRun:
    """A run that is now in the store. ``tasks`` are names with their number of items, None where not stated."""

    id: str
    model: str
    quantization: str
    tasks: tuple[tuple[str, int | None], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What an import did."""

    runs: tuple[TakenRun, ...]
    refused: tuple[RefusedFile, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        runs = [
            {**asdict(r), "tasks": [{"task": task, "n": n} for task, n in r.tasks], "warnings": list(r.warnings)}
            for r in self.runs
        ]
        return {"runs": runs, "refused": [asdict(r) for r in self.refused]}


def take(
    paths: Iterable[Path],
    *,
    quantization: str | None = None,
    model: str | None = None,
    task_group: str = "",
    sample: int | None = None,
    hardware: str = "",
    store: Store | None = None,
) -> Taken:
    """Read files and folders and keep their runs, file by file; of a CSV ``sample`` items a task, if given.
    ``hardware`` (``2x H100``) is what speeds were measured on.

    Raises ValueError for an unknown quantization and for a sample below 1.
    """
    if sample is not None and sample < 1:
        raise ValueError(f"sample is {sample}; keep at least 1 item or leave it out for all")
    label = known_label(quantization) if quantization is not None else None
    store = store or shared_store()
    reading = read_paths(paths, label, model, sample)
    runs: dict[str, TakenRun] = {}
    refused = list(reading.refused)
    for read in reading.files:
        found = tuple(_placed(run, " ".join(hardware.split())[:80]) for run in read)
        try:
            kept = keep(found, store, task_group=task_group)
        except (ValueError, OSError) as error:
            refused.append(RefusedFile(file=found[0].files[0], reason=str(error)))
            continue
        for run, (_, fresh) in zip(found, kept, strict=True):
            runs.setdefault(run.id, _taken(run, fresh, store))
    return Taken(runs=tuple(runs.values()), refused=tuple(refused))


def _placed(run: ImportedRun, hardware: str) -> ImportedRun:
    """A run of speeds with the hardware they were measured on, or a note that it is not known."""
    if not run.speeds:
        return run
    if hardware:
        return replace(run, hardware=hardware)
    return replace(run, warnings=(*run.warnings, NO_HARDWARE))


def _taken(run: ImportedRun, fresh: bool, store: Store) -> TakenRun:
    before = None if fresh else imported_run(run.id, store)
    speeds: Sequence[tuple[str, int | None]] = [(f"speed, {speed.load}", speed.successful) for speed in run.speeds]
    warnings = run.warnings
    if before is not None:
        other = [f" as {before.quantization}"] if before.quantization != run.quantization else []
        if run.speeds and run.hardware not in ("", before.hardware):
            other.append(f" on {before.hardware or 'unknown hardware'}")
        how = f"{''.join(other)}; forget it first to change that" if other else ""
        warnings = (AGAIN + how, *before.warnings)
    return TakenRun(
        id=run.id,
        model=before.model if before else run.model,
        quantization=before.quantization if before else run.quantization,
        tasks=(*((task.task, task.n) for task in run.tasks), *speeds),
        warnings=warnings,
    )
