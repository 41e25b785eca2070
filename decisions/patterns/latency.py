"""The 95th percentile of two stages together: a mixture of those who end at the first and those who need both."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pricing.quotes import Band, Quote

Floats = NDArray[np.float64]
Z_95 = NormalDist().inv_cdf(0.95)
STEPS = 400  # quantiles of the first stage's time that the sum of both is taken over
SCORES = np.array([NormalDist().inv_cdf((step + 0.5) / STEPS) for step in range(STEPS)])
ROUNDS = 60
TAIL = 0.05


@dataclass(frozen=True, kw_only=True)
class Tail:
    """Seconds of one stage as lognormal through its median and its 95th percentile; equal ends are a fixed time."""

    p50_s: float
    p95_s: float

    @property
    def spread(self) -> float:
        """Standard deviation of the log."""
        return math.log(self.p95_s / self.p50_s) / Z_95 if self.p95_s > self.p50_s else 0.0

    def times_s(self) -> Floats:
        """The middles of ``STEPS`` equal slices of probability."""
        return np.asarray(self.p50_s * np.exp(self.spread * SCORES))

    def beyond(self, seconds: Floats) -> float:
        """The mean chance to take longer than each of ``seconds``."""
        from scipy.special import ndtr  # imported here: only pages that ask for a mixture pay for it

        if not self.spread:
            return float((seconds < self.p50_s).mean())
        logs = np.log(np.maximum(seconds, 1e-300) / self.p50_s) / self.spread
        return float(ndtr(-logs).mean())

    def slowest_of(self, calls: int) -> Tail:
        """Of so many independent calls at once, the time of the last: below t with the chance of one to that power.

        So its quantile q is the quantile q^(1/calls) of one call: for 1 + K answers the 95th percentile is the
        0.95^(1/(1+K)) quantile. Lognormal again, through the median and the 95th percentile of the last.
        """
        median, tail = (math.exp(self.spread * NormalDist().inv_cdf(q ** (1 / calls))) for q in (0.5, 1 - TAIL))
        return Tail(p50_s=self.p50_s * median, p95_s=self.p50_s * tail) if calls > 1 else self

    def slower(self, factor: float) -> Tail:
        """Every time multiplied."""
        return Tail(p50_s=self.p50_s * factor, p95_s=self.p95_s * factor)


def mixture_p95_s(first: Tail, second: Tail, passed_fraction: float, *, waits_for_both: bool = True) -> float:
    """The time t with (1 − e) P(W > t) + e P(W + S > t) = 5 %, W and S independent.

    Without ``waits_for_both`` (a router that asks one stage) the second term is e P(S > t).
    """
    before = first.times_s() if waits_for_both else np.zeros(1)

    def slower_than(t: float) -> float:
        return (1 - passed_fraction) * first.beyond(np.array([t])) + passed_fraction * second.beyond(t - before)

    low, high = 0.0, 2 * (first.times_s()[-1] + second.times_s()[-1])
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if slower_than(middle) > TAIL else (low, middle)
    return float(high)


def slowest_of(quote: Quote, calls: int) -> Quote:
    """The quote of a stage whose every answer waits for ``calls`` equal requests, sent at once: its latency is that of
    the slowest. The draws of self-consistency run beside the answer they are compared with, not after it."""
    band = quote.e2e_p95_s
    if band is None or calls == 1:
        return quote
    last = _tail(quote, "value").slowest_of(calls)
    factor = last.p95_s / band.value
    slower = Band(value=last.p95_s, low=band.low * factor, high=band.high * factor)
    return replace(quote, e2e_p50_s=last.p50_s, e2e_p95_s=slower)


def mixture_band(first: Quote, second: Quote, passed_fraction: float, *, waits_for_both: bool = True) -> Band | None:
    """The mixture at the middle and at both ends of the stages' bands; None where either latency is unknown."""
    if passed_fraction <= 0:
        return first.e2e_p95_s
    if not waits_for_both and passed_fraction >= 1:
        return second.e2e_p95_s
    if first.e2e_p95_s is None or second.e2e_p95_s is None:
        return None
    value, low, high = (
        mixture_p95_s(_tail(first, end), _tail(second, end), passed_fraction, waits_for_both=waits_for_both)
        for end in ("value", "low", "high")
    )
    return Band(value=value, low=min(low, value), high=max(high, value))


def _tail(quote: Quote, end: str) -> Tail:
    band = quote.e2e_p95_s
    assert band is not None
    whole = Tail(p50_s=min(quote.e2e_p50_s or band.value, band.value), p95_s=band.value)
    return whole.slower(getattr(band, end) / band.value)
