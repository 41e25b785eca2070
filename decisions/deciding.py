"""The decision on what is known now, made once for the same question, evidence and prices, whoever asks.

A key holds all that the decision depends on: the whole scenario, the price book, which is another object after any
change of a price, the endpoints, and the store with its stamp, which changes with every write.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from decisions.benchmarks import reading_at
from decisions.decision import decide
from decisions.evidence import item_scorer, scenario_measurements
from decisions.options import Decision
from decisions.same import Same, Told, told
from decisions.scenarios import Scenario
from decisions.served import defined
from evals.store import Store, shared_store
from pricing.catalogue import PriceBook

KEPT = 128  # decisions, of about 0.1 MiB each


def decided(scenario: Scenario, book: PriceBook) -> Decision:
    """What ``decide`` answers on the evidence at hand; one object as long as nothing changes.

    Raises StoreError where the store cannot be read; nothing is kept then.
    """
    store = shared_store()
    return _decided(told(scenario), Same(book), store, store.stamp(), told(defined()))


@lru_cache(maxsize=KEPT)
def _decided(
    scenario: Told[Scenario], book: Same[PriceBook], store: Store, stamp: object, endpoints: Told[Any]
) -> Decision:
    asked = scenario.value
    with reading_at(stamp):
        return decide(asked, scenario_measurements(asked), book.value, item_scorer(asked))
