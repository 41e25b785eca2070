"""A run of another tool as we take it over: values that reading makes and keeping stores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from evals.importing.refusal import Refused, shortened
from evals.statistics.intervals import Interval

Tool = Literal["lm-eval", "inspect", "guidellm", "csv"]
MOST_PROMPT, MOST_EXPECTED, MOST_OUTPUT = 4_000, 1_000, 8_000  # characters of one item that are kept
MOST_NAME = 80
PREFIX = "imp-"  # of every id


@dataclass(frozen=True, kw_only=True)
class ImportedItem:
    """One scored item. ``item`` identifies the question over runs; the hashes tell whether it was asked alike."""

    item: str
    score: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    prompt_hash: str = ""
    target_hash: str = ""
    prompt: str = ""
    expected: str = ""
    output: str = ""


Items = Callable[[], Iterator[ImportedItem]]


@dataclass(frozen=True, kw_only=True)
class ImportedTask:
    """One task: its score and, if the file has them, its items, read anew by every call of ``items``.

    ``interval`` is that of 95 %. ``protocol`` maps fields that must agree for a comparison to what they say.
    ``n`` None: not stated.
    """

    task: str
    metric: str
    score: float
    n: int | None
    protocol: Mapping[str, str]
    interval: Interval | None = None
    items: Items | None = None
    shape: str = ""  # a hash of how prompts are made, where the file tells
    limit: str = ""

    def __post_init__(self) -> None:
        if self.n is not None and self.n < 1:
            raise Refused(f"task {self.task} has 0 items")
        if not 0 <= self.score <= 1:
            raise Refused(f"score of task {self.task} is {self.score:g}; a score lies between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class ServedSpeed:
    """Latency and throughput of a served model under one load, over its successful requests.

    ``*_p95_low_s`` and ``*_p95_high_s`` hold the 95 % interval of a p95, from percentiles further in and out.
    ``incomplete`` were cut off by the time limit. None where the file does not say or nothing succeeded.
    """

    load: str
    successful: int
    errored: int
    incomplete: int
    concurrency: float | None = None
    e2e_p50_s: float | None = None
    e2e_p95_s: float | None = None
    e2e_p95_low_s: float | None = None
    e2e_p95_high_s: float | None = None
    ttft_p50_s: float | None = None
    ttft_p95_s: float | None = None
    ttft_p95_low_s: float | None = None
    ttft_p95_high_s: float | None = None
    tpot_p50_s: float | None = None
    tpot_p95_s: float | None = None
    tpot_p95_low_s: float | None = None
    tpot_p95_high_s: float | None = None
    requests_per_s: float | None = None
    output_tokens_per_s: float | None = None
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class ImportedRun:
    """One run of one variant. ``id`` is a hash of the files' content, so the same files are the same run."""

    id: str
    tool: Tool
    tool_version: str
    files: tuple[str, ...]
    model: str
    quantization: str
    created: float | None
    tasks: tuple[ImportedTask, ...]
    speeds: tuple[ServedSpeed, ...] = ()
    warnings: tuple[str, ...] = ()
    hardware: str = ""


def content_id(paths: Iterable[Path], *more: str) -> str:
    """``imp-`` and twelve hexadecimal digits of a hash over the files' content."""
    parts = sorted(_hash(path) for path in paths)
    return PREFIX + hashlib.sha256("\n".join([*parts, *more]).encode()).hexdigest()[:12]


def text_hash(text: str) -> str:
    """SHA-256 of a text, as lm-eval takes it."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shown_model(name: object) -> tuple[str, str]:
    """A model's name fit to show, and what was changed about it ("" if nothing).

    ``org/name`` stays; of a longer path the last part remains.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in str(name or "")).split())
    if not text:
        return "unnamed model", "the model has no name"
    if "/" in text or "\\" in text:
        parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..", "~")]
        local = text.startswith(("/", ".", "~")) or "\\" in text or len(parts) > 2
        text = (parts[-1] if local else "/".join(parts)) if parts else "unnamed model"
    if len(text) > MOST_NAME:
        return shortened(text, MOST_NAME), f"the model's name has {len(text)} characters; shortened"
    return text, ""


def texts(item: ImportedItem) -> ImportedItem:
    """The item with its texts cut to what is kept."""
    return replace(
        item,
        prompt=shortened(item.prompt, MOST_PROMPT),
        expected=shortened(item.expected, MOST_EXPECTED),
        output=shortened(item.output, MOST_OUTPUT),
    )
