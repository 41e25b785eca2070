"""What is uncertain, drawn together: bills, speeds and accuracies of options, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decisions.frontier import Z_90, Z_95
from decisions.options import Option
from pricing.quotes import Band, Quote

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
PER_FLEET = ("storage", "egress", "people", "fixed")  # parts of a bill that do not grow with replicas


@dataclass(frozen=True, kw_only=True)
class Draws:
    """One row an option, one column a draw: the bill to three figures, and whether every known line is kept."""

    usd_per_month: Floats
    keeps: Flags


def drawn(options: Sequence[Option], draws: int, seed: int) -> Draws:
    """Draws for options with a price.

    An accuracy is a normal number whose spread below and above the score is that of its 95 % interval, one a task and
    option. The speed error of a place (its cards and provider) is one normal number for all options there; it moves
    bill and latency together along their 90 % bands, lognormal, the bill of rented cards in whole replicas.
    """
    rng = np.random.default_rng(seed)
    places = {key: i for i, key in enumerate(dict.fromkeys(o.quote.label for o in options))}
    errors = rng.standard_normal((len(places), draws), dtype=np.float32)
    bills, keeps = np.empty((len(options), draws), np.float32), np.empty((len(options), draws), bool)
    for row, option in enumerate(options):
        error, cost = errors[places[option.quote.label]], option.quote.usd_per_month
        if cost is None:
            raise ValueError(f"{option.label} has no price to draw around")
        usd = _in_replicas(_along(cost, error), option.quote)
        bills[row] = _three_figures(usd)
        keeps[row] = _keeps(option, error, usd / np.float32(cost.value or 1.0), rng)
    return Draws(usd_per_month=bills, keeps=keeps)


def _keeps(option: Option, error: Floats, dearer: Floats, rng: np.random.Generator) -> Flags:
    """Draw by draw, whether every line that something is known of is kept; ``dearer`` is the bill over its value."""
    kept = np.ones(len(error), bool)
    normal: dict[str, Floats] = {}
    for check in option.checks:
        if check.low is None or check.high is None or check.seen is None:
            continue
        if check.task:
            if check.low == check.high:
                kept &= check.seen >= check.target
                continue
            if check.task not in normal:
                normal[check.task] = rng.standard_normal(len(error), dtype=np.float32)
            z = normal[check.task]
            below, above = (check.seen - check.low) / Z_95, (check.high - check.seen) / Z_95
            kept &= check.seen + np.where(z < 0, below * z, above * z) >= check.target
        elif check.unit == "usd":
            kept &= check.seen * dearer <= check.target
        else:
            kept &= _along(Band(value=check.seen, low=check.low, high=check.high), error) <= check.target
    return kept


def _along(band: Band, error: Floats) -> Floats:
    """A band at each error: its value at 0, its ends at ± the 90 % quantile."""
    value = max(band.value, 1e-12)
    down, up = np.log(value / max(band.low, 1e-12)) / Z_90, np.log(max(band.high, 1e-12) / value) / Z_90
    return np.asarray(value * np.exp(np.where(error < 0, down * error, up * error)), np.float32)


def _in_replicas(usd: Floats, quote: Quote) -> Floats:
    """Half a replica cannot be rented: each bill at the nearest whole number of them.

    A serverless tier bills by the second and stays as it is, as does an API.
    """
    cost = quote.usd_per_month
    if cost is None or not quote.replicas or quote.tier == "serverless":
        return usd
    shared = sum(quote.parts.get(name, 0.0) for name in PER_FLEET)
    each = (cost.value - shared) / quote.replicas
    if each <= 0:
        return usd
    return np.asarray(shared + each * np.maximum(1.0, np.rint((usd - shared) / each)), np.float32)


def _three_figures(usd: Floats) -> Floats:
    """As bills are compared."""
    scale = 10.0 ** (2 - np.floor(np.log10(np.maximum(usd, 1e-12))))
    return np.asarray(np.rint(usd * scale) / scale, np.float32)
