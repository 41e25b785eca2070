"""``docs/quantizations.md``: the catalogue beside what was measured here."""

from __future__ import annotations

from collections.abc import Sequence

from evals.availability import pin
from evals.measurements import Measurement
from evals.quantizations import QUANTIZATIONS
from evals.speeds import SpeedMeasurement

MEMORY = {
    "native": "as stored, or 32 bits where the processor has no 16-bit arithmetic",
    "packed": "stays packed",
    "dequantized": "computed at full width: size saved, memory not",
}
HEAD = """# Quantizations

Written by `python -m evals quantizations --write docs/quantizations.md` from the catalogue and from what was measured
in `BITBUDGET_HOME`. Bits by the format count the codes and scales of one quantized matrix of 4,096 columns. Measured
bits count every tensor that is stored, embeddings and all that is left at 16 bits included: small models, whose
embeddings weigh much, come out well above their format. ONNX files keep what is not quantized at 32 bits. Scores stand
in percent with their 95 % interval; a narrower one was measured on more items.

Measure first, then write: `python -m evals run --plan methods`.
"""
ON_A_GPU = """## On a GPU

None of the CUDA paths had been seen on a GPU when this page was written. `make gpu-check` loads BF16, LLM.int8(), NF4,
GPTQ, AWQ, torchao and HQQ with the same calls on the GPU of a machine, scores the small models there, takes speed and
memory of a random-weight model in the shape of an 8B, and writes all of it with hardware and versions to
`BITBUDGET_HOME/gpu-check.json`. Without a GPU it says that nothing was checked and exits with 2.
"""


def page(measurements: Sequence[Measurement], speeds: Sequence[SpeedMeasurement]) -> str:
    """The page in Markdown."""
    catalogue = [HEAD, "## What can be run\n", *_catalogue(), *_notes(), "", ON_A_GPU]
    parts = [*catalogue, *_accuracy(measurements), *_speeds(speeds)]
    return "\n".join(parts) + "\n"


def _catalogue() -> list[str]:
    rows = ["| label | what it is | format | bits by the format | calibration | applied | runs in | on | packages |"]
    rows.append("|---|---|---|---|---|---|---|---|---|")
    for how in QUANTIZATIONS.values():
        packages = " ".join(f"`{pin(p)}`" for p in how.packages if p not in ("torch", "transformers")) or "none more"
        calibration = "needed" if how.needs_calibration else "no"
        rows.append(
            f"| `{how.label}` | {how.title} | {how.format} | {how.effective_bits:.3g} | {calibration} | "
            f"{how.applied} | {how.engine} ({MEMORY[how.execution]}) | {', '.join(how.devices)} | {packages} |"
        )
    return rows


def _notes() -> list[str]:
    notes: dict[str, list[str]] = {}
    for how in QUANTIZATIONS.values():
        if how.note:
            notes.setdefault(how.note, []).append(f"`{how.label}`")
    return ["", *(f"- {', '.join(labels)}: {note}" for note, labels in notes.items())] if notes else []


def _accuracy(measurements: Sequence[Measurement]) -> list[str]:
    parts: list[str] = ["## What was measured here", ""]
    if not measurements:
        return [*parts, "Nothing yet: `python -m evals run --plan methods`."]
    for model in dict.fromkeys(m.model for m in measurements):
        mine = [m for m in measurements if m.model == model]
        tasks = list(dict.fromkeys(m.task for m in mine))
        groups = {m.task: m.task_group for m in mine}
        found = {(m.quantization, m.task): m for m in mine}
        parts += [f"### {model}", "", f"| quantization | bits | {' | '.join(groups[t] for t in tasks)} |"]
        parts.append("|---" * (2 + len(tasks)) + "|")
        labels = dict.fromkeys(m.quantization for m in mine)
        for label in sorted(labels, key=lambda each: -(_bits(mine, each) or 0.0)):
            bits = _bits(mine, label)
            cells = (_cell(found.get((label, task))) for task in tasks)
            parts.append(f"| `{label}` | {'' if bits is None else f'{bits:.2f}'} | {' | '.join(cells)} |")
        items = sorted({m.n_items for m in mine if m.n_items})
        dates = sorted({m.date for m in mine})
        parts += [
            "",
            f"Score in percent with its 95 % interval; {' or '.join(map(str, items))} items a task; {dates[0]}"
            + (f" to {dates[-1]}." if len(dates) > 1 else "."),
            "",
        ]
    return parts


def _bits(measurements: Sequence[Measurement], label: str) -> float | None:
    return next((m.bits_per_weight for m in measurements if m.quantization == label), None)


def _cell(seen: Measurement | None) -> str:
    if seen is None:
        return "not measured"
    interval = (
        f" ({100 * seen.low:.0f}–{100 * seen.high:.0f})" if seen.low is not None and seen.high is not None else ""
    )
    return f"{100 * seen.score:.1f}{interval}"


def _speeds(speeds: Sequence[SpeedMeasurement]) -> list[str]:
    if not speeds:
        return []
    parts = [
        "## Speed and memory as found",
        "",
        "One request at a time, while another worker may have been busy on the other processors. Small models spend "
        "their time outside the matrices, so nothing here can be carried over to large ones.",
        "",
        "| model | quantization | stored | in memory | beyond that | prompt, tokens/s | output, tokens/s | on |",
        "|---" * 8 + "|",
    ]
    for s in sorted(speeds, key=lambda s: (s.model, -s.stored_bytes)):
        size = " | ".join(_mb(b) for b in (s.stored_bytes, s.memory_bytes, s.working_bytes))
        pace = f"{s.prefill_tokens_per_s:,.0f} | {s.decode_tokens_per_s:,.0f}"
        parts.append(f"| {s.model} | `{s.quantization}` | {size} | {pace} | {s.hardware}, {s.threads} thread(s) |")
    return parts


def _mb(size: int | None) -> str:
    return "not known" if size is None else f"{size / 1e6:.2f} MB"
