"""In which order to race variants: cheapest quote first; those that money or latency rule out are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from decisions import quoting
from decisions.limits import limit_checks
from decisions.scenarios import Scenario
from decisions.wording import price
from evals.race_check import Line
from evals.tasks import tasks
from pricing.catalogue import PriceBook


@dataclass(frozen=True, kw_only=True)
class RaceEntry:
    """A variant's place. ``usd_per_month`` is None if unpriced; ``ruled_out`` says why it cannot be the answer."""

    id: str  # MODEL@QUANTIZATION
    usd_per_month: float | None
    ruled_out: str = ""


def race_order(scenario: Scenario, variants: Iterable[str], book: PriceBook) -> tuple[RaceEntry, ...]:
    """``MODEL@QUANTIZATION`` in the order given, sorted by monthly cost: equals keep their order, unpriced go last.

    Give the smallest first, so that of variants with the same bill the smaller one is raced first.
    """
    entries = []
    for variant in variants:
        model, _, quantization = variant.rpartition("@")
        quote = quoting.variant(scenario, model, quantization, book)
        missed = [check for check in limit_checks(scenario.sla, quote) if check.status == "misses"]
        ruled_out = "; ".join(f"{check.name}: {check.reason}" for check in missed)
        cost = quote.usd_per_month.value if quote.usd_per_month else None
        entries.append(RaceEntry(id=variant, usd_per_month=cost, ruled_out=ruled_out))
    return tuple(
        sorted(entries, key=lambda e: (e.usd_per_month is None, price(e.usd_per_month) if e.usd_per_month else 0.0))
    )


def weights(entries: Iterable[RaceEntry]) -> Mapping[str, float]:
    """What a call of each costs beside the others: its monthly bill; an unpriced one counts as the dearest."""
    listed = list(entries)
    dearest = max((e.usd_per_month for e in listed if e.usd_per_month), default=1.0)
    return {e.id: e.usd_per_month or dearest for e in listed}


def race_lines(scenario: Scenario) -> tuple[Line, ...]:
    """The scenario's accuracy lines on tasks that can be measured here; empty if it has none."""
    return tuple(
        Line(task=task, kind=kind, value=value)  # type: ignore[arg-type]
        for task, line in scenario.sla.quality.items()
        if task in tasks()
        for kind, value in vars(line).items()
        if value is not None
    )
