"""Break-even is a staircase."""

from __future__ import annotations

import math

import pytest

from pricing import breakeven
from pricing.quotes import Band, Quote
from pricing.workload import Workload


def flat(usd: float) -> Band:
    return Band(value=usd, low=usd, high=usd)


def self_host(load: Workload) -> Quote:
    replicas = math.ceil(load.requests_per_month / 1_000_000)
    return Quote(kind="rental", label="x", fits=True, replicas=replicas, usd_per_month=flat(1000.0 * replicas))


def api(load: Workload) -> Quote:
    return Quote(kind="api", label="y", fits=True, usd_per_month=flat(0.0015 * load.requests_per_month))


def test_a_new_replica_can_hand_the_lead_back() -> None:
    # API $0.0015 a request; a replica of $1,000 carries 1 M: cheaper from 0.67 to 1 M, dearer just above, then again
    steps = breakeven.staircase(self_host, api, Workload(), [5e5, 7e5, 1e6, 1.1e6, 1.3e6, 1.4e6, 2e6])
    assert [step.self_host_is_cheaper for step in steps] == [False, True, True, False, False, True, True]
    assert breakeven.cheaper_intervals(steps) == [(7e5, 1e6), (1.4e6, 2e6)]


def test_unknown_is_not_cheaper() -> None:
    def unpriced(load: Workload) -> Quote:
        return Quote(kind="rental", label="x", fits=True, reason="unpriced")

    (step,) = breakeven.staircase(unpriced, api, Workload(), [1e6])
    assert step.self_host_usd_per_month is None and step.self_host_is_cheaper is None


def test_volumes_are_even_in_the_logarithm() -> None:
    assert breakeven.volumes(1e3, 1e5, 3) == pytest.approx([1e3, 1e4, 1e5])
    with pytest.raises(ValueError, match="1 ≤ low < high"):
        breakeven.volumes(5, 5)
