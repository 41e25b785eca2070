"""What a method family is asked for and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from evals.availability import processor_flags
from evals.engines.classifier_lm import is_classifier
from evals.models import LocalModel
from evals.quantizations import Quantization

BF16_FLAGS = {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True, kw_only=True)
class LoadedVariant:
    """A model ready for the harness.

    Families inside torch give ``model``; those with an engine of their own give ``lm`` instead, an lm-eval ``LM``
    with ``loglikelihood`` and ``generate_until``. ``weight_bytes`` is the stored size, scales and unquantized
    tensors included, ``bits_per_weight`` the same over all parameters. ``facts`` are kept with the variant.
    ``batch_size`` is given where items in one batch would move each other's answers.
    """

    model: Any = None
    tokenizer: Any
    weight_bytes: int
    bits_per_weight: float
    facts: dict[str, Any] = field(default_factory=dict)
    lm: Any = None
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if (self.model is None) == (self.lm is None):
            raise ValueError("a loaded variant has either a model of torch or an lm of its own, not both or neither")


@dataclass(frozen=True)
class Job:
    """One variant to load. ``artefact_key`` names what may be kept on disk: hash of weights, recipe and versions."""

    local: LocalModel
    how: Quantization
    artefact_key: str

    @property
    def device(self) -> str:
        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def arithmetic(self) -> torch.dtype:
        """16 bits where the hardware computes in them; FP32 otherwise (16-bit weights then keep their values)."""
        if self.how.label == "fp32":
            return torch.float32
        half = torch.float16 if self.how.label == "fp16" else torch.bfloat16
        if self.device == "cuda":
            return half
        native = bool(BF16_FLAGS & processor_flags())
        return half if native and self.how.label == "bf16" else torch.float32

    @cached_property
    def tokenizer(self) -> Any:
        return AutoTokenizer.from_pretrained(self.local.folder)

    @cached_property
    def original(self) -> Any:
        """The unquantized model in the arithmetic of the variant; loaded when first asked for, never changed."""
        return self.plain(self.arithmetic)

    def plain(self, dtype: torch.dtype) -> Any:
        """A fresh copy of the unquantized model."""
        return load_folder(self.local.folder, dtype=dtype, use_safetensors=True).to(self.device).eval()


def load_folder(folder: Path, **options: Any) -> Any:
    """A model that writes text or classifies it, as the folder says; unreadable weights are named as such."""
    kind = AutoModelForSequenceClassification if is_classifier(folder) else AutoModelForCausalLM
    try:
        return kind.from_pretrained(folder, **options)
    except SafetensorError as error:
        raise ValueError(f"the weights in {folder.name} are damaged or cut short ({error}); copy them again") from error
