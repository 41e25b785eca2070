"""What a method family inside torch is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from evals.availability import Device, arithmetic
from evals.engines.classifier_lm import is_classifier
from evals.engines.vision import is_vision
from evals.models import LocalModel
from evals.quantizations import Quantization


@dataclass(frozen=True)
class Job:
    """One variant to load. ``artefact_key`` names what may be kept on disk: hash of weights, recipe and versions."""

    local: LocalModel
    how: Quantization
    artefact_key: str

    @property
    def device(self) -> Device:
        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def arithmetic(self) -> torch.dtype:
        """16 bits where the hardware computes in them; FP32 otherwise (16-bit weights then keep their values)."""
        found: torch.dtype = getattr(torch, arithmetic(self.how.label, self.device))
        return found

    @cached_property
    def tokenizer(self) -> Any:
        return AutoTokenizer.from_pretrained(self.local.folder, trust_remote_code=self.local.trusted)

    @cached_property
    def original(self) -> Any:
        """The unquantized model in the arithmetic of the variant; loaded when first asked for, never changed."""
        return self.plain(self.arithmetic)

    def plain(self, dtype: torch.dtype) -> Any:
        """A fresh copy of the unquantized model."""
        return load_folder(self.local.folder, trusted=self.local.trusted, dtype=dtype).to(self.device).eval()


def load_folder(folder: Path, *, trusted: bool = False, **options: Any) -> Any:
    """A model that writes text, classifies it or reads pictures, as the folder says; unreadable weights are named.

    Pickles are never read; code of the folder runs only where its commit was ``trusted`` by name.
    """
    kind: Any = AutoModelForSequenceClassification if is_classifier(folder) else AutoModelForCausalLM
    kind = AutoModelForImageTextToText if is_vision(folder) else kind
    try:
        return kind.from_pretrained(folder, use_safetensors=True, trust_remote_code=trusted, **options)
    except SafetensorError as error:
        raise ValueError(f"the weights in {folder.name} are damaged or cut short ({error}); copy them again") from error
