"""The cheapest option that meets the SLA, or an honest sentence why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from decisions.evidence import ItemScores
from decisions.options import Decision
from decisions.scenarios import Scenario
from evals.measurements import Measurement
from pricing.catalogue import PriceBook


def decide(
    scenario: Scenario, measurements: Sequence[Measurement], book: PriceBook, item_scores: ItemScores | None = None
) -> Decision:
    """Options judged against the SLA; ``item_scores`` makes comparisons against a baseline paired."""
    raise NotImplementedError
