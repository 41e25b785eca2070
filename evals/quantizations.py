"""The catalogue of quantizations that can be run: what the screens, planner, reports and engines read.

The entries stand in ``evals/catalogue``, one module for each engine.
"""

from __future__ import annotations

from evals.catalogue import gguf_entries, onnx_entries, served_entries, trained_entries, transformers_entries
from evals.catalogue.entry import Quantization
from evals.names import known

ENTRIES = (*transformers_entries.ENTRIES, *trained_entries.ENTRIES, *gguf_entries.ENTRIES, *onnx_entries.ENTRIES)
QUANTIZATIONS: dict[str, Quantization] = {entry.label: entry for entry in ENTRIES}
AS_SERVED = served_entries.AS_SERVED  # of endpoints alone, so it is not in the catalogue of what can be made here
BASELINES = ("bf16", "fp16", "fp32")


def quantization(label: str) -> Quantization:
    """The catalogue entry; an unknown label is answered with the nearest ones."""
    if label.casefold() == AS_SERVED.label:
        return AS_SERVED
    return QUANTIZATIONS[known("quantization", label, QUANTIZATIONS)]
