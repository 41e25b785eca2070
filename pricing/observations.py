"""Measured speed from CSV files, as predictions see it. Rows left out are counted by reason."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pricing import lookup
from pricing.accelerators import Accelerator
from pricing.formats import Format
from pricing.models import Model

MOST_CARDS = 16  # beyond it prompts and decoding are served by groups of their own
SAME_TIMES = 3  # digits to which two rows of one configuration are one measurement
# A token takes at most this share of its time with 1/16 to 1/2 of the clients: no closed loop of all of them does that.
FASTER_UNDER_LOAD = 0.75
# Rows that their own neighbours contradict, from the file's notes: (GPU, cards, quant, phase, generated tokens).
WRONG_ROWS = {
    ("m1-7‑core-gpu-8gb", 1, "q4_k_m", "decode", 4096.0): "faster at 4,096 tokens than at 512",
    ("a100-sxm-80gb", 1, "f16", "prompt", None): "A100 SXM at a tenth of the PCIe card",
    ("a100-sxm-80gb", 4, "*", "*", None): "4 × A100 SXM slower than 4 × PCIe: a broken machine",
    ("rtx-5000-ada-32gb", 4, "f16", "prompt", None): "half the speed of its own Q4 row",
    ("l40s-48gb", 1, "f16", "prompt", None): "a third of the speed of its own Q4 row",
}
QUEUE_MEASURED = "a token is faster than with half the clients; fewer were let in at once"
THROUGHPUT_COLUMNS = frozenset({"model", "quant", "gpu", "n_gpu", "phase", "tok_s"})
LATENCY_COLUMNS = frozenset({"model", "quant", "gpu", "n_gpu", "tpot_ms", "ttft_ms", "isl", "osl", "load"})


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One measured row. ``phase`` is decode (seconds per token at ``batch``), loop (``batch`` clients in a closed
    loop: seconds per token, and to the first), open (``arrivals_per_s``, otherwise as loop), run (whole run over
    generated tokens) or prompt (seconds a prompt).

    ``engine`` is the engine class, ``family`` the server with constants of its own. ``seconds`` is None where the
    measurement ran out of memory.
    """

    phase: str
    model: Model
    format: Format
    accelerator: Accelerator
    gpu: str
    count: int
    engine: str
    engine_label: str
    prompt_tokens: float
    output_tokens: float
    batch: float
    seconds: float | None
    first_token_s: float | None = None
    family: str = ""
    arrivals_per_s: float | None = None


@dataclass
class Observed:
    """Usable rows, and how many were left out for which reason."""

    rows: list[Observation] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def number(text: str | None) -> float | None:
    """A finite number or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def table(path: Path) -> tuple[list[dict[str, str]], frozenset[str]]:
    """Rows and column names of a CSV; short rows are filled up with empty cells. Raises ValueError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            rows = [{key: value for key, value in row.items() if isinstance(value, str)} for row in reader]
            return rows, frozenset(reader.fieldnames or ())
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not text in UTF-8: {error}; save it as CSV in UTF-8") from error


def read(path: Path) -> Observed:
    """Rows of a throughput file (phase, tok_s) or a latency file (tpot_ms, ttft_ms). Raises ValueError."""
    rows, columns = table(path)
    if columns >= THROUGHPUT_COLUMNS:
        convert = _throughput
    elif columns >= LATENCY_COLUMNS:
        convert = _latency
    else:
        wanted = "model, quant, gpu, n_gpu with phase, tok_s or with isl, osl, load, tpot_ms, ttft_ms"
        raise ValueError(f"{path.name} has the columns {', '.join(sorted(columns))}; expected {wanted}")
    found, seen = Observed(), set()
    for row in rows:
        converted = convert(row)
        if isinstance(converted, str):
            found.skipped[converted] += 1
            continue
        key = _measurement(converted)
        if key in seen:
            found.skipped["same row twice"] += 1
            continue
        seen.add(key)
        found.rows.append(converted)
    for odd in impossible(found.rows):
        found.rows.remove(odd)
        found.skipped[f"wrong in the source: {QUEUE_MEASURED}"] += 1
    return found


def _measurement(row: Observation) -> tuple[object, ...]:
    """What makes two rows one measurement: the configuration, and times equal to three digits."""
    times = tuple(f"{value or 0:.{SAME_TIMES}g}" for value in (row.seconds, row.first_token_s))
    what = (row.phase, row.model.name, row.format.label, row.accelerator.name, row.count, row.family)
    label = "" if row.phase == "loop" else row.engine_label
    return (*what, label, row.prompt_tokens, row.output_tokens, row.batch, row.arrivals_per_s, times)


def impossible(rows: Iterable[Observation]) -> list[Observation]:
    """Closed-loop rows whose token time contradicts the same deployment with half the clients or fewer: the server
    let fewer in at once than the row says, so it measures its queue."""
    groups: dict[tuple[object, ...], list[Observation]] = defaultdict(list)
    for row in rows:
        if row.phase == "loop" and row.seconds:
            what = (row.model.name, row.format.label, row.accelerator.name, row.count, row.family)
            groups[(*what, row.prompt_tokens, row.output_tokens)].append(row)
    found = []
    for group in groups.values():
        for row in group:
            fewer = [one.seconds or 0.0 for one in group if row.batch / 16 <= one.batch <= row.batch / 2]
            if fewer and (row.seconds or 0.0) < FASTER_UNDER_LOAD * min(fewer):
                found.append(row)
    return found


def _identify(row: dict[str, str], kind: str) -> tuple[Model, Format, Accelerator] | str:
    """Model, format and accelerator of a row, or why it is left out."""
    if row["gpu"].upper().startswith("UNSTATED"):
        return "GPU not stated"
    shape = lookup.model(row["model"], number(row.get("params_b")))
    if shape is None:
        return "model not in the tables"
    card = lookup.accelerator(row["gpu"], row.get("note", ""))
    if card is None:
        return "GPU not in the tables"
    stored = lookup.quantization(row["quant"], shape, kind)
    if stored is None:
        return "quantization not in the tables"
    return shape, stored, card


def _cards(row: dict[str, str]) -> int | str:
    count = number(row["n_gpu"]) or 1.0
    if count != int(count) or count < 1:
        return "not a whole number of cards"
    return int(count)


def _wrong(row: dict[str, str], count: int, phase: str, tokens: float | None) -> str:
    for (gpu, cards, quant, kind, generated), why in WRONG_ROWS.items():
        same = gpu == row["gpu"].lower().replace(" ", "-") and cards == count
        if same and quant in ("*", row["quant"].lower()) and kind in ("*", phase) and generated in (None, tokens):
            return why
    return ""


def _throughput(row: dict[str, str]) -> Observation | str:
    phase = {"decode": "decode", "prompt": "prompt", "e2e_out": "run"}.get(row["phase"])
    if phase is None:
        return f"phase {row['phase']}"
    label = row.get("engine") or ""
    served = lookup.engine(label)
    if served is None:
        return "engine class not modelled" if phase == "decode" else f"phase {row['phase']}"
    family, engine = served
    identified = _identify(row, engine)
    if isinstance(identified, str):
        return identified if phase == "decode" else f"phase {row['phase']}: {identified}"
    model, stored, card = identified
    count = _cards(row)
    if isinstance(count, str):
        return count if phase == "decode" else f"phase {row['phase']}: {count}"
    prompt, generated = number(row.get("prompt_len")) or 0.0, number(row.get("gen_len"))
    if why := _wrong(row, count, row["phase"], generated):
        return f"wrong in the source: {why}"
    rate, batch = number(row["tok_s"]), number(row.get("batch")) or 1.0
    out_of_memory = row["tok_s"].strip().upper() == "OOM"
    if not out_of_memory and (rate is None or rate <= 0):
        return "no speed"
    tokens = prompt if phase == "prompt" else batch
    return Observation(
        phase=phase,
        model=model,
        format=stored,
        accelerator=card,
        gpu=card.name,
        count=count,
        engine=engine,
        family=family,
        engine_label=label,
        prompt_tokens=prompt,
        output_tokens=generated or 128.0,
        batch=batch,
        seconds=None if rate is None else tokens / rate,
    )


def _latency(row: dict[str, str]) -> Observation | str:
    load, token_ms = number(row["load"]), number(row["tpot_ms"])
    kind = (row.get("load_type") or "concurrency").strip().lower()
    if kind not in ("concurrency", "qps"):
        return f"load is stated as {kind}"
    if load is None or load <= 0:
        return "load without end: how many clients is not stated" if kind == "qps" else "no load"
    if token_ms is None or token_ms <= 0:
        return "no time per token"
    label = row.get("engine") or ""
    family, engine = lookup.engine(label) or ("vllm", "vllm")
    identified = _identify(row, engine)
    if isinstance(identified, str):
        return identified
    model, stored, card = identified
    count = _cards(row)
    if isinstance(count, str):
        return count
    if count > MOST_CARDS:
        return f"more than {MOST_CARDS} cards: prompts and decoding on groups of their own"
    if engine == "vllm" and model.heads % count:
        return "cards that do not divide the heads: prompts and decoding on groups of their own"
    first = number(row["ttft_ms"])
    return Observation(
        phase="loop" if kind == "concurrency" else "open",
        model=model,
        format=stored,
        accelerator=card,
        gpu=card.name,
        count=count,
        engine=engine,
        family=family,
        engine_label=label,
        prompt_tokens=number(row["isl"]) or 1.0,
        output_tokens=number(row["osl"]) or 128.0,
        batch=load if kind == "concurrency" else 1.0,
        arrivals_per_s=load if kind == "qps" else None,
        seconds=token_ms / 1000,
        first_token_s=first / 1000 if first and first > 0 else None,
    )
