"""Fleets: latency and fewest replicas of many deployments at once, the arrays of :mod:`pricing.capacity`.

Every deployment takes the same steps as there, in lock-step, so both give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pricing.capacity import MAX_REPLICAS, MAX_UTILISATION, Limits
from pricing.speed import Pace

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
AT_ONCE = 512  # numbers of replicas tried in one step: arrays shorter than this cost no less


@dataclass(frozen=True, kw_only=True)
class Latencies:
    """95th percentiles and mean requests in flight, one value a deployment; NaN where the load is not carried."""

    ttft_p95_s: Floats
    tpot_p95_s: Floats
    e2e_p95_s: Floats
    batch: Floats

    def breaks(self, limits: Limits) -> Flags:
        """True where a limit is exceeded or the load is not carried."""
        broken = np.isnan(self.e2e_p95_s)
        for name in ("ttft_p95_s", "tpot_p95_s", "e2e_p95_s"):
            if (limit := getattr(limits, name)) is not None:
                broken = broken | (getattr(self, name) > limit)
        return broken


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """One replica of each of n deployments: arrays of length n. ``prompt_s`` is NaN where unknown."""

    pace: Pace
    slots: Floats
    output_tokens: int
    full_step_s: Floats
    requests_per_s: Floats

    @classmethod
    def of(cls, pace: Pace, slots: Floats, output_tokens: int) -> Fleet:
        """A fleet with its ceiling counted. Prompts of unknown cost count 0."""
        pace = replace(pace, compute_per_request_s=np.nan_to_num(pace.compute_per_request_s, nan=0.0))
        step = pace.step_s(slots)
        ceiling = 1 / (np.nan_to_num(pace.prompt_s, nan=0.0) + output_tokens * step / slots)
        return cls(pace=pace, slots=slots, output_tokens=output_tokens, full_step_s=step, requests_per_s=ceiling)

    def of_rows(self, rows: Any) -> Fleet:
        """The deployments of an index array."""
        values = {field.name: getattr(self.pace, field.name) for field in fields(Pace)}
        kept = {name: value[rows] if isinstance(value, np.ndarray) else value for name, value in values.items()}
        return Fleet(
            pace=Pace(**kept),
            slots=self.slots[rows],
            output_tokens=self.output_tokens,
            full_step_s=self.full_step_s[rows],
            requests_per_s=self.requests_per_s[rows],
        )

    def latencies(self, arrivals_per_s: Floats | float) -> Latencies:
        """Latency of one replica of each at ``arrivals_per_s``; see :func:`pricing.capacity.latency`."""
        pace, slots = self.pace, self.slots
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            used = arrivals_per_s / self.requests_per_s
            share = arrivals_per_s * pace.prompt_s
            carried = (used < 1) & (share < 1)  # False too where the prompt's time is unknown
            tokens_per_s = arrivals_per_s * self.output_tokens
            full = self.full_step_s / (1 - share)

            def fixed_point(base: Floats | float, slope: Floats) -> Floats:
                slope = slope + pace.fixed_per_request_s
                left = 1 - share - tokens_per_s * slope
                return np.where(left > 0, np.minimum(full, (base + pace.fixed_s + slope) / left), full)

            token_s = fixed_point(pace.read_s, pace.read_per_request_s)
            if pace.many_read_s is not None:
                token_s = np.minimum(token_s, fixed_point(pace.many_read_s, pace.many_read_per_request_s))
            token_s = np.maximum(token_s, fixed_point(0.0, pace.compute_per_request_s))
            batch = np.minimum(tokens_per_s * token_s, slots)
            busy_batch = np.minimum(batch + 1 + 1.645 * np.sqrt(batch), slots)
            tpot = np.maximum(token_s, pace.step_s(busy_batch) / (1 - share))
            service_s = self.output_tokens * token_s + pace.prompt_s
            ttft = pace.first_s(np.minimum(batch + 1, slots))
            ttft = ttft + _prompt_wait(pace.prompt_s, share) + _slot_wait(service_s, slots, used)
            e2e = ttft + tpot * (self.output_tokens - 1)
        return Latencies(
            ttft_p95_s=np.where(carried, ttft, np.nan),
            tpot_p95_s=np.where(carried, tpot, np.nan),
            e2e_p95_s=np.where(carried, e2e, np.nan),
            batch=np.where(carried, batch, np.nan),
        )

    def replicas(
        self, peak_requests_per_s: float, limits: Limits, *, most: int = MAX_REPLICAS
    ) -> tuple[NDArray[np.int64], Flags]:
        """(fewest replicas that carry the peak, limits kept), as :meth:`pricing.deployment.Replica.sized` counts them.

        Replicas are 0 where more than ``most`` would be needed; where no number of them keeps the limits, as many as
        carry the load, and False. A prompt of unknown time breaks no limit.
        """
        with np.errstate(over="ignore"):
            fewest = np.maximum(1.0, np.ceil(peak_requests_per_s / (self.requests_per_s * MAX_UTILISATION)))
        keeps = fewest <= most
        needed = np.where(keeps, fewest, 0).astype(np.int64)
        if not limits.asked:
            return needed, keeps

        def broken(of: Any, counts: Any) -> Flags:
            return self.of_rows(of).latencies(peak_requests_per_s / counts).breaks(limits)

        rows = np.flatnonzero(keeps & ~np.isnan(self.pace.prompt_s))
        rows = rows[broken(rows, needed[rows])]
        hopeless = broken(rows, most)
        keeps[rows[hopeless]] = False
        rows = rows[~hopeless]
        low, high = needed.copy(), np.full(len(needed), most)
        between = rows
        while (between := between[high[between] - low[between] > 1]).size:
            bottom, top = low[between], high[between]
            ahead = max(1, AT_ONCE // between.size)
            steps = np.arange(1, ahead + 1)[:, None] / (ahead + 1)
            middle = np.clip((bottom * (top / bottom) ** steps).astype(np.int64), bottom + 1, top - 1)
            bad = broken(np.tile(between, ahead), middle.ravel()).reshape(middle.shape)
            low[between] = np.where(bad, middle, bottom).max(axis=0)
            high[between] = np.where(bad, top, middle).min(axis=0)
        needed[rows] = high[rows]
        return needed, keeps


def _prompt_wait(prompt_s: Floats, share: Floats, tail: float = 0.05) -> Floats:
    return np.where(share > tail, prompt_s / (2 * (1 - share)) * np.log(share / tail), 0.0)


def _slot_wait(service_s: Floats, slots: Floats, used: Floats, tail: float = 0.05) -> Floats:
    chance = used ** (np.sqrt(2 * (slots + 1)) - 1)
    return np.where(chance > tail, service_s / (slots * (1 - used)) * np.log(chance / tail), 0.0)
