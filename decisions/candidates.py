"""Options of a scenario: each variant at its cheapest acceptable deployment, and the API models."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.evidence import ItemScores
from decisions.options import Option
from decisions.scenarios import Scenario
from evals.measurements import Measurement
from pricing.catalogue import PriceBook
from pricing.quotes import Quote


def option_id(model: str, quantization: str) -> str:
    """URL-safe and stable: ``meta-llama-3-70b-instruct@q4_k_m``."""
    raise NotImplementedError


def build_options(
    scenario: Scenario, measurements: Sequence[Measurement], book: PriceBook, item_scores: ItemScores | None = None
) -> tuple[Option, ...]:
    """Judged options, cheapest first; those without a price last."""
    raise NotImplementedError


def deployments(scenario: Scenario, option: Option, book: PriceBook) -> tuple[Quote, ...]:
    """The option's variant on every acceptable accelerator, cheapest first, then those that do not fit."""
    raise NotImplementedError
