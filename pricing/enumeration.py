"""Enumeration: every option (variant × engine × accelerator × count × provider × tier) under a workload, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pricing import bill, bills, loaded
from pricing.candidates import Candidates
from pricing.capacity import Limits
from pricing.fleet import Flags, Floats
from pricing.loaded import Loaded
from pricing.market import Indices
from pricing.offers import Offer
from pricing.quotes import Quote
from pricing.rental import COLD_SHOWS, priced
from pricing.workload import Workload

SECONDS = ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every candidate under one workload. ``usd_per_month`` is variants × offers, NaN where not carried or unpriced.

    The numbers are those of :func:`pricing.rental.priced`; :meth:`quote` gives its bands and reasons for one option.
    """

    candidates: Candidates
    workload: Workload
    limits: Limits
    plan: bill.Preset
    deployments: Loaded
    usd_per_month: Floats

    @cached_property
    def cold(self) -> Flags:
        """Variants × columns: on a serverless tier the 95th percentile waits for a cold container."""
        seen = self.deployments
        if self.plan.spare_replicas or "serverless" not in self.candidates.market.tier:
            return np.zeros(seen.fits.shape, bool)
        return bills.cold_fraction(seen, self.workload, self.plan) > COLD_SHOWS

    @cached_property
    def meets(self) -> Flags:
        """Variants × offers: priced, and the limits kept. A latency that is not known keeps none."""
        seen, limits, candidates = self.deployments, self.limits, self.candidates
        keeps = seen.keeps & ~np.isnan(seen.e2e_p95_s) if limits.asked else seen.keeps
        found = keeps[:, candidates.market.column] & ~np.isnan(self.usd_per_month)
        line = limits.ttft_p95_s if limits.ttft_p95_s is not None else limits.e2e_p95_s
        if line is not None and self.plan.cold_start_s > line:
            serverless = np.flatnonzero(candidates.market.tier == "serverless")
            found[:, serverless] &= ~self.cold[:, candidates.market.column[serverless]]
        return found

    @cached_property
    def ranked(self) -> Indices:
        """The options that meet the limits, cheapest first."""
        usd = self.usd_per_month.ravel()
        those = np.flatnonzero(self.meets.ravel())
        return those[np.argsort(usd[those], kind="stable")]

    @property
    def cheapest(self) -> int | None:
        """The cheapest option that meets the limits, None where none does."""
        return int(self.ranked[0]) if len(self.ranked) else None

    def cheapest_of_each(self) -> list[int | None]:
        """Of each variant the cheapest option that meets the limits."""
        usd = np.where(self.meets, self.usd_per_month, np.inf)
        best, offers = usd.argmin(axis=1), len(self.candidates.offers)
        return [row * offers + int(one) if usd[row, one] < np.inf else None for row, one in enumerate(best)]

    def frontier(self) -> Indices:
        """Options that meet the limits and that no other beats in both money and time end to end, cheapest first."""
        seconds = self.seconds("e2e_p95_s", self.ranked)
        known = np.where(np.isnan(seconds), np.inf, seconds)
        before = np.minimum.accumulate(np.concatenate([[np.inf], known[:-1]])) if len(known) else known
        found = self.ranked[known < before]
        usd = self.usd_per_month.ravel()[found]
        return found[np.append(usd[1:] > usd[:-1], True)] if len(found) else found

    def nearest(self, row: int | None = None) -> int:
        """Where nothing meets the limits: the option nearest to them, else the one with least memory missing.

        Of one variant (``row``), or of all.
        """
        column, seen = self.candidates.market.column, self.deployments
        offers = len(self.candidates.offers)
        rows = slice(None) if row is None else slice(row, row + 1)
        over = np.zeros(seen.fits[rows].shape)
        for name in SECONDS:
            if (limit := getattr(self.limits, name)) is not None:
                over = np.fmax(over, getattr(seen, name)[rows] / limit)
        over = np.where(seen.replicas[rows] > 0, over, np.inf)
        usd = np.where(np.isnan(self.usd_per_month[rows]), np.inf, self.usd_per_month[rows])
        keys = (usd, np.where(seen.fits[rows], 0.0, seen.missing_bytes[rows])[:, column], over[:, column])
        left = np.arange(usd.size)
        for key in reversed(keys):
            values = key.ravel()[left]
            left = left[values == values.min()]
        return int(left[0]) + (row or 0) * offers

    def parts(self, option: int) -> tuple[int, int]:
        """(row, offer) of an option."""
        if not 0 <= option < len(self.candidates):
            raise ValueError(f"option is {option}; give a number from 0 to {len(self.candidates) - 1}")
        return divmod(option, len(self.candidates.offers))

    def quote(self, option: int) -> Quote:
        """The whole quote of one option: bands, parts of the bill, reason, sources."""
        row, number = self.parts(option)
        offer, candidates = self.candidates.offers[number], self.candidates
        chosen, (card, count) = candidates.variants[row], candidates.grid.cards[candidates.market.column[number]]
        return priced(candidates.book, chosen, card, count, self.workload, self.limits, offer, 0, self.plan, offer.tier)

    def seconds(self, name: str, chosen: Indices) -> Floats:
        """One latency (``ttft_p95_s``, ``tpot_p95_s``, ``e2e_p95_s``) of options, NaN where unknown."""
        row, number = np.divmod(chosen, len(self.candidates.offers))
        column = self.candidates.market.column[number]
        values = getattr(self.deployments, name)[row, column]
        if name == "tpot_p95_s" or not self.cold.any():
            return values
        waits = self.cold[row, column] & (self.candidates.market.tier[number] == "serverless")
        return values + waits * self.plan.cold_start_s

    def columns(self, chosen: Sequence[int] | Indices | None = None) -> dict[str, Any]:
        """Options as columns of equal length: what each is, its replicas, latency and bill. All by default."""
        candidates, seen = self.candidates, self.deployments
        every = np.arange(len(candidates)) if chosen is None else np.asarray(chosen, np.int64)
        row, number = np.divmod(every, len(candidates.offers))
        column = candidates.market.column[number]
        needed = seen.replicas[row, column].astype(np.int64)
        fleet = np.where(needed > 0, self.plan.regions * (needed + self.plan.spare_replicas), 0)
        mean = self.workload.requests_per_month / (self.workload.hours_per_month * 3600)
        usd = self.usd_per_month[row, number]

        def of_variant(text: Any) -> Any:
            return np.array([text(one) for one in candidates.variants], object)[row]

        def of_offer(field: str) -> Any:
            return np.array([getattr(one, field) for one in candidates.offers], object)[number]

        with np.errstate(divide="ignore", invalid="ignore"):
            used = mean / fleet / seen.requests_per_s[row, column]
        return {
            "option": every,
            "model": of_variant(lambda one: one.model.name),
            "quantization": of_variant(lambda one: one.format.label),
            "engine": of_variant(lambda one: one.engine.name),
            **{name: of_offer(name) for name in OFFER_COLUMNS},
            "usd_per_hour": candidates.market.usd_per_hour[number],
            "fits": seen.fits[row, column],
            "meets": self.meets[row, number],
            "replicas": fleet,
            "utilisation_fraction": used,
            **{name: self.seconds(name, every) for name in SECONDS},
            "usd_per_month": usd,
            "usd_per_query": usd / self.workload.requests_per_month,
        }


OFFER_COLUMNS = tuple(
    name
    for name in ("accelerator", "count", "provider", "provider_class", "tier", "commitment_months", "instance",
                 "region", "date", "is_override")
    if name in Offer.__dataclass_fields__
)  # fmt: skip


def options(
    candidates: Candidates,
    workload: Workload,
    limits: Limits | None = None,
    *,
    spare_replicas: int = 0,
    preset: str | bill.Preset = "pilot",
) -> Options:
    """Every candidate under the workload, its replicas sized by the peak load and the limits."""
    limits, plan = limits or Limits(), bill.preset(preset)
    plan = replace(plan, spare_replicas=max(spare_replicas, plan.spare_replicas))
    seen = loaded.under(candidates.grid, workload, limits)
    return Options(
        candidates=candidates,
        workload=workload,
        limits=limits,
        plan=plan,
        deployments=seen,
        usd_per_month=bills.usd_per_month(candidates, seen, workload, plan),
    )
