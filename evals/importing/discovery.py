"""From files and folders to runs: each file is read by the module of its format, or refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evals.importing.guidellm import is_report, read_report
from evals.importing.imported import ImportedRun
from evals.importing.inspect_logs import is_log, read_archive, read_log
from evals.importing.item_csv import read_item_csv
from evals.importing.lm_eval_results import is_results, read_lm_eval
from evals.importing.lm_eval_samples import TIME
from evals.importing.refusal import Refused
from evals.importing.strict_json import kind, read_json

KINDS = (".json", ".jsonl", ".eval", ".csv", ".tsv")
MOST_FILES = 20_000
FORMATS = "results_*.json of lm-eval, a log of Inspect (.eval, .json), a report of guidellm, or a CSV of item results"


@dataclass(frozen=True, kw_only=True)
class RefusedFile:
    """A file that was not taken, and why."""

    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read. Runs of one file stand together: they are kept together or not at all."""

    files: tuple[tuple[ImportedRun, ...], ...]
    refused: tuple[RefusedFile, ...]


def read_paths(
    paths: Iterable[Path], quantization: str | None = None, model: str | None = None, sample: int | None = None
) -> Reading:
    """Read files and, recursively, folders. ``quantization`` and ``model`` fill in what a file does not say.

    ``sample`` items a task are kept of a CSV.
    """
    every, refused = _listed(paths)
    read: list[tuple[ImportedRun, ...]] = []
    claimed: set[tuple[Path, str]] = set()
    for path in sorted(every, key=lambda p: p.suffix == ".jsonl"):  # samples come last: results files claim them
        if path.suffix == ".jsonl" and {(path.parent, path.name), (path.parent, _time(path))} & claimed:
            continue
        try:
            found = tuple(_read(path, quantization, model, sample))
        except (Refused, OSError) as error:
            refused.append(RefusedFile(file=str(path), reason=str(error)))
            claimed |= {(path.parent, _time(path))} if _time(path) else set()
        except (KeyError, TypeError, AttributeError, IndexError, ValueError, ArithmeticError, MemoryError) as error:
            reason = f"not shaped as its format says ({type(error).__name__})"
            refused.append(RefusedFile(file=str(path), reason=reason))
        else:
            read.append(found)
            claimed |= {(path.parent, name) for run in found for name in run.files}
    return Reading(files=tuple(read), refused=tuple(refused))


def _read(path: Path, quantization: str | None, model: str | None, sample: int | None) -> list[ImportedRun]:
    if path.stat().st_size == 0:
        raise Refused("file is empty")
    if path.suffix == ".eval":
        return [read_archive(path, quantization, model)]
    if path.suffix in (".csv", ".tsv"):
        return read_item_csv(path, quantization, model, sample)
    if path.suffix == ".jsonl":
        raise Refused("samples without their results_*.json, which names model, shots and template; give the folder")
    if path.suffix != ".json":
        raise Refused(f"{path.suffix or 'a file without ending'} is not read; give {FORMATS}")
    value = read_json(path)
    if not isinstance(value, dict):
        raise Refused(f"holds {kind(value)} where an object is expected; give {FORMATS}")
    if is_results(value):
        return [read_lm_eval(path, value, quantization, model)]
    if is_log(value):
        return [read_log(path, value, quantization, model)]
    if is_report(value):
        return [read_report(path, value, quantization, model)]
    raise Refused(f"none of the known formats; give {FORMATS}")


def _listed(paths: Iterable[Path]) -> tuple[list[Path], list[RefusedFile]]:
    """The files meant, each once; a samples file stands for the results file beside it."""
    found: dict[Path, None] = {}
    refused = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in KINDS and p.is_file())
            if not inside:
                refused.append(RefusedFile(file=str(path), reason=f"no file in this folder is {FORMATS}"))
            if len(inside) > MOST_FILES:
                refused.append(RefusedFile(file=str(path), reason=f"{len(inside):,} files; give a smaller folder"))
                continue
            found |= dict.fromkeys(inside)
        elif path.exists():
            found |= {_results_of(path): None}
        else:
            refused.append(RefusedFile(file=str(path), reason="there is no such file or folder"))
    return list(found), refused


def _results_of(path: Path) -> Path:
    time = _time(path) if path.suffix == ".jsonl" else ""
    beside = path.with_name(f"results_{time}.json")
    return beside if time and beside.is_file() else path


def _time(path: Path) -> str:
    """The time that a name of lm-eval carries."""
    found = TIME.search(path.name)
    return found[0] if found else ""
