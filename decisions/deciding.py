"""The decision on what is known now, made once for the same question, evidence and prices, whoever asks.

A key holds all that the decision depends on: the whole scenario, the price book, which is another object after any
change of a price, the endpoints, and the store with its stamp, which changes with every write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from decisions.benchmarks import reading_at
from decisions.cliff import CliffRow, cliff
from decisions.comparison import Comparison, compare_options
from decisions.decision import decide
from decisions.evidence import item_scorer, scenario_measurements
from decisions.forecasts import forecast_rows
from decisions.options import Decision
from decisions.same import Same, Told, told
from decisions.scenarios import Scenario
from decisions.served import defined
from decisions.sla import Sla
from decisions.view import DecisionView, decision_view
from evals.measurements import Measurement
from evals.store import Store, shared_store
from pricing.catalogue import PriceBook

KEPT = 128  # decisions, of about 0.1 MiB each


@dataclass(frozen=True, kw_only=True)
class CliffPoints:
    """What was seen, what the forecast expects where nobody looked, and both."""

    seen: tuple[CliffRow, ...]
    expected: tuple[CliffRow, ...]
    rows: tuple[CliffRow, ...]


def decided(scenario: Scenario, book: PriceBook) -> Decision:
    """What ``decide`` answers on the evidence at hand; one object as long as nothing changes.

    Raises StoreError where the store cannot be read; nothing is kept then.
    """
    store = shared_store()
    return _decided(told(scenario), Same(book), store, store.stamp(), told(defined()))


def compared(scenario: Scenario, decision: Decision, first_id: str, second_id: str, book: PriceBook) -> Comparison:
    """What ``compare_options`` says of two options of a decision that :func:`decided` gave.

    Raises BadInput for an unknown option, StoreError where the store cannot be read.
    """
    store = shared_store()
    return _compared(told(scenario), Same(decision), first_id, second_id, Same(book), store, store.stamp())


def viewed(scenario: Scenario, decision: Decision, book: PriceBook) -> DecisionView:
    """What would change a decision that :func:`decided` gave. Raises StoreError where the store cannot be read."""
    store = shared_store()
    return _viewed(told(scenario), Same(decision), Same(book), store, store.stamp())


def cliff_points(scenario: Scenario, *, tolerance: float) -> CliffPoints:
    """The cliff of the scenario's evidence. Raises StoreError where it cannot be read."""
    asked = replace(scenario, sla=Sla())
    return _cliff(told(asked), Same(scenario_measurements(scenario)), tolerance)


@lru_cache(maxsize=KEPT)
def _decided(
    scenario: Told[Scenario], book: Same[PriceBook], store: Store, stamp: object, endpoints: Told[Any]
) -> Decision:
    asked = scenario.value
    with reading_at(store, stamp):
        return decide(asked, scenario_measurements(asked), book.value, item_scorer(asked))


@lru_cache(maxsize=KEPT)
def _compared(
    scenario: Told[Scenario],
    decision: Same[Decision],
    first_id: str,
    second_id: str,
    book: Same[PriceBook],
    store: Store,
    stamp: object,
) -> Comparison:
    asked = scenario.value
    with reading_at(store, stamp):
        return compare_options(
            asked, decision.value, first_id, second_id, book=book.value, item_scores=item_scorer(asked)
        )


@lru_cache(maxsize=16)
def _viewed(
    scenario: Told[Scenario], decision: Same[Decision], book: Same[PriceBook], store: Store, stamp: object
) -> DecisionView:
    asked = scenario.value
    with reading_at(store, stamp):
        evidence = (scenario_measurements(asked), book.value, item_scorer(asked))
        return decision_view(asked, *evidence, decision=decision.value)


@lru_cache(maxsize=32)
def _cliff(scenario: Told[Scenario], measurements: Same[tuple[Measurement, ...]], tolerance: float) -> CliffPoints:
    known = measurements.value
    seen = cliff(known, item_scorer(scenario.value), tolerance=tolerance)
    expected = forecast_rows(known)
    return CliffPoints(seen=seen, expected=expected, rows=(*seen, *expected))
