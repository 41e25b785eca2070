"""Two precisions of one model: apart or together, whichever keeps the lines for less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from decisions.fields import BadInput
from decisions.patterns.precision import dynamic_precision
from decisions.patterns.results import ItemResults
from decisions.patterns.sentences import precision_sentence
from decisions.scenarios import Scenario
from decisions.sla import Sla
from pricing.catalogue import load_price_book
from tests.decisions.patterns.conftest import option

Prices = Callable[[float, float], None]


def test_both_on_the_same_cards_are_taken_where_they_cost_less(
    asked: Scenario, results: ItemResults, prices: Prices
) -> None:
    prices(1e-2, 1e-2)  # ten thousand dollars a month and stage: sharing a card must win
    low, high = (
        replace(option(name, 0.9, 100.0), model="Llama-3.1-8B", quantization=q)
        for name, q in (("small", "AWQ-INT4"), ("big", "BF16"))
    )
    low, high = (
        replace(o, measurements={"quiz": replace(o.measurements["quiz"], model=o.id)}) for o in (low, high)
    )
    roomy = replace(asked, sla=Sla(quality=asked.sla.quality, e2e_p95_s=60.0))
    by_precision = replace(
        results, confidences=lambda model, quantization, task: results.confidences("small", "", task)
    )
    found = dynamic_precision(roomy, low, high, by_precision, load_price_book((), asked.as_of))
    assert found.together is not None and found.is_together
    assert found.quote.usd_per_month is not None and found.apart.quote.usd_per_month is not None
    assert found.quote.usd_per_month.value < found.apart.quote.usd_per_month.value
    assert "on the same cards" in precision_sentence(found)
    assert "would mean a swap of at least" in found.swap_words


def test_two_models_are_no_two_precisions(asked: Scenario, results: ItemResults) -> None:
    with pytest.raises(BadInput, match="two models; dynamic precision takes two precisions of one"):
        dynamic_precision(asked, option("small", 0.7, 1.0), option("big", 0.9, 2.0), results, None)  # type: ignore[arg-type]
