"""Latency that an imported benchmark measured, in place of the prediction: only of the same variant on the same
hardware, about as busy as the option would be; otherwise it stays evidence and the option says why.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from decisions.scenarios import Scenario
from decisions.served import LATENCIES, LONGER
from evals.importing.base_names import base_name
from evals.importing.imported import ServedSpeed
from evals.importing.keeping import KeptRun, imports
from evals.statistics.quantiles import least_values
from evals.store import Store, StoreError, shared_store
from pricing import slices
from pricing.quotes import Band, Fact, Quote
from pricing.workload import Workload

BUSIER = 2.0  # up to so many times the requests a second that a replica takes at the peak; fewer prove nothing
FAILED_AT_MOST = 0.05  # with more, the slowest 5 % are not known
REREAD_S = 1.0
HARDWARE = re.compile(r"(?:(\d{1,3})\s*[x×]\s*)?(.+)", re.IGNORECASE)
_at: ContextVar[tuple[Store, object] | None] = ContextVar("store and its stamp", default=None)
NAMES = {"e2e_p95_s": "p95 latency", "ttft_p95_s": "p95 time to first token", "tpot_p95_s": "p95 time per token"}


@dataclass(frozen=True, kw_only=True)
class Cards:
    """``count`` cards of one kind, by the name in the price tables."""

    count: int
    accelerator: str

    def __str__(self) -> str:
        return f"{self.count}× {self.accelerator}"


class Unlike(Exception):
    """A benchmark that does not speak for an option, and why."""


def with_benchmark(scenario: Scenario, model: str, quantization: str, quote: Quote) -> Quote:
    """The quote with the latency of the newest benchmark that fits it, or with the reason why none does."""
    if quote.kind != "rental" or not quote.fits or not quote.replicas:
        return quote
    unfit = []
    for run in _runs(model, quantization):
        told = Fact(name="imported benchmark", value="", source=f"{run.files[0]}, import {run.id}")
        try:
            return _measured(run, quote, scenario, told)
        except Unlike as why:
            unfit.append(replace(told, value=f"not used: {why}"))
    return replace(quote, facts=(*quote.facts, *unfit)) if unfit else quote


@contextmanager
def reading_at(store: Store, stamp: object) -> Iterator[None]:
    """Inside, the store is taken to be at ``stamp``: what is made of it may be kept under that stamp."""
    before = _at.set((store, stamp))
    try:
        yield
    finally:
        _at.reset(before)


def tested_accelerators(model: str, quantization: str) -> frozenset[str]:
    """On which accelerators benchmarks of the variant were run."""
    return frozenset(cards.accelerator for run in _runs(model, quantization) if (cards := _cards(run.hardware)))


def _measured(run: KeptRun, quote: Quote, scenario: Scenario, told: Fact) -> Quote:
    cards, here = _cards(run.hardware), Cards(count=quote.count, accelerator=quote.accelerator)
    if not run.hardware:
        raise Unlike("it does not say on which hardware; take it out and import it with --hardware '1x H100'")
    if cards is None:
        raise Unlike(f"its hardware {run.hardware!r} is no accelerator of the price tables")
    if cards != here:
        raise Unlike(f"measured on {cards}, this option runs on {here}")
    needed = scenario.workload.peak_requests_per_s / quote.replicas
    speed = _alike(run.speeds, needed, quote.replicas)
    _long_enough(speed, scenario.workload)
    bands: dict[str, Any] = {name: band for name in LATENCIES if (band := _band(speed, name))}
    if missing := [NAMES[n] for n in LATENCIES if getattr(scenario.sla, n) is not None and n not in bands]:
        raise Unlike(
            f"it bounds no {' and no '.join(missing)}: that takes {least_values(0.95)} requests that succeeded, and "
            "percentiles around the 95th"
        )
    at_once = "" if speed.concurrency is None else f", {speed.concurrency:.3g} at once"
    note = (
        f"{run.tool} {run.tool_version}, {speed.successful:,} requests at {speed.requests_per_s:.3g} a second{at_once} "
        f"({speed.load}), of {speed.prompt_tokens:,.0f} → {speed.output_tokens:,.0f} tokens, on {here}; a replica "
        f"takes {needed:.3g} a second at the peak"
    )
    return replace(
        quote, **bands, latency_note=note, latency_origin="imported", facts=(*quote.facts, replace(told, value=note))
    )  # fmt: skip


def _alike(speeds: Iterable[ServedSpeed], needed: float, replicas: int) -> ServedSpeed:
    """The load nearest to what a replica takes, and no less. Raises Unlike."""
    rates = sorted((s.requests_per_s, s.load, s) for s in speeds if s.requests_per_s)
    found = [speed for rate, _, speed in rates if needed <= rate <= BUSIER * needed]
    if not found:
        said = ", ".join(f"{rate:.3g}" for rate, _, _ in rates) or "no stated number of"
        raise Unlike(
            f"measured at {said} requests a second; each of {replicas} replicas takes {needed:.3g} at the peak, and "
            f"{needed:.3g} to {BUSIER * needed:.3g} would speak for it"
        )
    lost = found[0].errored + found[0].incomplete
    if lost > FAILED_AT_MOST * (lost + found[0].successful):
        raise Unlike(f"{lost:,} of {lost + found[0].successful:,} requests failed or were cut off: too many for a p95")
    return found[0]


def _long_enough(speed: ServedSpeed, workload: Workload) -> None:
    if speed.prompt_tokens is None or speed.output_tokens is None:
        raise Unlike("it does not say how long its requests were")
    if workload.prompt_tokens > LONGER * speed.prompt_tokens or workload.output_tokens > LONGER * speed.output_tokens:
        raise Unlike(
            f"its requests were of {speed.prompt_tokens:,.0f} → {speed.output_tokens:,.0f} tokens; the workload asks "
            f"for {workload.prompt_tokens:,} → {workload.output_tokens:,}"
        )


def _band(speed: ServedSpeed, name: str) -> Band | None:
    stem = name.removesuffix("_s")
    value, low, high = (getattr(speed, f"{stem}{end}_s") for end in ("", "_low", "_high"))
    return None if value is None or low is None or high is None else Band(value=value, low=low, high=high)


def _cards(hardware: str) -> Cards | None:
    found = HARDWARE.fullmatch(hardware.strip())
    try:
        return Cards(count=int(found[1] or 1), accelerator=slices.find(found[2]).name) if found else None
    except ValueError:
        return None


def _runs(model: str, quantization: str) -> tuple[KeptRun, ...]:
    """Imported benchmarks of the variant, newest first. A store that cannot be read has none; its own pages say so."""
    try:
        every = _with_speeds(*(_at.get() or _now()))
    except (StoreError, OSError):
        return ()
    return every.get((base_name(model), quantization.casefold()), ()) if every else ()


def _now() -> tuple[Store, object]:
    store = shared_store()
    return store, _stamp(store, int(time.monotonic() / REREAD_S))


@lru_cache(maxsize=1)
def _stamp(store: Store, tick: int) -> object:
    """Asked once in ``REREAD_S``: a decision asks for hundreds of quotes."""
    return store.stamp()


@lru_cache(maxsize=2)
def _with_speeds(store: Store, stamp: object) -> dict[tuple[str, str], tuple[KeptRun, ...]]:
    found: dict[tuple[str, str], tuple[KeptRun, ...]] = {}
    for run in imports(store):
        if run.speeds:
            key = base_name(run.model), run.quantization.casefold()
            found[key] = (*found.get(key, ()), run)
    return found
