"""The 95th percentile of a mixture of two stages."""

from __future__ import annotations

import numpy as np
import pytest

from decisions.patterns.latency import Tail, mixture_band, mixture_p95_s
from pricing.quotes import Band, Quote

FAST, SLOW = Tail(p50_s=1.0, p95_s=1.0), Tail(p50_s=3.0, p95_s=3.0)


def test_fixed_times_pay_both_waits_once_more_than_one_in_twenty_is_passed_on() -> None:
    assert mixture_p95_s(FAST, SLOW, 0.04) == pytest.approx(1.0)
    assert mixture_p95_s(FAST, SLOW, 0.06) == pytest.approx(4.0)
    assert mixture_p95_s(FAST, SLOW, 0.06, waits_for_both=False) == pytest.approx(3.0)


@pytest.mark.parametrize("passed", [0.0, 0.05, 0.3, 1.0])
def test_random_times_agree_with_a_million_draws(passed: float) -> None:
    first, second = Tail(p50_s=1.0, p95_s=2.0), Tail(p50_s=3.0, p95_s=5.0)
    draw, n = np.random.default_rng(1), 1_000_000
    waits = np.exp(first.spread * draw.standard_normal(n))
    later = 3 * np.exp(second.spread * draw.standard_normal(n))
    seen = np.quantile(waits + (draw.uniform(size=n) < passed) * later, 0.95)
    assert mixture_p95_s(first, second, passed) == pytest.approx(seen, rel=0.01)


def test_the_ends_of_the_band_are_mixtures_of_the_ends_and_an_unknown_latency_stays_unknown() -> None:
    def quote(p50_s: float, seconds: float | None) -> Quote:
        band = Band(value=seconds, low=seconds / 2, high=seconds * 2) if seconds else None
        return Quote(kind="rental", label="", fits=True, e2e_p50_s=p50_s, e2e_p95_s=band)

    band = mixture_band(quote(1.0, 1.0), quote(3.0, 3.0), 0.5)
    assert band is not None
    assert (band.low, band.value, band.high) == (pytest.approx(2.0), pytest.approx(4.0), pytest.approx(8.0))
    assert mixture_band(quote(1.0, 1.0), quote(3.0, None), 0.5) is None
    assert mixture_band(quote(1.0, 1.0), quote(3.0, None), 0.0) is not None
