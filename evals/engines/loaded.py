"""What loading a variant hands to the harness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


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
    form: Callable[[Any, str], Any] | None = None  # (lm-eval task, its metric) → the task as this variant is asked
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if (self.model is None) == (self.lm is None):
            raise ValueError("a loaded variant has either a model of torch or an lm of its own, not both or neither")
